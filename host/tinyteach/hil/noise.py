"""Whether what was measured has changed by more than its own noise.

Rounds of a run resemble each other more than rounds of two runs: between those the computer's
load, a board's warmth and where its memory lies have changed. Both noises are measured and added.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

DRAWS = 1000
SEED = 19
CONFIDENCE = 0.95
# Below that many runs nothing is known of how they differ from each other.
RUNS_MIN = 3

Rounds = Sequence[float]  # of one run: one number a round


@dataclass(frozen=True)
class LevelChange:
    """From ``old`` to ``new``; with CONFIDENCE the change is from ``low`` to ``high``.

    ``chance`` is how often noise alone makes it so much worse.
    """

    old: float
    new: float
    low: float
    high: float
    chance: float

    @property
    def relative(self) -> float:
        """The change as a fraction of the old value; 0 where that is 0."""
        return (self.new - self.old) / abs(self.old) if self.old else 0.0


def level(rounds: Rounds) -> float:
    """What a run is said to have reached: one odd round does not move it."""
    return float(np.median(rounds))


def change_of(
    before: Sequence[Rounds], now: Rounds, more_is_worse: bool, resolution: float = 0.0
) -> LevelChange:
    """Between earlier runs and one, each with its rounds.

    ``resolution`` is the step in which it is measured, which no number of rounds makes finer.
    """
    old, new = float(np.mean([level(each) for each in before])), level(now)
    error, freedom = _error(before, now, resolution)
    reach = _quantile(CONFIDENCE, freedom) * error
    worse = new - old if more_is_worse else old - new
    return LevelChange(
        old, new, new - old - reach, new - old + reach, _chance(worse, error, freedom)
    )


def _error(before: Sequence[Rounds], now: Rounds, resolution: float) -> tuple[float, float]:
    """Standard error of the difference of the levels, and its degrees of freedom."""
    rng, count = np.random.default_rng(SEED), len(before)
    variances = [_level_variance(each, rng) for each in (now, *before)]
    usual = float(np.median(variances))  # which a run with odd rounds does not raise for all
    between = (1 + 1 / count) * _between(before, usual)
    steps = np.array([max(variances[0], usual) + usual / count, between])
    total = float(steps.sum()) + 2 * resolution**2 / 12
    freedoms = sum(len(each) - 1 for each in (now, *before)), count - 1
    # Welch and Satterthwaite's, for a sum of variances that are known so well each.
    spread = sum(s**2 / f for s, f in zip(steps, freedoms, strict=True) if f)
    return math.sqrt(total), total**2 / spread if spread else max(freedoms[0], 1)


def _level_variance(rounds: Rounds, rng: np.random.Generator) -> float:
    """By the bootstrap: of the level of as many rounds drawn from these."""
    drawn = rng.choice(np.asarray(rounds, float), (DRAWS, len(rounds)))
    return float(np.median(drawn, axis=1).var())


def _between(before: Sequence[Rounds], of_rounds: float) -> float:
    """How the levels of runs vary beyond what their rounds explain."""
    if len(before) < RUNS_MIN:
        return 0.0
    return max(float(np.var([level(each) for each in before], ddof=1)) - of_rounds, 0.0)


def _quantile(confidence: float, freedom: float) -> float:
    from scipy import stats

    return float(stats.t.ppf((1 + confidence) / 2, freedom))


def _chance(worse: float, error: float, freedom: float) -> float:
    from scipy import stats

    if error == 0:  # always the same, so that any change is one
        return 0.0 if worse > 0 else 1.0
    return float(stats.t.sf(worse / error, freedom))


def change_of_pairs(before: Sequence[bool], now: Sequence[bool]) -> LevelChange:
    """Of the share of photographs that are right, each tested in both runs.

    Only those count that are right once and wrong once: by chance each half as often
    (McNemar, 1947; exact). The interval is the bootstrap's over the photographs.
    """
    from scipy import stats

    old, new = np.asarray(before, bool), np.asarray(now, bool)
    lost, won = int((old & ~new).sum()), int((new & ~old).sum())
    chance = float(stats.binom.sf(lost - 1, lost + won, 0.5)) if lost else 1.0
    low, high = _paired_interval(new.astype(float) - old)
    return LevelChange(float(old.mean()), float(new.mean()), low, high, chance)


def _paired_interval(differences: np.ndarray) -> tuple[float, float]:
    rng = np.random.default_rng(SEED)
    drawn = rng.choice(differences, (DRAWS, len(differences))).mean(axis=1)
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def beyond_noise(chances: Sequence[float], chance: float) -> list[bool]:
    """Which are no noise. Where all are, one is found by a ``chance`` of that (Holm, 1979)."""
    order = sorted(range(len(chances)), key=lambda n: chances[n])
    found = [False] * len(chances)
    for rank, number in enumerate(order):
        if chances[number] > chance / (len(chances) - rank):
            break
        found[number] = True
    return found
