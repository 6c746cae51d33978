"""A board's raw REPL, through mpremote's own transport; every failure one sentence."""

import contextlib
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tinyteach.device.repl_answers import Shape, anything
from tinyteach.errors import BoardNotFoundError, BoardNotPairedError, LinkError
from tinyteach.link.serial_link import SerialLink
from tinyteach.plain_text import plain

ENTER_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 1.0
WRITE_CHUNK_BYTES = READ_CHUNK_BYTES = 1024
REFUSAL_CHARACTERS_MAX = 200
# An embedding, the largest file that is read; a file that goes on for ever is no file.
FILE_BYTES_MAX = 16 << 20

NO_VALUE = (SyntaxError, ValueError, TypeError, MemoryError, RecursionError)

NO_MICROPYTHON = (
    "What is on {port} does not answer as MicroPython; put MicroPython with a camera module on the "
    "board first ('tinyteach flash' says which), or name another port."
)


class RawRepl:
    """Runs code and writes files on a board whose programs are stopped."""

    def __init__(self, transport: Any, port: str) -> None:
        self._transport = transport
        self._port = port

    def evaluate(self, code: str, shape: Shape = anything) -> Any:
        """Run ``code``, which prints one JSON value of this shape on a line; that value.

        Firmware may print lines of its own between, as ESP-IDF's camera driver does.
        """
        for line in reversed(self._call(lambda: self._transport.exec(code)).splitlines()):
            with contextlib.suppress(ValueError, RecursionError):
                return shape(json.loads(line))
        raise LinkError(
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
        _enter(self._transport, self._port, soft_reset=True)

    def reset(self) -> None:
        """Restart the board, as its reset button does."""
        self._call(lambda: self._transport.exec_raw_no_follow("import machine\nmachine.reset()\n"))

    def _call(self, action: Callable[[], Any]) -> Any:
        from mpremote.transport import TransportError, TransportExecError

        try:
            # mpremote prints what it did not understand.
            with contextlib.redirect_stdout(io.StringIO()):
                return action()
        except TransportExecError as error:
            raise LinkError(f"The board on {self._port} refused: {_last_line(error)}.") from error
        # mpremote takes what the board prints for a Python value: SyntaxError and others.
        except (TransportError, OSError, *NO_VALUE) as error:
            raise LinkError(
                f"The connection on {self._port} broke before the board was done; check the cable "
                "and run the command again."
            ) from error


def _last_line(error: Any) -> str:
    lines = str(error.error_output).strip().splitlines()
    return plain(lines[-1])[:REFUSAL_CHARACTERS_MAX] if lines else "an unknown error"


@contextmanager
def raw_repl(port: str, soft_reset: bool = True) -> Iterator[RawRepl]:
    """Stop what runs on the board and enter its raw REPL, after a soft reset without main.py.

    Without ``soft_reset`` what the program left stays: its variables, why the board started.

    Raises BoardNotFoundError where the port cannot be opened, BoardNotPairedError where what
    is there does not behave as MicroPython.
    """
    from mpremote.transport import TransportError

    from tinyteach.device.bounded_transport import BoundedTransport

    # Opened by our own link first, which says why a port cannot be opened.
    SerialLink(port).close()
    try:
        transport = BoundedTransport(port, exclusive="://" not in port, timeout=READ_TIMEOUT_S)
    except (TransportError, OSError, ValueError) as error:
        raise BoardNotFoundError(f"The port {port} cannot be opened ({error}).") from error
    try:
        _enter(transport, port, soft_reset)
        yield RawRepl(transport, port)
    finally:
        with contextlib.suppress(OSError):
            transport.close()


def _enter(transport: Any, port: str, soft_reset: bool) -> None:
    from mpremote.transport import TransportError

    try:
        # mpremote prints what it did not understand.
        with contextlib.redirect_stdout(io.StringIO()):
            transport.enter_raw_repl(soft_reset=soft_reset, timeout_overall=ENTER_TIMEOUT_S)
    except (TransportError, OSError) as error:
        raise BoardNotPairedError(NO_MICROPYTHON.format(port=port)) from error
