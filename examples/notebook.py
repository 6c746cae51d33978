"""A notebook's cells, one after another, on a virtual board: python examples/notebook.py."""

import numpy as np
from PIL import Image, ImageDraw

import tinyteach as tt


def drawing(shape: str, seed: int) -> Image.Image:
    """What stands for a thing before the camera: a red disc or a blue bar, somewhere."""
    x, y, size = np.random.default_rng(seed).integers([30, 30, 60], [90, 90, 110])
    image = Image.new("RGB", (240, 240), (200, 200, 190))
    draw = ImageDraw.Draw(image)
    if shape == "disc":
        draw.ellipse((x, y, x + size, y + size), fill=(190, 40, 30))
    else:
        draw.rectangle((x, y, x + size // 3, y + size), fill=(30, 60, 180))
    return image


# In [1]: a board. On a desk it would be tt.Board("cam-1"), and nothing to pair.
virtual = tt.VirtualBoard()
virtual.pair()
board = tt.Board(virtual)

# In [2]: photographs through its camera
project = tt.Project("shapes")
for name in ("disc", "bar"):
    for seed in range(8):
        virtual.show(drawing(name, seed))
        project.add(name, board.photo())

# In [3]: train, deploy, and ask the board and the computer, which agree bit for bit
head = project.train()
board.deploy(head)
virtual.show(drawing("disc", 99))
print(board.classify().line(), "|", head.classify(board.photo()).line())

# In [4]: teach the board one class more, without the computer
board.teach("nothing", [Image.new("RGB", (96, 96), (90, 90, 90))] * 3)
print(board.known)
board.close()
virtual.close()
