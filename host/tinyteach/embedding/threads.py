"""How many threads numpy's matrix products use here: one."""

import sys
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any


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
