"""Keeps LiteRT's own words off the terminal."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

STDERR = 2
_LOCK = Lock()  # two at once would put back what the other one put there


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Drop what is written to standard error below Python.

    LiteRT announces its XNNPACK delegate there, and says there what it then raises too;
    it has no setting for it.
    """
    with _LOCK:
        kept = os.dup(STDERR)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, STDERR)
            yield
        finally:
            os.dup2(kept, STDERR)
            os.close(kept)
            os.close(nowhere)
