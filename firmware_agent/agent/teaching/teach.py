"""Teaching on the board: frames of a class are kept on flash, then a head is made of them.

A head carries examples of its classes (SPEC.md, Teaching). The one that is made here has those
of the head at work and the new ones, so it goes on from there, and rolling back undoes it.
Frames wait in a file of their own until LEARN; it names the head that they go on from and is void
as soon as another is at work. Loaded when needed only (seldom.py), not while a head is made.
"""

from agent import board, files, seldom
from agent.refused import Refused
from agent.verbs import preprocess
from tinyteach_protocol import errors, messages

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from typing import Any

    from agent.loop import Agent
    from agent.models import Models

    Class = list[Any]  # its label, then (file, where its examples are, how many), ...

_FRAMES = const("tinyteach/taught")
_OF_A_CLASS = const(32)
_CLASSES = const(63)
_BASE_BYTES = const(32)
# Room that the file system itself wants, as for an upload.
_SPARE_BYTES = const(16384)


def act(agent: "Agent", action: int, label: str, source: int) -> "list[Class] | None":
    """Carry out one action of TEACH; the classes of which a head is to be made (learning.py)."""
    models = agent.models
    models.recogniser.require_embedding()
    if action == messages.TEACH_BEGIN or action == messages.TEACH_AFRESH:
        _begin(models, label, action == messages.TEACH_AFRESH)
    elif action == messages.TEACH_FRAME:
        _record(agent, source)
    elif action == messages.TEACH_LEARN:
        return _learn(models)
    elif action == messages.TEACH_FORGET:
        return _forget(models, label)
    elif action == messages.TEACH_BUTTON:
        _set_button(agent, label)
    elif action != messages.TEACH_LIST:
        raise Refused(errors.BAD_VALUE, "action")
    return None


def state(models: "Models") -> "dict[str, Any]":
    """What TEACH answers: classes with the examples of each, frames that wait, the head."""
    classes = _known(models)
    label, count, _, _ = _waiting(models)
    return {
        "labels": [c[0] for c in classes if c[0]],
        "counts": bytes([_examples_of(c) for c in classes if c[0]]),
        "label": label,
        "waiting": count,
        "size": max(0, files.size_of(_head_path(models))),
        "fingerprint": models.recogniser.head_fingerprint,
    }


# What the head at work knows: a class is [label, (file, where, how many), …], the unknown's ""


def _head_path(models: "Models") -> str:
    active = models.slots.active
    return models.slots.path(active) if active and models.recogniser.head else ""


def _known(models: "Models") -> "list[Class]":
    """The classes of the head at work and where its examples lie, what is unknown last."""
    head = models.recogniser.head
    if head is None:
        return [[""]]
    path = _head_path(models)
    classes = [[label] for label in head.labels] + [[""]]
    at, counts = head.examples or (0, b"")
    for entry, count in zip(classes, counts):  # noqa: B905 - MicroPython's zip has no strict
        entry.append((path, at, count))
        at += count * _vector_bytes(models)
    return classes


def _examples_of(_class: "Class") -> int:
    return sum([part[2] for part in _class[1:]])


def _entry_of(classes: "list[Class]", label: str) -> "Class | None":
    for entry in classes:
        if entry[0] == label:
            return entry
    return None


def _vector_bytes(models: "Models") -> int:
    return len(models.recogniser.output.data)


def _waiting(models: "Models") -> tuple[str, int, int, bool]:
    """Frames recorded and not learnt: of which class, how many, where they lie, if afresh."""
    nothing = "", 0, 0, False
    size = files.size_of(_FRAMES)
    if size <= _BASE_BYTES + 2:
        return nothing
    with open(_FRAMES, "rb") as file:
        start = file.read(_BASE_BYTES + 2)
        if start[:_BASE_BYTES] != _base(models):
            return nothing
        label = str(file.read(start[_BASE_BYTES + 1]), "utf-8")
    at = _BASE_BYTES + 2 + start[_BASE_BYTES + 1]
    return label, (size - at) // _vector_bytes(models), at, bool(start[_BASE_BYTES])


