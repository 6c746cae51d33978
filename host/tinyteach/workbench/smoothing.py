"""Live results smoothed as a board on its own does it, for each head that looks."""

from dataclasses import dataclass

from tinyteach.service.heads.recognised import Recognised
from tinyteach.service.heads.smoothing import WEIGHT, Smoother


@dataclass(frozen=True)
class Judging:
    """What is believed: each head's threshold, a probability, and a new view's weight (256ths)."""

    board: float = 0.0
    host: float = 0.0
    weight: int = WEIGHT


@dataclass(frozen=True)
class Smoothed:
    """The results of a view and of those before; None where a head gave none."""

    board: Recognised | None
    host: Recognised | None


class SmoothedViews:
    """One smoother a head; another head, or another weight, begins anew."""

    def __init__(self) -> None:
        self._smoothers: dict[str, tuple[str, Smoother]] = {}

    def forget(self) -> None:
        """What comes has nothing to do with what was seen."""
        self._smoothers.clear()

    def add(
        self, board: Recognised | None, host: Recognised | None, head: str, judging: Judging
    ) -> Smoothed:
        """The next view's; ``head`` is the fingerprint of the one that gave ``host``."""
        return Smoothed(
            self._one("board", "", board, judging.board, judging.weight),
            self._one("host", head, host, judging.host, judging.weight),
        )

    def again(
        self, before: Smoothed, host: Recognised | None, head: str, judging: Judging
    ) -> Smoothed:
        """The same view's as ``before``, of which another head on this computer gave ``host``."""
        return Smoothed(before.board, self._one("host", head, host, judging.host, judging.weight))

    def _one(
        self, who: str, head: str, result: Recognised | None, threshold: float, weight: int
    ) -> Recognised | None:
        if result is None:
            self._smoothers.pop(who, None)
            return None
        before = self._smoothers.get(who)
        if before is None or before[0] != head or before[1].weight != weight:
            before = self._smoothers[who] = head, Smoother(weight)
        return before[1].add(result, threshold)
