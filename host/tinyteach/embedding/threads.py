"""How many threads numpy's matrix products use here: one."""

from contextlib import AbstractContextManager


def one_blas_thread() -> AbstractContextManager[object]:
    """While active, matrix products run on the calling thread.

    The matrices of few photographs are small: several threads mostly wait for each other (ten
    times slower on a busy machine), and sums would depend on how many there are.
    Affects the libraries loaded when it begins; threadpoolctl comes with scikit-learn.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    limits: AbstractContextManager[object] = threadpool_limits(1, "blas")
    return limits
