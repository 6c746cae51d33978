"""SIGTERM and a terminal that closes end a program as Ctrl-C does: what it began is put away."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

NAMES = ("SIGTERM", "SIGHUP")  # Windows has no SIGHUP
OF_A_SIGNAL = 128  # and its number is the exit code, as shells have it


class Signals:
    """These signals while they raise KeyboardInterrupt; ``came`` are the numbers of those sent."""

    def __init__(self) -> None:
        numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
        is_main = threading.current_thread() is threading.main_thread()  # no other may handle them
        self._ours = [n for n in numbers if is_main and signal.getsignal(n) == signal.SIG_DFL]
        self.came: list[int] = []
        self._handle(self._stop)

    def ignore(self) -> None:
        """None disturbs the putting away."""
        self._handle(signal.SIG_IGN)

    def let_go(self) -> None:
        """They end the program again, as they did."""
        self._handle(signal.SIG_DFL)

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

    One that is ignored, as under nohup, stays so.
    """
    signals = Signals()
    try:
        yield
    finally:
        signals.let_go()
        if signals.came:
            sys.exit(OF_A_SIGNAL + signals.came[0])
