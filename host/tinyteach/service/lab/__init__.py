"""A lab's boards on this computer: exported, looked after, listed."""
