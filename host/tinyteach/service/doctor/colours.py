"""The order of a camera's colours, told by the sensor's colour bar.

The bar runs from white to black: white, yellow, cyan, green, magenta, red, blue, black
(OmniVision's sensors and the virtual camera). Read in a wrong order of bytes, or with red
and blue exchanged, the same pixels give another sequence, so the right order is the one
whose sequence fits. A picture cut to a square may miss bars at its ends, and a mirrored
one runs backwards.
"""

from itertools import groupby

import numpy as np

from tinyteach.coded import say
from tinyteach.embedding.preprocess import expand_rgb565

# Pixel formats of the wire → (high byte first, red and blue exchanged).
ORDERS = {
    "RGB565_BE": (True, False),
    "RGB565_LE": (False, False),
    "BGR565_BE": (True, True),
    "BGR565_LE": (False, True),
}
WORDS = {
    "RGB565_BE": say("colours-usual", "high byte first, red before blue"),
    "RGB565_LE": say("colours-low-byte-first", "low byte first"),
    "BGR565_BE": say("colours-exchanged", "red and blue exchanged"),
    "BGR565_LE": say("colours-both", "low byte first, red and blue exchanged"),
}
# Red 4, green 2, blue 1.
BAR = (7, 6, 3, 2, 5, 4, 1, 0)
BARS_MIN = 5
PIXEL_BYTES = 2
# Narrower stripes are the edges between bars.
EDGE_FRACTION = 24


def colour_order(row: bytes) -> str | None:
    """Which of `ORDERS` one row of the colour bar is in; None where it shows no bar."""
    if len(row) % PIXEL_BYTES:
        return None
    fitting = [name for name, order in ORDERS.items() if _fits(_stripes(row, *order))]
    return fitting[0] if len(fitting) == 1 else None


def _stripes(row: bytes, big_endian: bool, exchanged: bool) -> list[int]:
    """The colours along a row, edges left out."""
    pixels = expand_rgb565(row, len(row) // 2, 1, big_endian)[0].astype(np.int16)
    if exchanged:
        pixels = pixels[:, ::-1]
    # Half way between each channel's darkest and brightest: bars need not be pure.
    bits = pixels > (pixels.min(axis=0) + pixels.max(axis=0)) // 2
    colours: np.ndarray = bits @ np.array([4, 2, 1])
    runs = [(colour, len(list(run))) for colour, run in groupby(colours.tolist())]
    wide = [colour for colour, width in runs if width * EDGE_FRACTION >= len(pixels)]
    return [colour for colour, _ in groupby(wide)]


def _fits(stripes: list[int]) -> bool:
    """Whether the stripes are neighbours in the bar, in either direction."""
    count = len(stripes)
    if count < BARS_MIN:
        return False
    parts = [list(BAR[at : at + count]) for at in range(len(BAR) - count + 1)]
    return stripes in parts or stripes[::-1] in parts
