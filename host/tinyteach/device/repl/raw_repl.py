"""A board's raw REPL, through mpremote's own transport; every failure one sentence."""

import contextlib
import json
import math
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from tinyteach.device.repl.entering import (
    HEAP_LOCKED,
    MEMORY_FULL,
    SIGNS_OF_LOCKED_HEAP,
    BoardMemoryError,
    Entrance,
    Wait,
)
from tinyteach.device.repl.repl_answers import Shape, anything, number, several
from tinyteach.errors import BoardNotFoundError, BoardRefusedError, LinkError
from tinyteach.link.serial_link import TAKES_NOTHING, SerialLink, TakesNothingError
from tinyteach.plain_text import plain

# Of the few bytes by which a board answers while it takes a command: it may be busy with its flash.
READ_TIMEOUT_S = 10.0
WRITE_CHUNK_BYTES = READ_CHUNK_BYTES = 1024
REFUSAL_CHARACTERS_MAX = 200
# An embedding, the largest file that is read; a file that goes on for ever is no file.
FILE_BYTES_MAX = 16 << 20

# Deleting a name of builtins brings its own back; what is in sys.modules and no module is a fake
# (the virtual board has a sys and a micropython of its own).
UNDO = """
import sys
for n in ('builtins', 'gc'):
    sys.modules.pop(n, None)
import builtins
for n in ['__import__'] + dir(builtins):
    try:
        delattr(builtins, n)
    except (AttributeError, KeyError):
        pass
import gc
for n in list(sys.modules):
    if n not in ('sys', 'micropython') and type(sys.modules[n]) is not type(gc):
        del sys.modules[n]
"""
CHANGED_PYTHON = (
    "A program of the board on {port} has put something of its own in the place of MicroPython's "
    "functions or modules; take out of its boot.py what changes builtins, sys or sys.modules."
)
# What code in the REPL finds is the firmware's and the agent's, as in firmware_agent/main.py: a
# user's json.py would be in the way of both. One that boot.py has imported was let go.
PREPARE = """
import sys
tt_path = sys.path[:]
sys.path[:] = ['.frozen']
for tt_name in %r:
    try:
        sys.modules[tt_name] = __import__(tt_name)
    except ImportError:
        pass
sys.path += [name for name in tt_path if name.endswith('/lib')]
"""
ONE_NUMBER = several(number, least=1, most=1)
FREE = "import gc\ngc.collect()\nprint([gc.mem_free()])"
LET_GO = (
    "globals().clear()",
    "import sys\nfor n in list(sys.modules):\n"
    " if hasattr(sys.modules[n], '__file__'): del sys.modules[n]",
)
FIRMWARE_MODULES = (
    "array",
    "binascii",
    "hashlib",
    "json",
    "machine",
    "os",
    "select",
    "struct",
    "time",
)

T = TypeVar("T")


class BoardSaysError(LinkError):
    """The connection is whole; what came over it is a traceback, or nothing that can be read."""


