"""Bytes to and from a serial port, or any URL that pyserial opens."""

import contextlib
import errno
import io
import select
import sys
import time
from pathlib import Path
from typing import Self

import serial

from tinyteach.errors import BoardNotFoundError, LinkError
from tinyteach.link.port_holder import MISSING_HINT, holders, is_missing

# USB ports ignore the rate; a UART bridge under MicroPython runs at this one.
BAUD_RATE = 115_200
READ_BYTES_MAX = 65_536
# Push-back by the board is normal; this long without a piece taken is not.
WRITE_TIMEOUT_S = 10.0
WRITE_PIECE_BYTES = 256

PERMISSION_HINT = (
    "The port {port} may not be opened by this user; on Linux run "
    "'sudo usermod -aG {group} $USER' and log in again."
)
BUSY_HINT = (
    "The port {port} is in use; close the program that holds it, or the browser's page that is "
    "connected to it, and try again."
)
HELD_HINT = "The port {port} is held by {holder}; close that program and try again."
PAGE_HINT = (
    "The port {port} is held by {holder}, a browser; close the page that is connected to it, such "
    "as SenseCraft, and try again."
)
# Browsers whose pages can open serial ports, as Linux shortens their names.
BROWSERS = ("chrom", "msedge", "opera", "vivaldi", "brave")
USUAL_GROUP = "dialout"
# The one bridge whose Windows driver needs the lines set by hand (`_open_with_lines`).
SILICON_LABS = 0x10C4
NO_PORT = "{port!r} is no port or port URL; 'tinyteach boards' lists those there are."
TAKES_NOTHING = (
    "The board on {port} takes no bytes, because a program on it hangs or does not listen; press "
    "its reset button, then run the command again."
)


class TakesNothingError(LinkError):
    """What is at the other end takes none of the bytes that are sent to it."""


