"""What is held open until it is closed."""

from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self


class Opened:
    """A context manager, and the same by `close`."""

    _opened: AbstractContextManager[Any]

    def close(self) -> None:
        """Let go of it, as at the end of a ``with``."""
        self._opened.__exit__(None, None, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._opened.__exit__(kind, error, trace)
