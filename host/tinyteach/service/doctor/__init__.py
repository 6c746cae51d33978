"""``tinyteach doctor``: what a board is and does, each line right or with one thing to do."""
