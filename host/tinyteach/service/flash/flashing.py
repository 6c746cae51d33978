"""Writing firmware to a board, with a backup before, and putting a backup back."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from typing import TYPE_CHECKING

from tinyteach.device.esp.chip import Chip, megabytes
from tinyteach.device.esp.image import check_image, made_for
from tinyteach.device.usb.port_return import await_return
from tinyteach.errors import FirmwareError, MissingToolError
from tinyteach.extras import how_to_add
from tinyteach.paths import backups_dir
from tinyteach.progress import Progress
from tinyteach.results import JsonResult, Lines
from tinyteach.service.boards.finding import resolve_port
from tinyteach.service.boards.other_boards import refuse_other_boards
from tinyteach.service.boards.sessions import module_at, refuse_module
from tinyteach.service.flash import backups
from tinyteach.service.flash.backing_up import Say, back_up, kept_before, said_at_ctrl_c
from tinyteach.service.flash.firmware_images import Image, load_image
from tinyteach.service.flash.module_firmware import ModuleFlashed, flash_module

if TYPE_CHECKING:
    from tinyteach.device.esp.flash import EspFlash

STOPPED_WRITING = (
    "Stopped while the flash was written; what is on the board is incomplete, so run the same "
    "command again."
)


@dataclass(frozen=True)
class Flashed(JsonResult):
    """What was done: ``port`` is where the board is now, None where it has not come back.

    ``source`` is the image or backup, ``backup`` where the old content is.
    """

    chip: str
    mac: str
    port: str | None
    source: str
    bytes: int
    md5: str
    backup: str | None
    seconds: float

    def lines(self) -> Lines:
        """For a person."""
        lines = [
            f"Wrote {self.source} ({self.bytes} bytes) to the {self.chip} with the address "
            f"{self.mac}; its MD5 {self.md5} was compared."
        ]
        if self.backup:
            lines.append(f"What was on it is in {self.backup}; 'tinyteach restore' puts it back.")
        if self.port is None:
            lines.append("The board has not come back by itself: disconnect it, connect it again.")
        return lines


def flash_board(
    board: str | None, source: str, progress: Progress, say: Say, backup: bool = True
) -> Flashed | ModuleFlashed:
    """Back up a board's flash, then write the image at ``source`` (a file, an address) to it.

    A module's firmware is written without a backup: its loader gives none out.
    """
    port = resolve_port(board)
    if (module := module_at(port)) is not None:
        with module:
            return flash_module(module, load_image(source, progress), progress)
    open_flash = _opener()
    refuse_other_boards(port, board or port)
    image = load_image(source, progress)
    started = time.monotonic()
    with open_flash(port) as flash:
        chip = flash.chip
        check_image(image.content, chip, image.name)
        kept = back_up(flash, progress, say) if backup else kept_before(chip, say)
        with _rewriting(chip, kept):
            progress(f"Erasing {megabytes(chip.flash_bytes)}", 0, 0)
            flash.erase()
            flash.write(image.content, chip.offset, _named("Writing", progress))
        flash.restart()
    return _done(flash, image, str(kept) if kept else None, started)


def restore_board(
    board: str | None, backup: Path | None, progress: Progress, say: Say, any_board: bool = False
) -> Flashed:
    """Write a backup back, by default the newest one of the board that is there."""
    refuse_module(board)
    open_flash, port = _opener(), resolve_port(board)
    refuse_other_boards(port, board or port)
    started = time.monotonic()
    with open_flash(port) as flash:
        chip = flash.chip
        path = backup or backups.backup_before(chip) or _newest(chip)
        content = _fitting(path, chip, any_board)
        say(f"Writing back {path}.")
        with _rewriting(chip, path):
            flash.write(content, 0, _named("Writing", progress))
        flash.restart()
    return _done(flash, Image(str(path), content), None, started)


def _newest(chip: Chip) -> Path:
    found = backups.newest(chip.mac)
    if found is None:
        raise FirmwareError(
            f"There is no backup of this board ({chip.mac}) in {backups_dir()}; name a file."
        )
    return found


def _fitting(path: Path, chip: Chip, any_board: bool) -> bytes:
    """The backup's content, refused where it cannot or should not be on this board."""
    content, owner = backups.read_backup(path)
    source = owner.chip if owner else made_for(content[chip.offset :]) or chip.name
    if source != chip.name or len(content) != chip.flash_bytes:
        raise FirmwareError(
            f"{path} is {megabytes(len(content))} of {source}, but the board has {chip.name} "
            f"with {megabytes(chip.flash_bytes)}; choose a backup of this board."
        )
    if not any_board and (owner is None or owner.mac != chip.mac):
        whose = f"of another board ({owner.mac})" if owner else "of an unknown board"
        raise FirmwareError(
            f"{path} is {whose}, and this one is {chip.mac}; add --any-board to write it all "
            "the same."
        )
    return content


def _opener() -> Callable[[str], AbstractContextManager["EspFlash"]]:
    try:
        from tinyteach.device.esp.flash import open_flash
    except ImportError as error:
        raise MissingToolError(
            f'Reading and writing a board\'s flash needs esptool; run "{how_to_add("flash")}".'
        ) from error
    return open_flash


def _named(text: str, progress: Progress) -> Callable[[int, int], None]:
    return lambda done, total: progress(text, done, total)


def _done(flash: "EspFlash", image: Image, backup: str | None, started: float) -> Flashed:
    return Flashed(
        flash.chip.name,
        flash.chip.mac,
        await_return(flash.port, flash.chip.mac),
        image.name,
        len(image.content),
        md5(image.content).hexdigest(),
        backup,
        round(time.monotonic() - started, 1),
    )


@contextmanager
def _rewriting(chip: Chip, backup: Path | None) -> Iterator[None]:
    """Until this has ended well, the board's flash is known to be incomplete."""
    backups.begin_rewriting(chip, backup)
    with said_at_ctrl_c(STOPPED_WRITING):
        yield
    backups.end_rewriting(chip)
