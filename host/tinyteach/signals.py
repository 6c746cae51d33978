"""SIGTERM and a terminal that closes end a program as Ctrl-C does: what it began is put away.

Ctrl-C comes as Python has it, but is noted: what it interrupts may make another error of it.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tinyteach.errors import TinyTeachError

NAMES = ("SIGTERM", "SIGHUP")  # Windows has no SIGHUP
OF_A_SIGNAL = 128  # and its number is the exit code, as shells have it


class Signals:
    """These signals while they raise KeyboardInterrupt; ``came`` are the numbers of those sent.

    Ctrl-C is not among them: ``interrupted`` says whether there was one.
    """

    def __init__(self) -> None:
        numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
        is_main = threading.current_thread() is threading.main_thread()  # no other may handle them
        self._ours = [n for n in numbers if is_main and signal.getsignal(n) == signal.SIG_DFL]
        self.came: list[int] = []
        self.interrupted = False
        plain = signal.default_int_handler
        self._notes = is_main and signal.getsignal(signal.SIGINT) is plain
        if self._notes:
            signal.signal(signal.SIGINT, self._note)
        self._handle(self._stop)

    def ignore(self) -> None:
        """None disturbs the putting away."""
        self._handle(signal.SIG_IGN)

    def let_go(self) -> None:
        """They end the program again, as they did."""
        self._handle(signal.SIG_DFL)
        if self._notes:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.interrupted = True
        raise KeyboardInterrupt

    def _handle(self, way: "signal._HANDLER") -> None:
        for each in self._ours:
            signal.signal(each, way)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.came.append(number)
        self.ignore()
        raise KeyboardInterrupt


@contextmanager
def ending_in_order() -> Iterator[None]:
    """Turn these signals into KeyboardInterrupt, once; then exit with the signal's code.

    One that is ignored, as under nohup, stays so. What a library makes of Ctrl-C, such as numpy's
    TypeError, is KeyboardInterrupt again.
    """
    signals = Signals()
    try:
        yield
    except TinyTeachError:
        raise
    except Exception as error:
        if signals.interrupted:
            raise KeyboardInterrupt from error
        raise
    finally:
        signals.let_go()
        if signals.came:
            sys.exit(OF_A_SIGNAL + signals.came[0])
