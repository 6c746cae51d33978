"""What of a run is compared with others: each quantity by a key, with a number a round."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tinyteach.data.names import UNKNOWN
from tinyteach.hil.results import Measurement, Sighting

# One long measurement is taken for so many rounds, in its order.
ROUNDS, SAMPLES_MIN = 8, 40
BETTER_IS_MORE = {"KB/s"}
# The steps in which boards count.
RESOLUTIONS = {"ms": 1e-3, "bytes": 16.0}
SEPARATOR = " | "
# Tags of times that say nothing of what else the computer did.
PROCESSOR_TIME = {"clock": "processor"}
TIMES = {"ms", "µs", "s", "KB/s"}


@dataclass(frozen=True)
class Quantity:
    """``key`` is the same in another run; ``rounds`` has one number each."""

    key: str
    title: str
    unit: str
    rounds: tuple[float, ...]
    stage: str = ""
    is_processor_time: bool = False

    @property
    def is_time(self) -> bool:
        return self.unit in TIMES

    @property
    def more_is_worse(self) -> bool:
        return self.unit not in BETTER_IS_MORE

    @property
    def resolution(self) -> float:
        return RESOLUTIONS.get(self.unit, 0.0)


def quantities(measured: Iterable[Measurement], board_word: str = "") -> list[Quantity]:
    """Those with a unit, in the order in which they were first measured.

    The same name and tags measured again in a test is a round more.
    """
    found: dict[tuple[object, ...], list[Measurement]] = {}
    for each in measured:
        if each.unit:
            found.setdefault((each.test, each.board, *each.key), []).append(each)
    return [quantity for own in found.values() for quantity in _of(own, board_word)]


def _of(own: Sequence[Measurement], board_word: str) -> list[Quantity]:
    rounds = _rounds([each.samples for each in own])
    percents = [50, 95] if min(map(len, rounds)) > 1 else [50]
    first = own[0]
    tags = [f"{name}={value}" for name, value in sorted(first.tags.items())]
    base = SEPARATOR.join([plain_test(first.test, board_word), first.name, *tags])
    return [
        Quantity(
            SEPARATOR.join([base, f"p{percent}"]),
            f"{first.title} p{percent}" if len(percents) > 1 else first.title,
            first.unit,
            tuple(_percentile(samples, percent) for samples in rounds),
            first.tags.get("stage", ""),
            first.tags.items() >= PROCESSOR_TIME.items(),
        )
        for percent in percents
    ]


def _rounds(measured: Sequence[Sequence[float]]) -> list[Sequence[float]]:
    """As they were measured; one alone in ROUNDS parts, or each of its samples as a round."""
    if len(measured) > 1:
        return list(measured)
    (samples,) = measured
    if len(samples) < SAMPLES_MIN:
        return [[sample] for sample in samples]
    ends = [len(samples) * number // ROUNDS for number in range(ROUNDS + 1)]
    return [samples[start:end] for start, end in zip(ends, ends[1:], strict=False)]


def _percentile(samples: Sequence[float], percent: float) -> float:
    import numpy as np

    return float(np.percentile(samples, percent))


def plain_test(test: str, board_word: str) -> str:
    """The name of a test without the board that it ran on."""
    name, _, parameters = test.partition("[")
    kept = [p for p in parameters.removesuffix("]").split("-") if p and p != board_word]
    if board_word and parameters.removesuffix("]") == board_word:  # which may hold a dash
        kept = []
    return f"{name}[{'-'.join(kept)}]" if kept else name


# Photographs


def photographs(seen: Iterable[Sighting], board_word: str = "") -> dict[str, dict[str, bool]]:
    """By test, then by class and name, whether each was recognised.

    Photographs without a name, or of the same one, are told apart by their order.
    """
    found: dict[str, dict[str, bool]] = {}
    times: Counter[tuple[str, str, str]] = Counter()
    for each in seen:
        test = plain_test(each.test, board_word)
        times[test, each.truth, each.picture] += 1
        number = times[test, each.truth, each.picture]
        name = each.picture if each.picture and number == 1 else f"{each.picture}#{number}"
        found.setdefault(test, {})[SEPARATOR.join([each.truth, name])] = each.right
    return found


def class_of(photograph: str) -> str:
    """From what `photographs` calls one."""
    return photograph.partition(SEPARATOR)[0]


def from_sightings(seen: Iterable[Sighting]) -> list[Measurement]:
    """Accuracy by class, and how often anything else was taken for one of them."""
    right: dict[str, list[float]] = {}
    for each in seen:
        right.setdefault(each.truth, []).append(float(each.right))
    found = [Measurement("accuracy", tuple(of), tags={"class": name}) for name, of in right.items()]
    if UNKNOWN in right:
        found.append(Measurement("false_accepts", tuple(1 - each for each in right[UNKNOWN])))
    return found


def shares(known: Mapping[str, bool]) -> dict[str, list[str]]:
    """The groups of photographs that are compared: all, and each class."""
    groups: dict[str, list[str]] = {"accuracy": list(known)}
    for name in known:
        groups.setdefault(f"accuracy {class_of(name)}", []).append(name)
    return groups if len(groups) > 2 else {"accuracy": list(known)}