def _base(models: "Models") -> bytes:
    """What frames go on from: the head at work, or where there is none the embedding."""
    recogniser = models.recogniser
    return recogniser.head_fingerprint or recogniser.embedding_fingerprint


# The actions


def _begin(models: "Models", label: str, _afresh: bool) -> None:
    """Make ready for frames of a class; what waited before is dropped."""
    if label == "unknown" or not seldom.call("card", "is_label", label):
        raise Refused(errors.BAD_VALUE, "label")
    classes = [[""]] if _afresh else _known(models)
    _require_examples(classes)
    entry = _entry_of(classes, label)
    if entry and _examples_of(entry) >= _OF_A_CLASS or not entry and len(classes) > _CLASSES:
        raise Refused(errors.BAD_VALUE, "no more fit")
    with open(_FRAMES, "wb") as file:
        file.write(_base(models) + bytes([_afresh, len(label.encode())]) + label.encode())


def _require_examples(classes: "list[Class]") -> None:
    for entry in classes:
        if entry[0] and not _examples_of(entry):
            raise Refused(errors.NO_OBJECT, "the head at work carries no examples")


def _record(agent: "Agent", source: int) -> None:
    """Embed one more frame and keep its features."""
    models = agent.models
    if not _waiting(models)[0]:
        raise Refused(errors.NO_OBJECT, "begin a class first")
    if room(models) <= 0:
        raise Refused(errors.BAD_VALUE, "no more fit")
    _require_room(_vector_bytes(models))
    preprocess(agent, source)
    models.recogniser.embed()
    with open(_FRAMES, "ab") as file:
        file.write(models.recogniser.features)


def room(models: "Models") -> int:
    """How many more frames of the class begun fit."""
    label, count, _, afresh = _waiting(models)
    entry = None if afresh else _entry_of(_known(models), label)
    return _OF_A_CLASS - count - (_examples_of(entry) if entry else 0)


def _require_room(size: int) -> None:
    free, _ = files.free_bytes()
    if size + _SPARE_BYTES > free:
        raise Refused(errors.NO_SPACE, "%d bytes free" % free)


def _learn(models: "Models") -> "list[Class]":
    """The classes of the head at work and what waits. It is void once another head is at work."""
    label, count, at, afresh = _waiting(models)
    if not count:
        raise Refused(errors.NO_OBJECT, "no frame waits")
    classes = [[""]] if afresh else _known(models)
    entry = _entry_of(classes, label)
    if entry is None:
        entry = [label]
        classes.insert(len(classes) - 1, entry)
    entry.append((_FRAMES, at, count))
    return _fitting(models, classes)


def _forget(models: "Models", label: str) -> "list[Class]":
    """The classes of the head at work without one."""
    classes = _known(models)
    entry = _entry_of(classes, label)
    if not label or entry is None or len(classes) < 3:
        raise Refused(errors.BAD_VALUE, "label")
    _require_examples(classes)
    classes.remove(entry)
    return _fitting(models, classes)


def _fitting(models: "Models", classes: "list[Class]") -> "list[Class]":
    """``classes`` if a head of theirs fits on the flash."""
    _require_room(sum([_examples_of(e) + 1 for e in classes]) * _vector_bytes(models))
    return classes


def _set_button(agent: "Agent", text: str) -> None:
    """Let a button teach without a host, or none: ``text`` is "PIN LEVEL" and a class a line."""
    before = files.read_whole(board.BUTTON) if files.size_of(board.BUTTON) >= 0 else b""
    first, *names = text.split("\n")
    files.replace_text(board.BUTTON, "\n".join([first + " 0"] + names) if text else "")
    agent.button = board.button()
    if text and agent.button is None:
        files.replace_text(board.BUTTON, before.decode())
        agent.button = board.button()
        raise Refused(errors.BAD_VALUE, "pin")
