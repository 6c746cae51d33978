"""Sixel, as the VT340 had it (DEC STD 070): six rows of pixels a band, a pass for each colour."""

import io
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

COLOURS = 64  # each is a pass over every band, and views come several a second
CELL_PX = 16  # high, and terminals' are rarely lower: so a picture is no higher than its lines
BAND_PX = 6
_FIRST = 63  # the character of no pixel
_RUN_MIN = 4  # from here on a run is shorter than its characters


def sixel(png: bytes, lines: int) -> str:
    """A picture at most so many lines high; the cursor is put back."""
    import numpy as np
    from PIL import Image

    image = Image.open(io.BytesIO(png)).convert("RGB")
    height = lines * CELL_PX
    width = max(1, image.width * height // image.height)
    larger = image.resize((width, height), Image.Resampling.NEAREST)
    indexed = larger.quantize(COLOURS, dither=Image.Dither.NONE)
    return f"\x1b7{encoded(np.asarray(indexed), indexed.getpalette() or [])}\x1b8"


def encoded(pixels: "np.ndarray", palette: list[int]) -> str:
    """``pixels`` (uint8 [H, W]) are places in ``palette``: red, green, blue, from 0 to 255."""
    height, width = pixels.shape
    shares = [round(value * 100 / 255) for value in palette]
    colours = (shares[at : at + 3] for at in range(0, len(shares), 3))
    named = (f"#{number};2;{r};{g};{b}" for number, (r, g, b) in enumerate(colours))
    bands = (_band(pixels[top : top + BAND_PX]) for top in range(0, height, BAND_PX))
    return f'\x1bP0;1q"1;1;{width};{height}{"".join(named)}{"".join(bands)}\x1b\\'


def _band(rows: "np.ndarray") -> str:
    """Up to six rows: each colour over the last, then the next band."""
    import numpy as np

    weights = (1 << np.arange(len(rows)))[:, None]
    passes = []
    for colour in np.unique(rows):
        columns = ((rows == colour) * weights).sum(axis=0).tolist()
        passes.append(f"#{colour}{_runs(columns)}")
    return "$".join(passes) + "-"


def _runs(columns: list[int]) -> str:
    text = ""
    for value, run in groupby(columns):
        count, sign = len(list(run)), chr(_FIRST + value)
        text += f"!{count}{sign}" if count >= _RUN_MIN else sign * count
    return text
