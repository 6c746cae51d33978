"""Threads: one for numpy's matrix products, all cores for work on many things."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def on_all_cores(work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    """What ``work`` makes of each item, in their order, several at a time.

    For work that lets go of Python's lock. Where a result is an error, or whoever takes them stops,
    what has not begun is given up.
    """
    pool = ThreadPoolExecutor(max(1, min(os.cpu_count() or 1, len(items))))
    try:
        yield from pool.map(work, items)
    finally:
        pool.shutdown(cancel_futures=True)


def one_blas_thread() -> AbstractContextManager[object]:
    """While active, matrix products run on the calling thread.

    The matrices of few photographs are small: several threads mostly wait for each other (ten
    times slower on a busy machine), and sums would depend on how many there are.
    Affects the libraries loaded when it begins; threadpoolctl comes with scikit-learn.
    """
    limits: AbstractContextManager[object] = _loaded(len(sys.modules)).limit(
        limits=1, user_api="blas"
    )
    return limits


@lru_cache(maxsize=1)
def _loaded(modules: int) -> Any:
    """The libraries there are; looking for them takes as long as a photograph's features.

    Looked for again where more modules are imported, with which a library may have come.
    """
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    return ThreadpoolController()
