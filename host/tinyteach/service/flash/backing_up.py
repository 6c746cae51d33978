"""Reading a board's whole flash into a backup, resumed where an earlier try was cut off."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import md5
from pathlib import Path
from typing import TYPE_CHECKING

from tinyteach.device.esp.chip import Chip, megabytes
from tinyteach.errors import FirmwareError
from tinyteach.files import reason, remedy
from tinyteach.progress import Progress
from tinyteach.service.flash import backups

if TYPE_CHECKING:
    from tinyteach.device.esp.flash import EspFlash

Say = Callable[[str], None]

# Small enough that a cut costs little, large enough that the steps between do not count.
PIECE_BYTES = 65_536

STOPPED_READING = (
    "Stopped while the flash was read; nothing was written to the board, and the same command "
    "goes on where this one stopped."
)


def back_up(flash: "EspFlash", progress: Progress, say: Say) -> Path | None:
    """Where the board's content is now: a new backup, or the one from before a failed writing."""
    if backups.is_unfinished(flash.chip):
        return kept_before(flash.chip, say)
    path = backups.new_name(flash.chip)
    try:
        with said_at_ctrl_c(STOPPED_READING):
            _read_all(flash, path, progress, say)
        backups.keep(flash.chip, path)
    except OSError as error:
        raise FirmwareError(
            f"The backup cannot be written to {path.parent} ({reason(error)}); {remedy(error)}, "
            "or add --no-backup to do without."
        ) from error
    return path


def kept_before(chip: Chip, say: Say) -> Path | None:
    """The backup from before a writing that did not end well: what is there now is none."""
    kept = backups.backup_before(chip)
    if backups.is_unfinished(chip):
        where = f"its old content is in {kept}" if kept else "there is no backup of it"
        say(
            "The last writing of this board did not end well, so what is on it now is not backed "
            f"up; {where}."
        )
    return kept


@contextmanager
def said_at_ctrl_c(sentence: str) -> Iterator[None]:
    """What is to be said when the user stops what is done inside."""
    try:
        yield
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt(sentence) from stop


def _read_all(flash: "EspFlash", path: Path, progress: Progress, say: Say) -> None:
    """Grow the part file to the whole flash."""
    part, total = backups.part_file(flash.chip), flash.chip.flash_bytes
    part.parent.mkdir(parents=True, exist_ok=True)
    first = _resumable_bytes(flash, part)
    part.touch(0o600)
    part.chmod(0o600)  # a board's flash holds its key
    with part.open("ab") as file:
        file.truncate(first)
        for start in range(first, total, PIECE_BYTES):
            began = time.monotonic()
            file.write(flash.read(start, min(PIECE_BYTES, total - start)))
            file.flush()
            if start == first:
                pieces = (total - first) // PIECE_BYTES
                took = _duration((time.monotonic() - began) * pieces)
                say(f"Backing up {megabytes(total)} to {path}, which takes about {took}.")
            progress("Backing up", min(start + PIECE_BYTES, total), total)
        os.fsync(file.fileno())  # before the board's flash is erased


def _resumable_bytes(flash: "EspFlash", part: Path) -> int:
    """How much of an earlier try is still what the flash holds."""
    try:
        content = part.read_bytes()
    except FileNotFoundError:
        return 0
    size = min(len(content), flash.chip.flash_bytes) // PIECE_BYTES * PIECE_BYTES
    same = size and flash.md5(0, size) == md5(content[:size]).hexdigest()
    return size if same else 0


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} minutes"
