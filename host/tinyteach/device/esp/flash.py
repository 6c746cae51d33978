"""The flash of an ESP board, through the boot loader in the chip's ROM and esptool.

Needs the extra ``tinyteach[flash]``: importing this module without it is an ImportError.
Everything goes through esptool's helper program ("stub"), which is several times faster than
the ROM and can read. Offsets and sizes are in bytes.
"""

import contextlib
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import serial
from esptool import cmds

from tinyteach.device.esp.chip import Chip
from tinyteach.device.esp.log import listen, quieten
from tinyteach.errors import (
    BoardNotFoundError,
    BoardRefusedError,
    LinkError,
    VerificationError,
)
from tinyteach.link.serial_link import close_port, open_port
from tinyteach.plain_text import plain
from tinyteach.progress import Counted

# USB ports ignore the rate; UART bridges take this one (esptool's own examples use it).
BAUD_RATE = 460_800
# Each resets the chip and says SYNC five times; esptool's own number.
CONNECT_ATTEMPTS = 7
# What esptool raises when an answer is missing, wrong or garbled; its FatalError is a RuntimeError.
GARBLED = (RuntimeError, struct.error, IndexError, ValueError)

NO_LOADER = (
    "No boot loader of an ESP chip answers on {port}; if it is an ESP board, hold the board's BOOT "
    "button while you connect its cable, then run the same command again ('tinyteach flash' says "
    "how other boards get their firmware)."
)
LOCKED = (
    "The board is locked by secure boot or flash encryption; TinyTeach neither reads nor writes "
    "its flash."
)
NO_SIZE = "The board's flash does not say how large it is; disconnect the board and try again."
READ_BROKE = (
    "Reading the flash on {port} broke off ({why}); check the cable and run the same command "
    "again, which goes on where this one stopped."
)
WRITE_BROKE = (
    "Writing the flash on {port} broke off ({why}), and what is on it is incomplete; check the "
    "cable and run the same command again."
)
MISMATCH = (
    "The board's flash does not hold what was written to it (another MD5); run the same command "
    "again, with another cable if it repeats."
)
PULLED = "the connection is gone"


class EspFlash:
    """The flash of the board at ``port``."""

    def __init__(self, loader: Any, port: str, chip: Chip) -> None:
        self._loader = loader
        self.port = port
        self.chip = chip

    def read(self, start: int, size: int) -> bytes:
        """What is there; the board's own MD5 of it has been compared."""
        with self._explained(READ_BROKE):
            return bytes(cmds.read_flash(self._loader, start, size, no_progress=True))

    def md5(self, start: int, size: int) -> str:
        """The MD5 of what is there, by the board, as hex digits."""
        with self._explained(READ_BROKE):
            return str(self._loader.flash_md5sum(start, size))

    def erase(self) -> None:
        """Erase all of it."""
        with self._explained(WRITE_BROKE):
            cmds.erase_flash(self._loader)

    def write(self, content: bytes, start: int, progress: Counted) -> None:
        """Write and compare MD5s; progress counts bytes as they are sent, compressed."""
        listen(progress)
        # A second try of esptool's own would come after a pause in which nothing is said.
        self._loader.WRITE_FLASH_ATTEMPTS = 1
        with self._explained(WRITE_BROKE):
            # force: what may be written has been checked, and a backup may hold anything.
            cmds.write_flash(self._loader, [(start, content)], force=True)

    def restart(self) -> None:
        """Start what is on the flash; the port goes away while the chip restarts."""
        with contextlib.suppress(OSError, *GARBLED):
            cmds.reset_chip(self._loader, "hard-reset")

    @contextmanager
    def _explained(self, sentence: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LinkError(sentence.format(port=self.port, why=PULLED)) from error
        except GARBLED as error:
            why = _first_line(error)
            # esptool's words for a failed comparison; an erased region is one that was not written.
            if "MD5" in why or "region is empty" in why:
                raise VerificationError(MISMATCH) from error
            raise LinkError(sentence.format(port=self.port, why=why)) from error


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return plain(lines[0]).rstrip(".") if lines else "no answer"


@contextmanager
def open_flash(port: str) -> Iterator[EspFlash]:
    """Take the board at ``port`` into its boot loader, start the helper program, identify the chip.

    Raises BoardNotFoundError where the port cannot be opened or no boot loader answers,
    BoardRefusedError for a locked board.
    """
    # By our own link, which says why a port cannot be opened.
    opened = open_port(port)
    quieten()
    try:
        loader = _connect(opened, port)
        yield EspFlash(loader, port, _identify(loader, port))
    finally:
        close_port(opened)


def _connect(opened: serial.SerialBase, port: str) -> Any:
    try:
        # What it says is a name may be an open port (ESPLoader), which it gives to each loader.
        loader = cmds.detect_chip(opened, connect_attempts=CONNECT_ATTEMPTS)
        if _is_locked(loader):
            raise BoardRefusedError(LOCKED)
        return cmds.run_stub(loader)
    except (OSError, *GARBLED) as error:
        raise BoardNotFoundError(NO_LOADER.format(port=port)) from error


def _is_locked(loader: Any) -> bool:
    return bool(
        loader.secure_download_mode
        or loader.get_flash_encryption_enabled()
        or loader.get_secure_boot_enabled()
    )


def _identify(loader: Any, port: str) -> Chip:
    try:
        loader.change_baud(BAUD_RATE)
        cmds.attach_flash(loader)
        size = cmds.detect_flash_size(loader)
        mac = bytes(loader.read_mac()).hex()
    except (OSError, *GARBLED) as error:
        raise BoardNotFoundError(NO_LOADER.format(port=port)) from error
    if size is None:
        raise BoardNotFoundError(NO_SIZE)
    return Chip(loader.CHIP_NAME, loader.BOOTLOADER_FLASH_OFFSET, mac, _bytes(size))


def _bytes(size: str) -> int:
    """``8MB`` and ``512KB``, as esptool has them."""
    return int(size[:-2]) * {"KB": 2**10, "MB": 2**20}[size[-2:]]