class SerialLink:
    """An open port. Every failure is a LinkError or BoardNotFoundError."""

    # Milliseconds that nobody waited for: of a link that is played back at once (link/tape/).
    skipped_ms = 0
    # Whether the board is asked at the beginning what it is, because somebody records that.
    tells_facts = False
    # Whether who is at the other end can prove anything: a tape cannot.
    proves = True

    def __init__(self, port: str, baud_rate: int = BAUD_RATE) -> None:
        self.port = port
        self._serial = open_port(port, baud_rate)

    def read(self, timeout_s: float) -> bytes:
        """What has come, waiting up to ``timeout_s`` for the first byte; may be empty."""
        try:
            limit_reads(self._serial, timeout_s)
            first: bytes = self._serial.read(1)
            if not first:
                return b""
            waiting = min(self._serial.in_waiting, READ_BYTES_MAX)
            return first + (self._serial.read(waiting) if waiting else b"")
        except (serial.SerialException, OSError) as error:
            raise self._lost() from error

    def write(self, data: bytes, timeout_s: float = WRITE_TIMEOUT_S) -> None:
        """Send all of ``data``; TakesNothingError once nothing is taken for ``timeout_s``."""
        try:
            limit_writes(self._serial, timeout_s)
            for at in range(0, len(data), WRITE_PIECE_BYTES):
                self._serial.write(data[at : at + WRITE_PIECE_BYTES])
        except serial.SerialTimeoutException as error:
            forget_unsent(self._serial)
            raise TakesNothingError(TAKES_NOTHING.format(port=self.port)) from error
        except (serial.SerialException, OSError) as error:
            raise self._lost() from error

    def pulse_rts(self, low_s: float) -> bool:
        """Clear RTS for so long and set it again; False where the port has no such line."""
        try:
            self._serial.rts = False
            time.sleep(low_s)
            self._serial.rts = True
        except (serial.SerialException, OSError):
            # A pseudo-terminal; a port that is gone says so at the next byte.
            return False
        return True

    def close(self) -> None:
        """Let go of the port."""
        close_port(self._serial)

    def _lost(self) -> LinkError:
        return LinkError(
            f"The connection on {self.port} broke; check the cable and run the command again."
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def forget_unsent(opened: serial.SerialBase) -> None:
    """Drop what the other side has not taken: closing would wait for it, half a minute on Linux.

    What is dropped is also not in the way of the next program at this port.
    """
    with contextlib.suppress(OSError, serial.SerialException, AttributeError):
        opened.reset_output_buffer()


def close_port(opened: serial.SerialBase) -> None:
    """Close a port so that whoever opens it next finds it free.

    RTS first, as mpremote does: closing drops both, and on an Espressif board DTR dropped
    while RTS is set is a reset.

    The lock is undone by hand: it belongs to the open file, and closing leaves it in place for
    as long as a process that another thread starts at that moment holds a copy (flock(2)).
    """
    with contextlib.suppress(OSError):
        # Pseudo-terminals have no such lines, and a board that is gone has no port.
        opened.rts = False
        opened.dtr = False
    with contextlib.suppress(OSError):
        if opened.exclusive:
            opened.exclusive = False
    opened.close()


def limit_reads(opened: serial.SerialBase, timeout_s: float) -> None:
    """A read waits so many seconds at most.

    Where it changes, pyserial configures the whole port anew. With rfc2217:// that asks the server
    for each setting, 0.1 s and more, so there only the number is set, which is all it needs.
    """
    if _is_rfc2217(opened):
        opened._timeout = timeout_s
    elif opened.timeout != timeout_s:
        opened.timeout = timeout_s


def limit_writes(opened: serial.SerialBase, timeout_s: float) -> None:
    """A write takes so many seconds at most. Those of rfc2217:// have a limit of their own."""
    # Where it is refused, it is so again at every other setting.
    if not _is_rfc2217(opened) and opened.write_timeout != timeout_s:
        opened.write_timeout = timeout_s


def _is_rfc2217(opened: serial.SerialBase) -> bool:
    return str(opened.port).lower().startswith("rfc2217:")


def wait_in_writes(opened: serial.SerialBase) -> None:
    """Let ``opened.write`` wait until bytes are taken, ``write_timeout`` seconds at most.

    pyserial's own waits only after a write that took something: at a full port it asks again
    at once all that time. Ports that are no file (Windows, rfc2217://) wait themselves.
    """
    write_at_once = opened.write

    def write(data: bytes) -> int | None:
        if not _takes_bytes(opened, opened.write_timeout):
            raise serial.SerialTimeoutException("Write timeout")
        written: int | None = write_at_once(data)
        return written

    opened.write = write


def _takes_bytes(opened: serial.SerialBase, timeout_s: float | None) -> bool:
    try:
        file = opened.fileno()
    except (AttributeError, io.UnsupportedOperation):
        return True
    return bool(select.select([], [file], [], timeout_s)[1])


def open_port(port: str, baud_rate: int = BAUD_RATE) -> serial.SerialBase:
    """The open port, whose writes wait; BoardNotFoundError says why one cannot be opened."""
    try:
        opened = serial.serial_for_url(port, baudrate=baud_rate, do_not_open=True)
        limit_writes(opened, WRITE_TIMEOUT_S)
        if "://" not in port:
            opened.exclusive = True
        _open_with_lines(opened)
        wait_in_writes(opened)
    except ValueError as error:
        raise BoardNotFoundError(NO_PORT.format(port=port)) from error
    except (serial.SerialException, OSError) as error:
        raise _explain(port, error) from error
    return opened


def _open_with_lines(opened: serial.SerialBase) -> None:
    """Open a port with DTR and RTS in mpremote's order (transport_serial.py).

    Both end up set: without DTR a USB board takes nobody to be there. Espressif boards read
    "DTR without RTS" as a call for the boot loader and "RTS without DTR" as a reset, so they
    must change together. pyserial does that on opening; only Silicon Labs' Windows driver
    sets them apart after a power-on, so there they are cleared, then set, DTR first.
    """
    by_hand = sys.platform == "win32" and _vendor_of(opened.port) == SILICON_LABS
    if by_hand:
        opened.dtr = opened.rts = False
    opened.open()
    if by_hand:
        opened.dtr = True
        opened.rts = True


def _vendor_of(port: str) -> int | None:
    from serial.tools.list_ports import comports

    return next((item.vid for item in comports() if item.device == port), None)


def _explain(port: str, error: Exception) -> BoardNotFoundError:
    number = getattr(error, "errno", None)
    if number == errno.EACCES:
        return BoardNotFoundError(PERMISSION_HINT.format(port=port, group=_group_of(port)))
    if number in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in str(error):
        return BoardNotFoundError(_busy(port))
    if "://" in port:
        return BoardNotFoundError(f"Nothing answers at {port}; check the address and try again.")
    is_there = port.startswith("/") and not is_missing(port)
    return BoardNotFoundError((NO_PORT if is_there else MISSING_HINT).format(port=port))


def _busy(port: str) -> str:
    """Who holds the port, where that can be told."""
    held_by = holders(port)
    hint = HELD_HINT if held_by else BUSY_HINT
    if any(holder.name.lower().startswith(BROWSERS) for holder in held_by):
        hint = PAGE_HINT
    return hint.format(port=port, holder=" and ".join(map(str, held_by)))


def _group_of(port: str) -> str:
    """The group that may open the port: dialout on Debian, uucp on Arch."""
    try:
        return Path(port).group()
    except (OSError, KeyError, NotImplementedError):
        return USUAL_GROUP
