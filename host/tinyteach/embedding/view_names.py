"""How a view is made of what a camera sees, by the words of files and options."""

SQUARE = "square"  # the agent's: the centre square, averaged by area
STRETCHED = "stretched"  # a Grove Vision AI V2's firmware: the whole frame, nearest neighbour
VIEW_NAMES = (SQUARE, STRETCHED)
