"""Photographs through the board's camera: recordings and the live view."""

import io
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count as count_up
from itertools import islice
from pathlib import Path

import numpy as np

from tinyteach.data.images import is_black
from tinyteach.data.photo_index import FRAME, WEBCAM
from tinyteach.data.photos import Recording
from tinyteach.data.project import Project
from tinyteach.device.at.module_client import ModuleClient
from tinyteach.device.registry import find_board
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.preprocess import expand
from tinyteach.errors import LinkError, UsageError
from tinyteach.files import write_atomically
from tinyteach.progress import Progress
from tinyteach.results import Sentence
from tinyteach.service.boards.sessions import Session, identity
from tinyteach.service.photos.frames import frames, take_frame
from tinyteach.service.projects.opening import class_to_record, make_if_unknown
from tinyteach_protocol import messages

Tell = Callable[[str], None]
# USB carries several hundred KB/s; firmware that copies its output to a UART only about 11.
SLOW_LINK_BYTES_PER_S = 50_000
RGB565_BYTES = 2  # a pixel, as cameras send it
_BLACK = (
    "The picture is black: uncover the lens, light the scene, check the camera's cable; 'tinyteach "
    "boards show' puts something before a virtual board's camera."
)
MADE_UNKNOWN = "Made the class unknown, of what is none of the others. "
# A picture has a dozen pieces; a link that loses one of each for so long carries no pictures.
PIECES_WITHOUT_A_PICTURE_MAX = 500


@dataclass(frozen=True)
class Captured(Sentence):
    """What a recording added; ``interrupted`` where Ctrl-C ended it."""

    class_name: str
    photos: int
    recording: str
    side: int
    interrupted: bool
    made_class: bool = False  # that of what is unknown, which needs not be added before

    def sentence(self) -> str:
        if not self.photos:
            return f"Recorded nothing of {self.class_name}."
        photographs = "1 photograph" if self.photos == 1 else f"{self.photos} photographs"
        made = MADE_UNKNOWN if self.made_class else ""
        return (
            f"{made}Recorded {photographs} of {self.class_name}, {self.side}×{self.side} pixels "
            f"each (recording {self.recording})."
        )


def capture(
    session: Session,
    project: Project,
    class_name: str,
    count: int,
    small: bool,
    tell: Tell,
    progress: Progress,
) -> Captured:
    """Record ``count`` photographs into a class, or until Ctrl-C.

    Each is on disk as soon as it is taken.
    """
    class_name = class_to_record(project, class_name)
    is_new = class_name not in project.classes()
    _remember_board(project, session)
    recording = start_recording(project, session, class_name, small)
    try:
        record(session, recording, count, small, tell, progress)
        interrupted = False
    except KeyboardInterrupt:
        interrupted = True
    return _captured(recording, interrupted, is_new)


def _remember_board(project: Project, session: Session) -> None:
    """The first board that a project is used with is its board from then on."""
    known = find_board(identity(session))
    if project.board is None and known is not None:
        project.board = known.name


def _captured(recording: Recording, interrupted: bool, is_new: bool) -> Captured:
    sides = [photo.record.side for photo in recording.photos if photo.record]
    side = sides[0] if sides else 0
    about = recording.class_name, len(recording.photos), recording.burst, side
    return Captured(*about, interrupted, is_new)


def start_recording(
    project: Project, session: Session, class_name: str, small: bool = False
) -> Recording:
    """A new burst of a class, marked with the board that takes it."""
    make_if_unknown(project, class_name)
    whole = FRAME if isinstance(session, ModuleClient) else "square"
    return Recording(
        project,
        class_name,
        board=identity(session),
        sensor=session.info().sensor,
        kind="model" if small and whole != FRAME else whole,
    )


def start_webcam_recording(project: Project, class_name: str) -> Recording:
    """The same by this computer's own camera, which no board has."""
    make_if_unknown(project, class_name)
    return Recording(project, class_name, sensor=WEBCAM)


def record(
    session: Session,
    recording: Recording,
    count: int,
    small: bool = False,
    tell: Tell = lambda text: None,
    progress: Progress = lambda text, done, total: None,
    before_each: Callable[[], None] = lambda: None,
) -> None:
    """Fill a recording; ``before_each`` is called before each photograph of a board."""
    name = recording.folder.name
    if isinstance(session, ModuleClient):
        taken = frames(session)
    else:
        taken = _photos(session, small, tell, before_each)
    with closing(taken) as photos:
        for number, square in enumerate(islice(photos, count), 1):
            recording.add(square)
            progress(f"Recording {name}", number, count)


