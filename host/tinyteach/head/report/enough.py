"""Have I done enough? What more photographs would bring, of which class, and which are odd."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tinyteach.coded import Coded, say
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


def _no_forecast(evaluation: Evaluation) -> Coded | None:
    """Why the accuracy says too little to be carried on, as a clause; None where it does not."""
    if len(evaluation.labels) < 2:
        return say("no-second-class", "there is no second class that one could be taken for")
    if set(evaluation.optimistic) == set(evaluation.labels):
        return say("no-second-recording", "it takes a second recording of each class, elsewhere")
    return None


def _about_more(expected: Sequence[Forecast], evaluation: Evaluation, why_not: Coded | None) -> str:
    if not expected or evaluation.accuracy is None:
        why = why_not or say("too-few", f"it takes at least {FEWEST} of each class", fewest=FEWEST)
        return say(
            "more-unknown", f"What more photographs would bring cannot be told yet: {why}.", why=why
        )
    told = [_forecast(each, is_first=not place) for place, each in enumerate(expected)]
    if expected[-1].accuracy - evaluation.accuracy < HARDLY:
        sentence = f"More photographs of the same kind would hardly help: with {', '.join(told)}."
        return say("more-hardly-helps", sentence, expected=told)
    return say("more-helps", f"With {', '.join(told)}.", expected=told)


def _forecast(each: Forecast, is_first: bool) -> Coded:
    right = f"{each.accuracy:.0%} right ({each.low:.0%} to {each.high:.0%})"
    sentence = (
        f"{each.more} photographs more of each class expect {right}"
        if is_first
        else f"with {each.more} {right}"
    )
    share = {"accuracy": each.accuracy, "low": each.low, "high": each.high}
    return say("forecast" if is_first else "forecast-further", sentence, more=each.more, **share)


def _about_next(found: Next | None) -> list[str]:
    if found is None:
        return []
    was = "was" if found.missed == 1 else "were"
    taken = taken_for(found.rival, found.taken, found.missed)
    values = {"label": found.label, "rival": found.rival, "missed": found.missed}
    values |= {"tested": found.tested, "taken": taken}
    return [
        say(
            "photograph-next",
            f"Photograph {found.label} next, from where it looks like {found.rival}: "
            f"{found.missed} of its {photographs(found.tested)} {was} taken for {taken} "
            f"({found.photo}, beside {found.rival_photo}).",
            **values,
            **{"photo": found.photo, "rival_photo": found.rival_photo},
        )
    ]


def _about_copies(copies: Sequence[Sequence[str]]) -> list[str]:
    count = sum(len(names) - 1 for names in copies)
    if not count:
        return []
    are = "shows the same as another" if count == 1 else "show the same as others"
    return [
        say(
            "copies",
            f"{photographs(count)} {are} and {'teaches' if count == 1 else 'teach'} nothing new "
            f"({example(copies)}): move the thing between two photographs.",
            **{"count": count, "one": copies[0][0], "other": copies[0][1]},
        )
    ]


def _about_doubted(doubted: Sequence[Doubtful]) -> list[str]:
    if not doubted:
        return []
    named = [_doubt(each) for each in doubted[:MAX_NAMED]]
    return [
        say(
            "mislabelled",
            f"Look whether {photographs(len(doubted))} {'is' if len(doubted) == 1 else 'are'} in "
            f"the right class: {'; '.join(named)}{_more(doubted)}.",
            **{"count": len(doubted), "such": named},
        )
    ]


def _doubt(each: Doubtful) -> Coded:
    sentence = f"{each.name} looks like {each.likely}"
    return say("looks-like", sentence, name=each.name, likely=each.likely)


def _about_backgrounds(labels: Sequence[str]) -> list[str]:
    if not labels:
        return []
    it = "it" if len(labels) == 1 else "each"
    return [
        say(
            "one-background",
            f"Record {joined(labels)} before other backgrounds, too: what is behind {it} is alike "
            "in all photographs, and may be all that the head has learnt of it.",
            labels=list(labels),
        )
    ]


def _more(items: Sequence[object]) -> str:
    return f"; and {len(items) - MAX_NAMED} more" if len(items) > MAX_NAMED else ""
