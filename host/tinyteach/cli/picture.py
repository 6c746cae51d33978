"""A picture in the terminal: two pixels a character cell, by colour."""

from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    import numpy as np

UPPER_HALF = "▀"
COLUMNS = 64  # of a single picture, which leaves room for what is said of it


def as_blocks(pixels: "np.ndarray", columns: int) -> Text:
    """``pixels`` (uint8 [N, N, 3]) as half blocks, at most ``columns`` wide."""
    step = max(1, -(-pixels.shape[1] // columns))
    rows = pixels[::step, ::step]
    text = Text()
    for upper, lower in zip(rows[0::2], rows[1::2], strict=False):
        for top, bottom in zip(upper, lower, strict=True):
            text.append(UPPER_HALF, style=f"rgb({_rgb(top)}) on rgb({_rgb(bottom)})")
        text.append("\n")
    return text


def show_picture(pixels: "np.ndarray") -> None:
    """``pixels`` (uint8 [N, N, 3]) once, where there is a terminal to show them."""
    from rich.console import Console

    console = Console()
    if console.is_terminal:
        console.print(as_blocks(pixels, min(COLUMNS, console.width)))


def _rgb(pixel: "np.ndarray") -> str:
    return ",".join(str(int(channel)) for channel in pixel)