def _photos(
    client: BoardClient, small: bool, tell: Tell, before_each: Callable[[], None]
) -> Generator[np.ndarray, None, None]:
    for number in count_up():
        before_each()
        start = time.monotonic()
        square = take_photo(client, small)
        if number == 0 and not small:
            _tell_of_slow_link(square, time.monotonic() - start, tell)
        yield square


def _tell_of_slow_link(square: np.ndarray, duration_s: float, tell: Tell) -> None:
    bytes_per_s = square.shape[0] * square.shape[1] * RGB565_BYTES / duration_s
    if bytes_per_s < SLOW_LINK_BYTES_PER_S:
        tell(
            f"The link is slow ({bytes_per_s / 1000:.0f} KB/s, {duration_s:.0f} s a photograph); "
            "with --small only the model's view is recorded, which is quicker."
        )


def take_photo(session: Session, small: bool = False) -> np.ndarray:
    """One photograph, uint8 [N, N, 3] RGB: the centre square, or the model's view of it.

    Of a module it is the whole frame.
    """
    if isinstance(session, ModuleClient):
        return take_frame(session)
    kind = messages.GRAB_MODEL if small else messages.GRAB_SQUARE
    taken, pixels = session.grab(kind)
    return expand(pixels, taken.width, taken.height, taken.pixel_format)


@dataclass(frozen=True)
class View:
    """What the model sees: uint8 [M, M, 3]."""

    pixels: np.ndarray

    def as_dict(self) -> dict[str, object]:
        """As JSON has it: width and height in pixels, the mean brightness from 0 to 1."""
        height, width = self.pixels.shape[:2]
        brightness = round(float(self.pixels.mean()) / 255, 3)
        return {"width": width, "height": height, "brightness": brightness}

    def fault(self) -> list[str]:
        """A sentence where there is nothing to see."""
        return [_BLACK] if is_black(self.pixels) else []

    def sentence(self) -> str:
        """For a person who cannot be shown it."""
        told = self.as_dict()
        return (
            f"The board sees a view of {told['width']}×{told['height']} pixels; run this in a "
            "terminal to watch it, or save one with 'tinyteach preview --out view.png'."
        )

    def save(self, path: Path) -> None:
        """Write it as a picture in the format of the file's ending; UsageError if there is none.

        ProjectError where it cannot be written: what is there stays as it is.
        """
        from PIL import Image

        picture = io.BytesIO()
        try:
            kind = Image.registered_extensions()[path.suffix.lower()]
            Image.fromarray(self.pixels).save(picture, kind)
        except (ValueError, OSError, KeyError) as error:  # KeyError: a format that is only read
            raise UsageError(
                f"The view cannot be written to {path} (of which format is not known); name a file "
                "such as view.png."
            ) from error
        write_atomically(path, picture.getvalue())


@contextmanager
def preview_views(session: Session) -> Iterator[Iterator[View]]:
    """The live view, whole pictures only: what the model sees, or a module's frame."""
    if isinstance(session, ModuleClient):
        with closing(frames(session)) as taken:
            yield map(View, taken)
        return
    events = session.stream(messages.STREAM_PREVIEW)
    try:
        yield _whole_views(events)
    finally:
        events.close()


def _whole_views(events: Iterator[messages.Message]) -> Iterator[View]:
    """Put the pieces of each picture together; one that lost a piece is left out."""
    pieces = bytearray()
    for event in _while_pictures_come(events, pieces):
        if event.offset == 0:
            pieces.clear()
        if event.offset != len(pieces):
            continue
        pieces += event.data
        if len(pieces) == event.total:
            yield View(expand(bytes(pieces), event.width, event.height, event.pixel_format))


def _while_pictures_come(
    events: Iterator[messages.Message], pieces: bytearray
) -> Iterator[messages.Message]:
    """The events; LinkError where many together make no whole picture."""
    without = 0
    for event in events:
        yield event
        without = 0 if len(pieces) == event.total else without + 1
        if without > PIECES_WITHOUT_A_PICTURE_MAX:
            raise LinkError(
                "The board sends pieces of pictures and none is whole; check the cable, press the "
                "board's reset button and try again."
            )
