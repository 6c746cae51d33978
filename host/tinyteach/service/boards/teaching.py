"""Teaching on the board itself: frames in, a head out, with nothing computed here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tinyteach.board_facts import facts_of
from tinyteach.data.names import same_name
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import BoardRefusedError, LinkError, UsageError
from tinyteach.plain_text import plain
from tinyteach.progress import Progress
from tinyteach.results import JsonResult, Lines, Sentence, Table
from tinyteach.service.boards.aftermath import surely, tell
from tinyteach.service.words.teaching import (
    NO_BUTTON,
    OWN_BUTTON,
    button_classes,
    parse_button,
    taught_name,
)
from tinyteach_protocol import errors, messages
from tinyteach_protocol.messages import Message

NOT_LEARNT = "The board knows what it knew before; run the command again."
NOT_KNOWN = "What the board knows now is not certain; 'tinyteach teach --list' says it."
BUTTON_NOT_KNOWN = "Whether the button was set is not known; run the command again."
OF_A_CLASS = 32  # examples that a board keeps of one
# What a head from before examples is worth to a board that is to go on from it.
NO_EXAMPLES = (
    "The head on the board carries no examples of its classes, because an earlier TinyTeach made "
    "it; train and deploy it again, or start afresh with --afresh, which forgets its classes."
)


@dataclass(frozen=True)
class Held(JsonResult):
    """The classes that a board knows, with the examples that it keeps of each."""

    examples: dict[str, int]
    fingerprint: str  # of the head at work, hex digits; empty without
    head_bytes: int

    def lines(self) -> Lines:
        """For a person."""
        if not self.examples:
            return ["The board knows nothing yet; 'tinyteach teach CLASS' teaches it."]
        rows = [(n, count, str(max(0, OF_A_CLASS - count))) for n, count in self.examples.items()]
        return [Table(("class", "examples", "more fit"), rows)]


@dataclass(frozen=True)
class Taught(Sentence):
    """What a board learnt: ``frames`` of ``class_name``, now ``examples`` of it and all classes.

    ``interrupted`` where Ctrl-C ended the recording; what came before was learnt.
    """

    class_name: str
    frames: int
    examples: int
    labels: list[str]
    fingerprint: str
    interrupted: bool

    def sentence(self) -> str:
        if not self.frames:
            return f"Recorded nothing of {self.class_name}; the board knows what it knew."
        frames = "1 frame" if self.frames == 1 else f"{self.frames} frames"
        return (
            f"The board learnt {self.class_name} from {frames} ({self.examples} in all) and "
            f"recognises {', '.join(self.labels)} now. 'tinyteach rollback' undoes it."
        )


@dataclass(frozen=True)
class Forgotten(Sentence):
    """A class that a board no longer knows."""

    class_name: str
    labels: list[str]
    fingerprint: str

    def sentence(self) -> str:
        return (
            f"The board forgot {self.class_name} and recognises {', '.join(self.labels)} now. "
            "'tinyteach rollback' undoes it."
        )


def held_by(client: BoardClient) -> Held:
    """Ask a board what it knows."""
    return _held(client.teach(messages.TEACH_LIST))


def _held(answer: Message) -> Held:
    examples = dict(zip(answer.labels, answer.counts, strict=True))
    return Held(examples, answer.fingerprint.hex(), answer.size)


def teach(
    client: BoardClient,
    class_name: str,
    count: int,
    afresh: bool,
    progress: Progress,
    squares: Sequence[np.ndarray] = (),
) -> Taught:
    """Have the board learn ``count`` frames of its camera, or ``squares`` that are sent to it.

    Those are photographs, uint8 [N, N, 3], ``count`` of them. Ctrl-C ends the recording, and what
    was recorded by then is learnt. ``progress`` is called after each frame and may ask the board
    for views, or wait.
    """
    before = held_by(client)
    examples = {} if afresh else before.examples
    class_name = taught_name(class_name, examples)
    _check_room(examples, class_name, count)
    frames, interrupted = 0, False
    try:
        client.teach(messages.TEACH_AFRESH if afresh else messages.TEACH_BEGIN, class_name)
        for number in range(count):
            _record(client, squares[number] if squares else None)
            frames = number + 1
            progress(f"Showing {class_name}", frames, count)
    except KeyboardInterrupt:
        interrupted = True
    except LinkError as error:
        raise LinkError(f"{error} {NOT_LEARNT}") from error
    if not frames:
        return Taught(class_name, 0, 0, [], "", interrupted)
    progress("The board learns", 0, 0)
    classes = len(examples) + 1
    held = _change(client, before, lambda: client.teach(messages.TEACH_LEARN, classes=classes))
    known = held.examples.get(plain(class_name), 0)
    return Taught(class_name, frames, known, list(held.examples), held.fingerprint, interrupted)


def _change(client: BoardClient, before: Held, act: Callable[[], Message]) -> Held:
    """What the board knows after ``act``, also where its answer was lost."""

    def found() -> Held | None:
        held = held_by(client)
        return held if held.fingerprint != before.fingerprint else None

    return surely(client, lambda: _held(act()), found, NOT_LEARNT, NOT_KNOWN)


def _record(client: BoardClient, square: np.ndarray | None) -> None:
    """One frame: the camera's, or a photograph (uint8, N×N×3) that is sent."""
    if square is None:
        client.teach(messages.TEACH_FRAME, source=messages.SOURCE_CAMERA)
        return
    client.send_image(square.tobytes(), square.shape[0], messages.RGB888)
    client.teach(messages.TEACH_FRAME, source=messages.SOURCE_IMAGE)