class RawRepl:
    """Runs code and writes files on a board whose programs are stopped."""

    def __init__(self, transport: Any, port: str, entrance: Entrance, on_wait: Wait) -> None:
        self._transport = transport
        self._port = port
        self._entrance = entrance
        self._on_wait = on_wait
        # Bytes of heap: free when it was entered, and what boot.py (or a program) had kept by then.
        self.heap_free = self.boot_heap = 0

    @property
    def catches(self) -> bool:
        """Whether a program goes on after Ctrl-C, as one that catches KeyboardInterrupt."""
        return self._entrance.catches

    @property
    def boot_s(self) -> float:
        """How long boot.py took, in seconds; infinite where it had to be stopped."""
        entrance = self._entrance
        return math.inf if entrance.boot_was_stopped else entrance.boot_s or 0.0

    def evaluate(self, code: str, shape: Shape[T] = anything) -> T:
        """Run ``code``, which prints one JSON value of this shape on a line; that value.

        Firmware may print lines of its own between, as ESP-IDF's camera driver does.
        """
        for line in reversed(self._call(lambda: self._transport.exec(code)).splitlines()):
            with contextlib.suppress(ValueError, RecursionError):
                return shape(json.loads(line))
        raise BoardSaysError(
            f"The board on {self._port} gave no answer that can be read; press its reset button "
            "and try again."
        )

    def run(self, code: str) -> None:
        """Run ``code`` to its end."""
        self._call(lambda: self._transport.exec(code))

    def read_file(self, path: str, progress: Callable[[int, int], None]) -> bytes:
        """A file's content."""

        def check(done: int, total: int) -> None:
            if done > FILE_BYTES_MAX:
                raise OSError("a file without end")
            progress(done, total)

        read = self._transport.fs_readfile
        return bytes(
            self._call(lambda: read(path, chunk_size=READ_CHUNK_BYTES, progress_callback=check))
        )

    def write_file(self, path: str, content: bytes, progress: Callable[[int, int], None]) -> None:
        """Write a file whole: beside ``path``, then renamed over it."""
        beside = path + ".new"
        self._call(
            lambda: self._transport.fs_writefile(
                beside, content, chunk_size=WRITE_CHUNK_BYTES, progress_callback=progress
            )
        )
        self.run(f"import os\nos.rename({beside!r}, {path!r})")

    def restart_softly(self) -> None:
        """Start the interpreter anew, without main.py: memory and hardware as after power-on."""
        with _as_sentence(self._port):
            self._entrance.restart(self._on_wait)
        self.prepare()

    def prepare(self) -> None:
        """Make the board ready for `evaluate` and `run`: once after each restart.

        What boot.py or a program has left in memory is let go, and what they have put in the place
        of MicroPython's own. Raises BoardRefusedError where that cannot be.
        """
        try:
            self.run(UNDO)
            (self.heap_free,) = self.evaluate(FREE, ONE_NUMBER)
        except BoardSaysError as error:
            raise BoardRefusedError(CHANGED_PYTHON.format(port=self._port)) from error
        for code in LET_GO:
            self.run(code)
        (free,) = self.evaluate(FREE, ONE_NUMBER)
        self.boot_heap = max(0, free - self.heap_free)
        self.run(PREPARE % (FIRMWARE_MODULES,))

    def reset(self) -> None:
        """Restart the board, as its reset button does."""
        self._call(lambda: self._transport.exec_raw_no_follow("import machine\nmachine.reset()\n"))

    def _call(self, action: Callable[[], T]) -> T:
        with _as_sentence(self._port):
            return action()


# What mpremote raises where an answer is cut short or garbled: it takes some for Python values.
GARBLED = (struct.error, SyntaxError, ValueError, TypeError, MemoryError, RecursionError)


@contextmanager
def _as_sentence(port: str) -> Iterator[None]:
    """What mpremote and the port raise, as LinkError."""
    from mpremote.transport import TransportError, TransportExecError
    from serial import SerialTimeoutException

    try:
        yield
    except TransportExecError as error:
        last_line = _last_line(error)
        if any(sign in error.error_output.encode() for sign in SIGNS_OF_LOCKED_HEAP):
            raise BoardMemoryError(HEAP_LOCKED.format(port=port)) from error
        if last_line.startswith("MemoryError"):
            raise BoardMemoryError(MEMORY_FULL.format(port=port)) from error
        raise BoardSaysError(f"The board on {port} refused: {last_line}.") from error
    except SerialTimeoutException as error:
        raise TakesNothingError(TAKES_NOTHING.format(port=port)) from error
    except (TransportError, OSError, *GARBLED) as error:
        raise LinkError(
            f"The connection on {port} broke before the board was done; check the cable "
            "and run the command again."
        ) from error


def _last_line(error: Any) -> str:
    lines = str(error.error_output).strip().splitlines()
    return plain(lines[-1])[:REFUSAL_CHARACTERS_MAX] if lines else "an unknown error"


@contextmanager
def raw_repl(
    port: str,
    soft_reset: bool = True,
    is_alive: bool = False,
    on_wait: Wait = lambda waited_s: None,
) -> Iterator[RawRepl]:
    """Stop what runs on the board and enter its raw REPL, after a soft reset without main.py.

    Without ``soft_reset`` what the program left stays: its variables, why the board started.
    ``is_alive``: the board has just answered, so it is waited for. ``on_wait`` is told how
    many seconds boot.py has been running.

    Raises BoardNotFoundError where the port cannot be opened; BoardNotPairedError,
    BoardRefusedError (boot.py) or LinkError with what keeps from the REPL (`entering`).
    """
    from mpremote.transport import TransportError

    from tinyteach.device.repl.bounded_transport import BoundedTransport

    # Opened by our own link first, which says why a port cannot be opened.
    SerialLink(port).close()
    try:
        transport = BoundedTransport(port, READ_TIMEOUT_S)
    except (TransportError, OSError, ValueError) as error:
        raise BoardNotFoundError(
            f"The port {port} cannot be opened; pull the board's cable, plug it in and try again."
        ) from error
    try:
        entrance = Entrance(transport, port, is_alive)
        repl = RawRepl(transport, port, entrance, on_wait)
        with _as_sentence(port):
            entrance.enter()
        if soft_reset:
            repl.restart_softly()
        else:
            repl.prepare()
        yield repl
    finally:
        with contextlib.suppress(OSError):
            transport.close()
