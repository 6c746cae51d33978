"""The way into a board's raw REPL, whatever runs there; where it stays shut, the reason.

A knock is Ctrl-C, which stops a program, and Ctrl-A, which asks for the raw REPL. One may be lost:
a busy agent answers an earlier HELLO late and takes Ctrl-C for data then, boot.py ends by it and
main.py begins. So it is repeated, behind a BYE, as long as there are signs of life.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any

from serial import SerialTimeoutException

from tinyteach.device.registry import was_paired
from tinyteach.device.usb.discovery import attached_ports
from tinyteach.device.usb.products import MICROPYTHON
from tinyteach.device.wire.farewell import ENDS_ANY_FRAME, farewell
from tinyteach.errors import BoardNotPairedError, BoardRefusedError, TinyTeachError
from tinyteach.link.serial_link import TAKES_NOTHING, TakesNothingError
from tinyteach_protocol import frame

Wait = Callable[[float], None]

INTERRUPT, RAW, RESTART = b"\r\x03", b"\r\x01", b"\x04"
BANNER, REBOOTED = b"raw REPL; CTRL-B to exit\r\n", b"soft reboot\r\n"
# Until the next knock: this long without a byte, or with bytes that do not end.
KNOCK_S, LISTEN_S = 1.0, 3.0
# Nothing was heard for so long: nobody is there. Text, but no prompt. A board that has answered.
ENTER_TIMEOUT_S, TALKING_TIMEOUT_S, ALIVE_TIMEOUT_S = 6.0, 12.0, 30.0
# Programs that answer so many knocks catch them: two Ctrl-C close together may end one.
CAUGHT_KNOCKS = 3
BURST, BURST_GAP_S = 40, 0.0005
# boot.py may wait for a network.
BOOT_TIMEOUT_S = 60.0
STOP_BOOT_TRIES = 4
SIGNS_OF_MICROPYTHON = (b"MicroPython", b"Traceback", b">>> ", b"soft reboot", b"TinyTeach")
NOISE_BYTES_MAX = 4096

SILENT = (
    "Nothing on {port} answers; press the board's reset button and check its cable; where that is "
    "no help, its main.py may catch Ctrl-C, or it has no MicroPython ('tinyteach flash' says how "
    "to put it on)."
)
SILENT_BOARD = (
    "The board on {port} does not stop at Ctrl-C, because its program hangs or its main.py catches "
    "that; press the board's reset button, then run the command again at once, or erase its flash "
    "where that is no help ('tinyteach flash' says how)."
)
CATCHES = (
    "The program on {port} goes on after Ctrl-C, as a main.py does that catches KeyboardInterrupt; "
    "press the board's reset button and run the command again at once, or erase its flash where "
    "that is no help ('tinyteach flash' says how)."
)
TALKS = (
    "What is on {port} sends text and does not stop at Ctrl-C; if it is a board, its main.py "
    "catches that: press reset and run the command again at once; if it is none, name another port."
)
KEEPS_PORT = (
    "TinyTeach's agent on {port} is there and does not give the port back; press the board's reset "
    "button, then run the command again."
)
BOOT_HANGS = (
    "MicroPython on {port} starts, but its boot.py does not end, nor does it stop at Ctrl-C; press "
    "reset and take out of the board's boot.py what waits or catches KeyboardInterrupt."
)
HEAP_LOCKED = (
    "The board on {port} cannot run anything after its boot.py, because the heap is locked "
    "(micropython.heap_lock()) or has nothing left; put micropython.heap_unlock() at the end of "
    "that boot.py."
)
# By these firmware says so: the second is all that ESP-IDF's port says where its raw REPL cannot
# begin (ports/esp32/main.c, nlr_jump_fail).
SIGNS_OF_LOCKED_HEAP = (b"heap is locked", b"NLR jump failed")
MEMORY_FULL = (
    "The memory of the board on {port} is full; take out of its /boot.py, and of what that "
    "imports, what fills it."
)


class BoardMemoryError(BoardRefusedError):
    """The board's memory did not do for what it was to run."""


