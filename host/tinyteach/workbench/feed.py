"""What a front end shows, in named parts; the last value of each is all that is kept.

A listener that is slow finds the newest value of a part when it comes, never a queue.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tinyteach.progress import Progress

Listener = Callable[[str], None]


class Feed:
    """Parts by name, and who wants to hear that one changed; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._parts: dict[str, Any] = {}
        self._listeners: list[Listener] = []

    def publish(self, part: str, value: object) -> None:
        """Set a part and tell every listener its name."""
        with self._lock:
            self._parts.pop(part, None)
            self._parts[part] = value
            listeners = list(self._listeners)
        for listener in listeners:
            listener(part)

    @contextmanager
    def progress(self, part: str) -> Iterator[Progress]:
        """A callback that publishes how far something is; null when it has ended."""

        def tell(text: str, done: int, total: int) -> None:
            self.publish(part, {"text": text, "done": done, "total": total})

        try:
            yield tell
        finally:
            self.publish(part, None)

    def get(self, part: str) -> Any:
        """The newest value of a part, None before the first."""
        with self._lock:
            return self._parts.get(part)

    def parts(self) -> dict[str, object]:
        """All parts as they are now, in the order in which they changed last."""
        with self._lock:
            return dict(self._parts)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Have ``listener`` told, from whatever thread; returns what ends that."""
        with self._lock:
            self._listeners.append(listener)
        return lambda: self._forget(listener)

    def _forget(self, listener: Listener) -> None:
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)
