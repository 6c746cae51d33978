"""What the model sees, and what the board and the newest head on this computer make of it."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tinyteach.embedding.runtime import Embedding
from tinyteach.errors import UsageError
from tinyteach.head.format.head_file import Head
from tinyteach.head.format.rejection import STEPS
from tinyteach.service.heads.recognised import Recognised
from tinyteach.service.heads.recognition import Reference, interpret_scores
from tinyteach.service.heads.smoothing import believed
from tinyteach.workbench.smoothing import Judging, Smoothed, SmoothedViews

Cells = list[list[float]]  # rows of them, see service.heads.looking
KEPT_MAX = 200  # views that can still be labelled: 2.4 MB, some ten seconds
RATE_OVER = 12  # views that the frame rate is measured over


@dataclass(frozen=True)
class LookedAt:
    """Where each head looks for its best label; None where that cannot be said."""

    board: Cells | None
    host: Cells | None


@dataclass(frozen=True)
class LiveView:
    """One view: uint8 [M, M, 3], numbered, with what the board and this computer make of it."""

    number: int
    pixels: np.ndarray
    time_s: float = field(default_factory=time.time)
    board: Recognised | None = None
    host: Recognised | None = None
    host_head: str = ""  # fingerprint of the head that gave ``host``
    frames_per_s: float = 0.0
    looks: LookedAt | None = None  # where the heads look, while a page asks
    smoothed: Smoothed | None = None


class PreviewHead:
    """The newest head, run on this computer before it is on a board; thread-safe.

    ``threshold`` (a probability) replaces the head's own while it is not None.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reference: Reference | None = None
        self.threshold: float | None = None

    def use(self, embedding: Embedding, head: Head | None) -> None:
        """Run this head from now on; ``head`` None runs none."""
        with self._lock:
            self._reference = Reference(embedding, head) if head is not None else None

    @property
    def head(self) -> Head | None:
        """The head in use, None where there is none."""
        reference = self._reference
        return reference.head if reference else None

    @property
    def embedding(self) -> Embedding | None:
        """What it was trained for."""
        reference = self._reference
        return reference.embedding if reference else None

    def part(self, tested: bool, lesson: str) -> dict[str, Any]:
        """The part ``preview`` of what a front end shows."""
        head, embedding = self.head, self.embedding
        shown = None
        if head is not None and embedding is not None:
            shown = {
                "fingerprint": head.fingerprint.hex(),
                "labels": list(head.labels),
                "threshold": head.threshold / STEPS,
                "tested": tested,
                "grid": embedding.grid,
            }
        return {"head": shown, "threshold": self.threshold, "lesson": lesson}

    def recognise(self, pixels: np.ndarray) -> tuple[Recognised | None, str]:
        """What the board would say of a view, by which head; None where there is no head."""
        with self._lock:
            reference = self._reference
        if reference is None:
            return None, ""
        result = interpret_scores(reference.head, reference.scores(pixels))
        if self.threshold is not None:
            result = believed(result, self.threshold)
        return result, reference.head.fingerprint.hex()


class ViewLog:
    """The latest views, smoothed by what ``judging()`` says, so that one that was wrong can be
    labelled; thread-safe.
    """

    def __init__(self, judging: Callable[[], Judging]) -> None:
        self._judging, self._smoothed = judging, SmoothedViews()
        self._lock = threading.Lock()
        self._views: deque[LiveView] = deque(maxlen=KEPT_MAX)
        self._times: deque[float] = deque(maxlen=RATE_OVER)
        self._number = 0

    def add(
        self,
        pixels: np.ndarray,
        board: Recognised | None,
        host: Recognised | None,
        host_head: str,
        looks: LookedAt | None = None,
    ) -> LiveView:
        """Number a view and keep it."""
        with self._lock:
            self._number += 1
            self._times.append(time.monotonic())
            smoothed = self._smoothed.add(board, host, host_head, self._judging())
            seen = (time.time(), board, host, host_head, self._rate(), looks, smoothed)
            view = LiveView(self._number, pixels, *seen)
            self._views.append(view)
        return view

    def again(self, see: Callable[[np.ndarray], tuple[Recognised | None, str]]) -> LiveView | None:
        """The newest view as another head on this computer sees it; None where none is of now."""
        with self._lock:
            last = self._views[-1] if self._times else None
            if last is None or last.smoothed is None:
                return None
            host, head = see(last.pixels)
            self._number += 1
            smoothed = self._smoothed.again(last.smoothed, host, head, self._judging())
            looks = LookedAt(last.looks.board, None) if last.looks else None
            view = replace(last, number=self._number, host=host, host_head=head, looks=looks)
            view = replace(view, smoothed=smoothed)
            self._views.append(view)
        return view

    def pause(self) -> None:
        """Nobody looks: the frame rate begins anew."""
        with self._lock:
            self._times.clear()
            self._smoothed.forget()

    def find(self, number: int) -> LiveView:
        """The view of that number; UsageError where it is too old."""
        with self._lock:
            for view in self._views:
                if view.number == number:
                    return view
        raise UsageError("This view is gone by now; press the button while it is shown.")

    def _rate(self) -> float:
        span = self._times[-1] - self._times[0]
        return round((len(self._times) - 1) / span, 1) if span else 0.0
