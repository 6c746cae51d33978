"""Probabilities smoothed from view to view, as a board does that works alone (SPEC.md, Rules)."""

from dataclasses import replace

from tinyteach.device.at.module_client import ModuleClient
from tinyteach.device.at.module_results import PERCENT
from tinyteach.device.wire.rules import Settings
from tinyteach.head.format.rejection import STEPS, UNKNOWN
from tinyteach.service.boards.rules import read_rules
from tinyteach.service.boards.sessions import Session
from tinyteach.service.heads.recognised import Recognised
from tinyteach.service.heads.recognition import threshold_steps


class Smoother:
    """``weight`` of a new view and ``threshold`` of what is believed, both in 256ths."""

    def __init__(self, weight: int, threshold: int) -> None:
        self._weight, self._threshold = weight, threshold
        self._levels: dict[str, int] = {}

    def add(self, found: Recognised) -> Recognised:
        """Take in a view; what is believed of it and of those before."""
        before = self._levels
        for label, probability in found.probabilities.items():
            target = round(probability * STEPS) << 8
            level = before.get(label, target)
            self._levels[label] = level + ((target - level) * self._weight >> 8)
        steps = {label: self._levels[label] + 128 >> 8 for label in found.probabilities}
        classes = list(found.classes()) or [found.best_label]
        best = max(classes, key=lambda label: steps.get(label, 0))
        enough = max(self._threshold, steps.get(UNKNOWN, 0))
        smoothed = {label: value / STEPS for label, value in steps.items()}
        return replace(
            found,
            label=best if steps.get(best, 0) >= enough else UNKNOWN,
            probability=smoothed.get(best, 0.0),
            best_label=best,
            probabilities=smoothed,
        )


def smoother_of(session: Session, threshold: float | None = None) -> Smoother:
    """One with the board's settings; ``threshold``, a probability, in place of its head's.

    A Grove Vision AI V2 has no settings: it is smoothed as a board is that was told none.
    """
    if isinstance(session, ModuleClient):
        percent = session.info().threshold_percent
        weight, of_head = Settings().weight, percent * STEPS // PERCENT
    else:
        weight, of_head = read_rules(session).settings.weight, session.info().threshold
    return Smoother(weight, of_head if threshold is None else threshold_steps(threshold))
