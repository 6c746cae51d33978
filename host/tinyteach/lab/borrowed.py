"""What this process has borrowed from a lab, by the word that named it: one board for all users."""

import atexit
import threading
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass

from tinyteach.lab.borrowing import borrow, give_back, wait_seconds
from tinyteach.lab.lease import Lease
from tinyteach.lab.places import PREFIX


@dataclass
class _Lent:
    lease: Lease
    users: int


_lent: dict[str, _Lent] = {}
_lock = threading.RLock()


@contextmanager
def lent(board: str) -> Iterator[str]:
    """The URL of ``lab:…``, borrowed for as long as anybody in this process uses it."""
    with _lock:
        if board not in _lent:
            _lent[board] = _Lent(borrow(board.removeprefix(PREFIX), wait_seconds()), 0)
        here = _lent[board]
        here.users += 1
    try:
        here.lease.check()
        yield here.lease.url
        here.lease.check()
    finally:
        with _lock:
            here.users -= 1
            if not here.users:
                _lent.pop(board, None)
                give_back(here.lease)


def lent_until_exit(board: str) -> str:
    """The same for who does not say when it ends; given back when this process ends.

    Or at the end of `given_back.all_given_back`.
    """
    with _lock:
        if board not in _lent:
            _lent[board] = _Lent(borrow(board.removeprefix(PREFIX), wait_seconds()), 1)
            atexit.register(give_all_back)
        _lent[board].lease.check()
        return _lent[board].lease.url


def held() -> frozenset[str]:
    """The words for which something is borrowed now."""
    return frozenset(_lent)


def give_all_back(besides: Set[str] = frozenset()) -> None:
    """What is borrowed, but for these words."""
    with _lock:
        for board in _lent.keys() - besides:
            give_back(_lent.pop(board).lease)
