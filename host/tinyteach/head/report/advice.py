"""What would help next, in plain sentences drawn from the evaluation."""

from collections.abc import Sequence

from tinyteach.coded import say
from tinyteach.head.fit.evaluation import ClassResult, Evaluation

FEW_PHOTOS = 10
ENOUGH_PHOTOS = 20
IMBALANCE = 4  # times as many photographs as the smallest class
LOW = 0.8  # recall or precision below which a class needs attention
MAX_MISTAKEN = 4
MAX_SENTENCES = 6

ALL_WELL = say(
    "all-well",
    "Nothing stands out: deploy the head and try it in places that it has not seen.",
)


def advise(
    evaluation: Evaluation,
    photo_counts: Sequence[int],
    in_several_classes: Sequence[Sequence[str]] = (),
    said_of: str = "",
) -> list[str]:
    """Sentences, the most useful first, or none; ``photo_counts`` are photographs per class.

    ``in_several_classes`` are names of the same photograph in different classes. What
    ``said_of``, a class, is taken for is said elsewhere.
    """
    counts = dict(zip(evaluation.labels, photo_counts, strict=True))
    sentences = [
        *_in_several(in_several_classes),
        *_too_few(counts),
        *(_mistaken(evaluation, said_of) or _magnets(evaluation)),
        *_one_recording(evaluation, counts),
        *_imbalance(counts),
    ]
    return sentences[:MAX_SENTENCES]


def photographs(count: int) -> str:
    """'1 photograph', '7 photographs'."""
    return f"{count} photograph{'' if count == 1 else 's'}"


def _in_several(copies: Sequence[Sequence[str]]) -> list[str]:
    if not copies:
        return []
    are = "1 is" if len(copies) == 1 else f"{len(copies)} are"
    named = example([_of_two_classes(copies[0]), *copies[1:]])
    sentence = f"Keep each photograph in one class only: {are} in several ({named})."
    one, other = _of_two_classes(copies[0])[:2]
    return [say("in-several-classes", sentence, count=len(copies), one=one, other=other)]


def _of_two_classes(names: Sequence[str]) -> list[str]:
    """The names, ``class/file``, with one of another class behind the first."""
    own = names[0].split("/")[0]
    return [names[0], *sorted(names[1:], key=lambda name: name.split("/")[0] == own)]


def example(copies: Sequence[Sequence[str]]) -> str:
    """Two photographs that show the same, by name, and where the others are listed."""
    one, other, *more = copies[0]
    if not more and len(copies) == 1:
        return f"{one} and {other}"
    return f"such as {one} and {other}; 'tinyteach report --json' lists them"


def _too_few(counts: dict[str, int]) -> list[str]:
    few = {label: count for label, count in counts.items() if count < FEW_PHOTOS}
    if not few:
        return []
    if len(few) > 3:
        return [
            say(
                "few-photographs-each",
                f"Record more of {joined(list(few))}: each has fewer than {FEW_PHOTOS} "
                f"photographs, and with {ENOUGH_PHOTOS} or more a head becomes much steadier.",
                **{"labels": list(few), "few": FEW_PHOTOS, "enough": ENOUGH_PHOTOS},
            )
        ]
    return [
        say(
            "few-photographs",
            f"Record more of {label}: it has only {photographs(count)}, "
            f"and with {ENOUGH_PHOTOS} or more a head becomes much steadier.",
            **{"label": label, "count": count, "enough": ENOUGH_PHOTOS},
        )
        for label, count in sorted(few.items(), key=lambda item: item[1])
    ]


def _mistaken(evaluation: Evaluation, said_of: str) -> list[str]:
    """Classes that are often taken for one other, the worst first."""
    weak = [c for c in evaluation.classes if _low(c.recall) and c.support > 1]
    weak = [c for c in weak if c.label != said_of]
    weak.sort(key=lambda c: c.recall or 0.0)
    return [_mistaken_for(evaluation, c) for c in weak[:MAX_MISTAKEN]]


def _mistaken_for(evaluation: Evaluation, result: ClassResult) -> str:
    index = evaluation.labels.index(result.label)
    row = evaluation.confusion[index].copy()
    row[index] = 0
    missed, other = int(row.sum()), evaluation.labels[int(row.argmax())]
    was = "was" if missed == 1 else "were"
    taken = taken_for(other, int(row.max()), missed)
    return say(
        "often-mistaken",
        f"Record more of {result.label}, in other light and from other sides: {missed} of its "
        f"{photographs(result.support)} {was} taken for {taken}.",
        **{"label": result.label, "missed": missed, "tested": result.support, "rival": taken},
    )


def taken_for(rival: str, taken: int, missed: int) -> str:
    """What ``missed`` photographs were taken for, ``taken`` of them for the rival."""
    if taken == missed:
        return say("one-class", rival, rival=rival)
    if taken == 1:
        return say("something-else-such", f"something else, such as {rival}", rival=rival)
    sentence = f"something else, most often {rival} ({taken})"
    return say("something-else", sentence, rival=rival, taken=taken)


def _one_recording(evaluation: Evaluation, counts: dict[str, int]) -> list[str]:
    labels = [label for label in evaluation.optimistic if counts[label] > 1]
    if not labels:
        return []
    photos, their = ("photographs", "its") if len(labels) == 1 else ("photographs of each", "the")
    return [
        say(
            "one-recording",
            f"Record {joined(labels)} once more, elsewhere: {their} {photos} come from one "
            "recording, so the accuracy shown is probably too high.",
            labels=labels,
        )
    ]


def _imbalance(counts: dict[str, int]) -> list[str]:
    small = min(counts, key=lambda label: counts[label])
    large = max(counts, key=lambda label: counts[label])
    if counts[small] < FEW_PHOTOS or counts[large] < IMBALANCE * counts[small]:
        return []
    return [
        say(
            "imbalance",
            f"Record more of {small}: it has {photographs(counts[small])} "
            f"and {large} has {counts[large]}.",
            **{"small": small, "few": counts[small], "large": large, "many": counts[large]},
        )
    ]


def _magnets(evaluation: Evaluation) -> list[str]:
    """Classes that others are taken for, though their own photographs are recognised."""
    return [
        say(
            "seen-too-often",
            f"{result.label} is seen too often: only {result.precision:.0%} of what was taken for "
            "it is; record more of the others, with the same background.",
            **{"label": result.label, "precision": result.precision or 0.0},
        )
        for result in evaluation.classes
        if _low(result.precision) and not _low(result.recall)
    ]


def _low(value: float | None) -> bool:
    return value is not None and value < LOW


def joined(labels: Sequence[str]) -> str:
    """'a, b and c'; of many the first four."""
    if len(labels) > 5:
        return f"{', '.join(labels[:4])} and {len(labels) - 4} others"
    if len(labels) < 2:
        return "".join(labels)
    return f"{', '.join(labels[:-1])} and {labels[-1]}"
