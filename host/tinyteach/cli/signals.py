"""SIGTERM and a terminal that closes end a command as Ctrl-C does: what it began is put away."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

NAMES = ("SIGTERM", "SIGHUP")  # Windows has no SIGHUP
OF_A_SIGNAL = 128  # and its number is the exit code, as shells have it


@contextmanager
def ending_in_order() -> Iterator[None]:
    """Turn these signals into KeyboardInterrupt, once; then exit with the signal's code.

    One that is ignored, as under nohup, stays so.
    """
    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    is_main = threading.current_thread() is threading.main_thread()  # no other may handle them
    ours = [n for n in numbers if is_main and signal.getsignal(n) == signal.SIG_DFL]
    came: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        came.append(number)
        for each in ours:  # none disturbs the putting away
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    for each in ours:
        signal.signal(each, stop)
    try:
        yield
    finally:
        for each in ours:
            signal.signal(each, signal.SIG_DFL)
        if came:
            sys.exit(OF_A_SIGNAL + came[0])
