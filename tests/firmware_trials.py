"""flash and restore at an emulated boot loader, and what must hold once either was cut short."""

import random
import shutil
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

from esp_images import firmware
from project_trials import run
from rom_loader import FLASH_BYTES, EmulatedBoard

ON_ESP = {
    "flash": ["flash", "../firmware.bin"],
    "restore": ["restore"],
}
# What a board had before, somebody's files behind its firmware, and what it has afterwards.
OLD = (random.Random(1).randbytes(30_000) + b"\xff" * 150_000 + b"files").ljust(
    FLASH_BYTES, b"\xff"
)
NEW = firmware(seed=2)
WRITTEN = NEW.ljust(FLASH_BYTES, b"\xff")


class Esp:
    """A board in its boot loader; ``folder`` gets the image and a backup of what was on it."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        import esptool.loader  # after `rom_loader` has named its settings, and before any fork

        # It writes down each byte for a trace that nobody sees.
        stack.enter_context(patch.object(esptool.loader.HexFormatter, "__str__", lambda _: ""))
        self._board = EmulatedBoard(OLD)
        stack.callback(self._board.port.pull)
        (folder / "firmware.bin").write_bytes(NEW)
        self._run(folder / "project", "flash")

    def begin(self, place: Path, command: str) -> list[str]:
        """The command's words, for a board that has what it is to have before."""
        if command == "flash":  # which makes the backup
            shutil.rmtree(_backups(place), ignore_errors=True)
        self._board.port.pull()
        self._board.replug()
        self._board.flash[:] = OLD if command == "flash" else WRITTEN
        return self._words(command)

    def _words(self, command: str) -> list[str]:
        return ["--board", self._board.port.name, *ON_ESP[command]]

    def fault(self, place: Path, command: str) -> str:
        """The same again comes to its end, and what was there before is there or in a backup."""
        self._run(place, command)
        if self._board.flash != (WRITTEN if command == "flash" else OLD):
            return "the flash is neither"
        kept = [path.read_bytes() for path in _backups(place).glob("*.bin")]
        is_whole = OLD in kept and all(each in (OLD, WRITTEN) for each in kept)
        return "" if is_whole else f"{len(kept)} backups, not all of them whole"

    def _run(self, place: Path, command: str) -> None:
        done = run(place, self._words(command))
        assert done.code == 0, (command, done.err)


def _backups(place: Path) -> Path:
    return place.parent / "home" / "state" / "backups"