def room_for(client: BoardClient, class_name: str, afresh: bool) -> int:
    """How many more frames of a class the board takes; not below 0."""
    examples = {} if afresh else held_by(client).examples
    return max(0, OF_A_CLASS - examples.get(taught_name(class_name, examples), 0))


def _check_room(examples: Mapping[str, int], class_name: str, count: int) -> None:
    """A sentence for what the board would refuse, before anything is recorded."""
    if not all(examples.values()):
        raise BoardRefusedError(NO_EXAMPLES)
    room = OF_A_CLASS - examples.get(class_name, 0)
    if room <= 0:
        raise BoardRefusedError(
            f"The board keeps {OF_A_CLASS} examples of {class_name} already, as many as it can; "
            "pull them into a project and train there, or forget the class and teach it anew."
        )
    if count > room:
        raise UsageError(
            f"The board keeps at most {OF_A_CLASS} examples of a class, so {room} more of "
            f"{class_name} fit; teach it with --count {room}."
        )


def forget(client: BoardClient, class_name: str) -> Forgotten:
    """Have the board forget a class; its other classes stay."""
    held = held_by(client)
    class_name = same_name(class_name, held.examples) or class_name
    if class_name not in held.examples:
        known = ", ".join(held.examples) or "nothing"
        raise UsageError(f"The board does not know {class_name!r}; it knows {known}.")
    if len(held.examples) == 1:
        raise UsageError(
            f"{class_name!r} is all that the board knows; teach it another class first, or "
            "start with another by --afresh."
        )
    if not all(held.examples.values()):
        raise BoardRefusedError(NO_EXAMPLES)
    classes = len(held.examples)
    left = _change(
        client, held, lambda: client.teach(messages.TEACH_FORGET, class_name, classes=classes)
    )
    return Forgotten(class_name, list(left.examples), left.fingerprint)


LINE_BYTES = 240  # pin and classes in one field of the wire


@dataclass(frozen=True)
class ButtonSet(Sentence):
    """The button that teaches without a host: its pin, empty without, and the classes in line."""

    pin: str
    classes: list[str]

    def sentence(self) -> str:
        if not self.pin:
            return "No button teaches the board now."
        return (
            f"The button on pin {self.pin} teaches {', '.join(self.classes)} in turn: hold it "
            "while the board sees the thing, let go and it learns."
        )


def set_button(client: BoardClient, pin: str, classes: Sequence[str]) -> ButtonSet:
    """Let the button on ``pin`` teach, 'board' for the board's own and 'off' for none.

    A pin is a number or name, with ``:1`` behind it where it is high when the button is down.
    """
    names = button_classes(classes)
    if pin == NO_BUTTON:
        _tell_button(client, "")
        return ButtonSet("", [])
    number, down = _own_button(client) if pin == OWN_BUTTON else parse_button(pin)
    text = "\n".join([f"{number} {down}", *names])
    if len(text.encode()) > LINE_BYTES:
        raise UsageError("These classes' names together are too long; name fewer or shorter.")
    try:
        _tell_button(client, text)
    except BoardRefusedError as error:
        if error.code != errors.BAD_VALUE:
            raise
        raise UsageError(f"The board has no pin {number!r}; name another.") from error
    return ButtonSet(number, names or ["1", "2", "3"])


def _tell_button(client: BoardClient, text: str) -> None:
    tell(client, lambda: client.teach(messages.TEACH_BUTTON, text), BUTTON_NOT_KNOWN)


def _own_button(client: BoardClient) -> tuple[str, int]:
    machine = client.info().machine
    facts = facts_of(machine)
    if facts is None or facts.button is None:
        raise UsageError(f"No button of a {machine} is known; name the pin of one.")
    return facts.button