class Entrance:
    """What leads into the raw REPL at ``port``, over a `BoundedTransport`.

    ``is_alive``: a board has answered there already. ``boot_s`` is how long its boot.py took,
    None before a restart, and ``boot_was_stopped`` whether it had to be stopped.
    """

    def __init__(self, transport: Any, port: str, is_alive: bool) -> None:
        self._transport, self._port = transport, port
        self._is_alive = is_alive
        self._heard = bytearray()
        self._caught = 0
        self._talks = False
        self.boot_s: float | None = None
        self.boot_was_stopped = False

    @property
    def catches(self) -> bool:
        """Whether what ran went on after Ctrl-C, again and again."""
        return self._caught >= CAUGHT_KNOCKS

    def enter(self) -> None:
        """Stop what runs. Raises BoardNotPairedError or LinkError with what was seen instead."""
        if not any(self._answers(knock) for knock in self._knocks()):
            raise self._verdict()

    def _knocks(self) -> Iterator[bytes]:
        """What to send, until nobody can be expected to answer."""
        began_s = time.monotonic()
        yield INTERRUPT + RAW
        knock = farewell() + INTERRUPT + RAW
        while time.monotonic() - began_s <= self._patience_s():
            yield knock
        if not self._heard:
            yield ENDS_ANY_FRAME + knock
        while time.monotonic() - began_s <= self._patience_s():
            yield knock

    def restart(self, on_wait: Wait) -> None:
        """Restart the interpreter without main.py; ``on_wait`` is told while boot.py runs.

        One that takes too long is stopped. Raises BoardRefusedError where that is no help.
        """
        self._send(RESTART)
        if not self._hear(REBOOTED, ALIVE_TIMEOUT_S, ALIVE_TIMEOUT_S):
            raise self._verdict()
        began_s = time.monotonic()
        is_in = self._hear(BANNER, BOOT_TIMEOUT_S, BOOT_TIMEOUT_S, on_wait)
        self.boot_s = time.monotonic() - began_s
        self.boot_was_stopped = not is_in
        for _ in range(0 if is_in else STOP_BOOT_TRIES):
            if self._answers(INTERRUPT + RAW):
                return
        if not is_in:
            raise self._memory_fault() or BoardRefusedError(BOOT_HANGS.format(port=self._port))

    def _answers(self, knock: bytes) -> bool:
        """Whether the raw REPL does, and not to an earlier knock."""
        if self.catches:
            self._hammer()
        self._send(knock)
        began_s = time.monotonic()
        if self._hear(BANNER, KNOCK_S, LISTEN_S):
            return self._is_in_step()
        self._talks = time.monotonic() - began_s >= LISTEN_S
        return False

    def _hammer(self) -> None:
        """Ctrl-C while a program is still busy with the one before, which its ``try`` leaves."""
        for _ in range(BURST):
            self._send(INTERRUPT[-1:])
            time.sleep(BURST_GAP_S)

    def _is_in_step(self) -> bool:
        """Run a line that nothing sent before can have answered; the next prompt is ours.

        It needs no name that a program may have given to something else, print neither.
        """
        mark = secrets.token_hex(8).encode()
        self._send(b"{}['%s']" % mark + RESTART)
        return self._hear(b"KeyError: %s\r\n\x04" % mark, ALIVE_TIMEOUT_S, ALIVE_TIMEOUT_S)

    def _send(self, data: bytes) -> None:
        try:
            self._transport.serial.write(data)
        except SerialTimeoutException as error:
            self._transport.forget_unsent()
            if not self._heard:
                raise TakesNothingError(TAKES_NOTHING.format(port=self._port)) from error
            raise self._verdict() from error

    def _hear(
        self,
        ending: bytes,
        quiet_s: float,
        overall_s: float,
        on_poll: Wait = lambda waited_s: None,
    ) -> bool:
        said = self._transport.read_until(
            1, ending, timeout=quiet_s, timeout_overall=overall_s, on_poll=on_poll
        )
        if said.endswith(ending):
            self._is_alive = True
            return True
        self._heard = (self._heard + said)[-NOISE_BYTES_MAX:]
        self._caught += bool(said)
        return False

    def _patience_s(self) -> float:
        if self._shows_micropython() or (self._is_alive and not self._talks):
            return ALIVE_TIMEOUT_S
        return TALKING_TIMEOUT_S if self._heard else ENTER_TIMEOUT_S

    def _shows_micropython(self) -> bool:
        return any(sign in self._heard for sign in (*SIGNS_OF_MICROPYTHON, frame.MAGIC))

    def _verdict(self) -> TinyTeachError:
        """Why the raw REPL was not entered, by what was heard."""
        fault = self._memory_fault()
        if fault:
            return fault
        if frame.MAGIC in self._heard:
            sentence = KEEPS_PORT
        elif self._talks and not self._shows_micropython():
            sentence = TALKS
        elif self._heard:
            sentence = CATCHES
        else:
            sentence = SILENT_BOARD if self._is_alive or is_known(self._port) else SILENT
        return BoardNotPairedError(sentence.format(port=self._port))

    def _memory_fault(self) -> BoardMemoryError | None:
        """Where what was heard tells of memory."""
        if any(sign in self._heard for sign in SIGNS_OF_LOCKED_HEAP):
            return BoardMemoryError(HEAP_LOCKED.format(port=self._port))
        if b"MemoryError" in self._heard:
            return BoardMemoryError(MEMORY_FULL.format(port=self._port))
        return None


def is_known(port: str) -> bool:
    """Whether a board was seen at the port that has MicroPython for sure."""
    usb = next((each for each in attached_ports() if each.port == port), None)
    return bool(usb and usb.product and usb.product.mode == MICROPYTHON) or was_paired(port)
