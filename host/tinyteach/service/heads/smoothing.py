"""Results smoothed over time in whole numbers, as a board on its own does it (SPEC.md, Rules)."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from tinyteach.device.at.module_client import ModuleClient
from tinyteach.device.at.module_results import PERCENT
from tinyteach.device.wire.rules import Settings
from tinyteach.head.format.rejection import STEPS, UNKNOWN, is_known
from tinyteach.service.boards.rules import read_rules
from tinyteach.service.boards.sessions import Session
from tinyteach.service.heads.recognised import Recognised
from tinyteach.service.heads.recognition import threshold_steps

WEIGHT = Settings().weight  # of a new view in 256ths, unless a board was told another


def believed(result: Recognised, threshold: float) -> Recognised:
    """The same with another threshold: below it the best label is unknown."""
    known = is_known(result.probability, result.probabilities.get(UNKNOWN, 0), threshold)
    return replace(result, label=result.best_label if known else UNKNOWN)


class Smoother:
    """``weight`` of a new view in 256ths, 1 to 256, which smooths nothing."""

    def __init__(self, weight: int = WEIGHT) -> None:
        self.weight = weight
        self._levels: dict[str, int] = {}  # 16 bits each

    def add(self, result: Recognised, threshold: float) -> Recognised:
        """The smoothed result, of this view and those before; other classes begin anew."""
        targets = {name: round(p * STEPS) << 8 for name, p in result.probabilities.items()}
        if self._levels.keys() != targets.keys():
            self._levels = targets
        for name, target in targets.items():
            level = self._levels[name]
            self._levels[name] = level + ((target - level) * self.weight >> 8)
        smooth = {name: ((level + 128) >> 8) / STEPS for name, level in self._levels.items()}
        classes = [name for name in smooth if name != UNKNOWN] or [result.best_label]
        best = max(classes, key=lambda name: smooth.get(name, 0.0))
        probability = smooth.get(best, 0.0)
        smoothed = replace(result, probabilities=smooth, best_label=best, probability=probability)
        return believed(smoothed, threshold)


def smoothing_of(
    session: Session, threshold: float | None = None
) -> Callable[[Recognised], Recognised]:
    """Smooths one view after another with the board's settings.

    ``threshold``, a probability, stands in place of its head's. A Grove Vision AI V2 has no
    settings: it is smoothed as a board is that was told none.
    """
    if isinstance(session, ModuleClient):
        weight, of_head = WEIGHT, session.info().threshold_percent / PERCENT
    else:
        weight, of_head = read_rules(session).settings.weight, session.info().threshold / STEPS
    if threshold is not None:
        of_head = threshold_steps(threshold) / STEPS
    return partial(Smoother(weight).add, threshold=of_head)
