"""Have I done enough? What more photographs would bring, of which class, and which are odd."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tinyteach.head.fit.evaluation import Evaluation
from tinyteach.head.fit.learning_curve import FEWEST, Forecast, forecasts
from tinyteach.head.fit.outlook import NextClass, Outlook
from tinyteach.head.report.advice import example, joined, photographs, taken_for

HARDLY = 0.01  # of accuracy: a gain that is none
MAX_NAMED = 3  # photographs in a sentence
NO_NAME = "an example from a board"


@dataclass(frozen=True)
class Doubtful:
    """A photograph that is probably of another class than its own, by its name."""

    name: str
    label: str
    likely: str
    probability: float


@dataclass(frozen=True)
class Next:
    """The class to photograph next, its rival, and the names of a photograph of each."""

    label: str
    rival: str
    missed: int  # of ``tested`` photographs, taken for others
    taken: int  # of those, for the rival
    tested: int
    photo: str
    rival_photo: str


@dataclass(frozen=True)
class Enough:
    """Facts and, in ``sentences``, the same for a person, one sentence each."""

    forecast: Sequence[Forecast] = ()
    next_class: Next | None = None
    copies: Sequence[Sequence[str]] = ()  # names of photographs that show the same
    mislabelled: Sequence[Doubtful] = ()
    one_background: Sequence[str] = ()  # classes whose photographs have the same background
    sentences: Sequence[str] = field(default_factory=list)

    @property
    def asks(self) -> bool:
        """Whether there is something to do."""
        return bool(self.next_class or self.copies or self.mislabelled or self.one_background)

    def as_dict(self) -> dict[str, Any]:
        """As JSON types."""
        return asdict(self)


def enough_of(
    outlook: Outlook,
    evaluation: Evaluation,
    interval: tuple[float, float] | None,
    photos: int,
    names: Sequence[str],
    copies: Sequence[Sequence[str]],
) -> Enough:
    """All that ``outlook`` says, by names; ``photos`` are those of the known classes."""

    def name(index: int) -> str:
        return names[index] if index < len(names) else NO_NAME

    why_not = _no_forecast(evaluation)
    curve = None if why_not else outlook.curve
    expected = forecasts(curve, evaluation, interval, photos) if curve else []
    doubted = [
        Doubtful(name(d.index), d.label, d.likely, d.probability) for d in outlook.mislabelled
    ]
    following = _named(outlook.next_class, name)
    sentences = [
        _about_more(expected, evaluation, why_not),
        *_about_next(following),
        *_about_copies(copies),
        *_about_doubted(doubted),
        *_about_backgrounds(outlook.one_background),
    ]
    return Enough(expected, following, copies, doubted, outlook.one_background, sentences)


def _named(found: NextClass | None, name: Callable[[int], str]) -> Next | None:
    if found is None:
        return None
    shown = name(found.photo), name(found.rival_photo)
    return Next(found.label, found.rival, found.missed, found.taken, found.tested, *shown)


def _no_forecast(evaluation: Evaluation) -> str:
    """Why the accuracy says too little to be carried on, as a clause; empty where it does not."""
    if len(evaluation.labels) < 2:
        return "there is no second class that one could be taken for"
    if set(evaluation.optimistic) == set(evaluation.labels):
        return "it takes a second recording of each class, elsewhere"
    return ""


def _about_more(expected: Sequence[Forecast], evaluation: Evaluation, why_not: str) -> str:
    if not expected or evaluation.accuracy is None:
        why_not = why_not or f"it takes at least {FEWEST} of each class"
        return f"What more photographs would bring cannot be told yet: {why_not}."
    first, *others = (
        f"{each.accuracy:.0%} right ({each.low:.0%} to {each.high:.0%})" for each in expected
    )
    further = [f"with {each.more} {told}" for each, told in zip(expected[1:], others, strict=True)]
    of_each = f"{expected[0].more} photographs more of each class expect {first}"
    told = ", ".join([of_each, *further])
    if expected[-1].accuracy - evaluation.accuracy < HARDLY:
        return f"More photographs of the same kind would hardly help: with {told}."
    return f"With {told}."


def _about_next(found: Next | None) -> list[str]:
    if found is None:
        return []
    was = "was" if found.missed == 1 else "were"
    taken = taken_for(found.rival, found.taken, found.missed)
    return [
        f"Photograph {found.label} next, from where it looks like {found.rival}: {found.missed} "
        f"of its {photographs(found.tested)} {was} taken for {taken} "
        f"({found.photo}, beside {found.rival_photo})."
    ]


def _about_copies(copies: Sequence[Sequence[str]]) -> list[str]:
    count = sum(len(names) - 1 for names in copies)
    if not count:
        return []
    are = "shows the same as another" if count == 1 else "show the same as others"
    return [
        f"{photographs(count)} {are} and {'teaches' if count == 1 else 'teach'} nothing new "
        f"({example(copies)}): move the thing between two photographs."
    ]


def _about_doubted(doubted: Sequence[Doubtful]) -> list[str]:
    if not doubted:
        return []
    named = "; ".join(f"{d.name} looks like {d.likely}" for d in doubted[:MAX_NAMED])
    return [
        f"Look whether {photographs(len(doubted))} {'is' if len(doubted) == 1 else 'are'} in the "
        f"right class: {named}{_more(doubted)}."
    ]


def _about_backgrounds(labels: Sequence[str]) -> list[str]:
    if not labels:
        return []
    it = "it" if len(labels) == 1 else "each"
    return [
        f"Record {joined(labels)} before other backgrounds, too: what is behind {it} is alike in "
        "all photographs, and may be all that the head has learnt of it."
    ]


def _more(items: Sequence[object]) -> str:
    return f"; and {len(items) - MAX_NAMED} more" if len(items) > MAX_NAMED else ""
