"""Whether a head can be made of classes; light, so that a refusal comes before any work."""

from collections.abc import Sequence

from tinyteach.errors import TrainingError
from tinyteach.head.format.limits import MAX_CLASSES, MAX_LABEL_BYTES, UNKNOWN


def check_classes(labels: Sequence[str], classes: Sequence[str] | None) -> tuple[str, ...]:
    """The classes in order; TrainingError where they cannot be told apart or stored."""
    names = tuple(sorted(set(labels))) if classes is None else tuple(classes)
    if len(set(names)) < 2:
        raise TrainingError(
            f"A head tells classes apart and needs at least two; there is {_listed(names)}; "
            "add another class and photographs of it."
        )
    if len(set(names) - {UNKNOWN}) >= MAX_CLASSES:
        raise TrainingError(
            f"A head holds at most {MAX_CLASSES - 1} classes and there are {len(names)}; "
            "remove or merge some."
        )
    for name in names:
        _check_label(name)
    empty = [name for name in names if name not in set(labels)]
    if empty:
        raise TrainingError(
            f"There are no photographs of {_listed(empty)}; record some, or remove the class."
        )
    unknown = set(labels) - set(names)
    if unknown or len(set(names)) < len(names):
        raise ValueError(f"labels outside classes: {unknown}, or a class given twice: {names}")
    return names


def _check_label(name: str) -> None:
    """What a head file can hold; which names classes may have says data/names.py."""
    text = name.encode(errors="replace")
    whole = name.splitlines() == [name] and "\0" not in name and text.decode() == name
    if not (whole and 1 <= len(text) <= MAX_LABEL_BYTES):
        raise TrainingError(
            f"The board cannot store the class name {name!r}; rename the class to 1 to "
            f"{MAX_LABEL_BYTES} bytes of printable text on one line."
        )


def _listed(names: Sequence[str]) -> str:
    return " and ".join(f"{name!r}" for name in names) if names else "none"
