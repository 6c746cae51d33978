"""Pictures in the terminal: two pixels a character cell by colour, or as the terminal can."""

import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.text import Text

from tinyteach.cli.output import draw
from tinyteach.cli.terminal_pictures import Protocol, protocol_named, protocol_of

if TYPE_CHECKING:
    import numpy as np
    from rich.console import Console

UPPER_HALF = "▀"
SHADES = " ░▒▓█"
ASCII_SHADES = " .:-=+*#%@"
COLUMNS = 64  # of a single picture, which leaves room for what is said of it
LINES = 24  # of one that the terminal draws itself
BESIDE = 2  # lines of the window that are left


def show_picture(pixels: "np.ndarray") -> None:
    """``pixels`` (uint8 [N, N, 3]) once, where there is a terminal to show them."""
    from rich.console import Console

    console = Console()
    if console.is_terminal:
        show_pictures([pixels], console, COLUMNS)


def show_pictures(
    pictures: "Iterable[np.ndarray]",
    console: "Console",
    columns: int | None = None,
    named: str | None = None,
) -> None:
    """Pictures (uint8 [N, N, 3]), each over the last, within the window and ``columns``.

    As ``named``, or as the environment says that the terminal can.
    """
    from rich.live import Live

    protocol = protocol_named(named) if named else protocol_of(os.environ)
    protocol = protocol if _has_colours(console) else None
    if protocol is not None:
        _draw(pictures, protocol, max(1, min(LINES, console.height - BESIDE)))
        return
    with Live(console=console, auto_refresh=False) as live:
        for pixels in pictures:
            room = min(columns or console.width, console.width)
            live.update(as_text(pixels, console, room), refresh=True)


def as_text(pixels: "np.ndarray", console: "Console", columns: int) -> Text:
    """A picture in characters: in colours, or in shades where the terminal has or wants none."""
    small = fitted(pixels, columns, max(1, console.height - BESIDE))
    if _has_colours(console):
        return as_blocks(small)
    return as_shades(small, ASCII_SHADES if console.options.ascii_only else SHADES)


def fitted(pixels: "np.ndarray", columns: int, lines: int) -> "np.ndarray":
    """The same as uint8 [H, W, 3] with W ≤ ``columns`` and H ≤ 2 × ``lines``, an even number."""
    import numpy as np
    from PIL import Image

    height, width = pixels.shape[:2]
    scale = min(1, columns / width, 2 * lines / height)
    size = max(1, int(width * scale)), max(2, int(height * scale) // 2 * 2)
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))


def as_blocks(pixels: "np.ndarray") -> Text:
    """``pixels`` (uint8 [H, W, 3]) as half blocks."""
    text = Text()
    for upper, lower in zip(pixels[0::2], pixels[1::2], strict=False):
        for top, bottom in zip(upper, lower, strict=True):
            text.append(UPPER_HALF, style=f"rgb({_rgb(top)}) on rgb({_rgb(bottom)})")
        text.append("\n")
    return text


def as_shades(pixels: "np.ndarray", shades: str) -> Text:
    """``pixels`` (uint8 [H, W, 3]) by their brightness, two a cell; the last shade is white."""
    grey = pixels.mean(axis=2)
    pairs = (grey[0::2][: len(grey) // 2] + grey[1::2]) / 2
    places = (pairs * len(shades) / 256).astype(int)
    return Text("\n".join("".join(shades[place] for place in row) for row in places))


def _has_colours(console: "Console") -> bool:
    return console.color_system is not None and not console.no_color


def _rgb(pixel: "np.ndarray") -> str:
    return ",".join(str(int(channel)) for channel in pixel)


def _draw(pictures: "Iterable[np.ndarray]", protocol: Protocol, lines: int) -> None:
    with _room(lines):
        for pixels in pictures:
            draw(protocol(_png(pixels), lines))


@contextmanager
def _room(lines: int) -> Iterator[None]:
    """So many empty lines with the cursor on the first, at the end below them."""
    draw("\n" * lines + f"\x1b[{lines}A")
    try:
        yield
    finally:
        draw(f"\x1b[{lines}B")


def _png(pixels: "np.ndarray") -> bytes:
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG", compress_level=1)
    return content.getvalue()
