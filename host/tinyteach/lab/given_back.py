"""What a command borrowed of a lab is given back; light, since every command does this."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

BORROWED = "tinyteach.lab.borrowed"  # takes time to import; without it nothing is borrowed


@contextmanager
def all_given_back() -> Iterator[None]:
    """What is borrowed within is given back at the end."""
    borrowed = sys.modules.get(BORROWED)
    before = borrowed.held() if borrowed else frozenset()
    try:
        yield
    finally:
        borrowed = sys.modules.get(BORROWED)
        if borrowed is not None:
            borrowed.give_all_back(before)
