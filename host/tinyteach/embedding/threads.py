"""Threads: one for numpy's matrix products, all cores for work on many things."""

import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import lru_cache
from threading import Lock
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def on_all_cores(work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    """What ``work`` makes of each item, in their order, several at a time.

    For work that lets go of Python's lock and has nothing to warn of. Where one fails, or whoever
    takes the results stops, what has not begun is given up.
    """
    pool = ThreadPoolExecutor(max(1, min(os.cpu_count() or 1, len(items))))
    # Whether warnings are shown is the whole process's: what one thread sets back another has set.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield from pool.map(work, items)
        finally:
            pool.shutdown(cancel_futures=True)


class _OneThread:
    """The limit of all who ask for it at once: who is done first lifts it for nobody else."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked = 0
        self._modules = 0
        self._limits: list[Any] = []

    def __enter__(self) -> None:
        with self._lock:
            self._asked += 1
            # With a module that was imported since, a library may have come.
            if not self._limits or len(sys.modules) != self._modules:
                self._modules = len(sys.modules)
                self._limits.append(_loaded(self._modules).limit(limits=1, user_api="blas"))

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._asked -= 1
            while self._limits and not self._asked:
                self._limits.pop().restore_original_limits()


_ONE_THREAD = _OneThread()


def one_blas_thread() -> AbstractContextManager[None]:
    """While active, matrix products run on the calling thread.

    The matrices of few photographs are small: several threads mostly wait for each other (ten
    times slower on a busy machine), and sums would depend on how many there are.
    Affects the libraries loaded when it begins; threadpoolctl comes with scikit-learn.
    """
    return _ONE_THREAD


@lru_cache(maxsize=1)
def _loaded(modules: int) -> Any:
    """The libraries there are; looking for them takes as long as a photograph's features."""
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    return ThreadpoolController()
