"""A folder as the image of a ROM partition, by mpremote's own builder."""

import contextlib
import io
from pathlib import Path


def image_of(folder: Path) -> bytes:
    """What `mpremote romfs deploy` writes, without compiling what is in the folder."""
    from mpremote.romfs import make_romfs

    with contextlib.redirect_stdout(io.StringIO()):  # it lists the files
        return bytes(make_romfs(str(folder), mpy_cross=None))
