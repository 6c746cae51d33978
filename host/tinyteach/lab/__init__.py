"""A lab's boards, lent by labgrid's coordinator."""
