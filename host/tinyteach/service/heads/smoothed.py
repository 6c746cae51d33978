"""Results smoothed over time in whole numbers, as a board on its own does it (SPEC.md, Rules)."""

from dataclasses import replace

from tinyteach.head.format.rejection import STEPS, UNKNOWN, is_known
from tinyteach.service.heads.recognised import Recognised

WEIGHT = 128  # of a new view in 256ths, unless a board was told another


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
        best = max((name for name in smooth if name != UNKNOWN), key=smooth.__getitem__)
        smoothed = replace(result, probabilities=smooth, best_label=best, probability=smooth[best])
        return believed(smoothed, threshold)
