"""The record button: photographs by the board or by this computer's webcam while it is held."""

import threading
import time

import numpy as np

from tinyteach.data.images import decode_square
from tinyteach.data.names import is_unknown
from tinyteach.data.photos import Recording
from tinyteach.errors import ProjectError, UsageError
from tinyteach.service.boards.sessions import Session
from tinyteach.service.photos.recording import start_recording, start_webcam_recording
from tinyteach.service.projects.opening import open_project
from tinyteach.workbench.bench import Bench

PHOTOS_PER_S_MAX = 10  # neighbours in a recording resemble each other more than enough
PHOTOS_PER_HOLD_MAX = 300


class RecordButton:
    """One recording at a time; each photograph is on disk once it is told of."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._recording: Recording | None = None
        self._keeping = threading.Lock()
        self._let_go = threading.Event()
        self._class_name = ""
        self._by_webcam = False
        self._problem = ""
        self._next_photo_s = 0.0

    @property
    def records(self) -> bool:
        """Whether photographs are to be taken by the board."""
        return self._recording is not None and not self._by_webcam

    def start(self, class_name: str, by_webcam: bool = False) -> None:
        """Record into a class until `stop`; ProjectError where there is none such.

        ``by_webcam``: what `take_webcam` is given, and nothing of the board, which need not be
        there.
        """
        with self._bench.changing:
            if self._recording is not None:
                raise UsageError("A recording is under way already; let go of its button first.")
            project = open_project(self._bench.folder)
            if class_name not in project.classes() and not is_unknown(class_name):
                raise ProjectError(f"There is no class {class_name!r} any more; reload the page.")

            def begin(client: Session) -> None:
                self._recording = start_recording(project, client, class_name)

            self._let_go.clear()
            self._class_name, self._by_webcam, self._problem = class_name, by_webcam, ""
            if by_webcam:
                self._recording = start_webcam_recording(project, class_name)
            else:
                self._bench.board.do(begin).result()
            self._tell([])

    def stop(self) -> None:
        """End the recording under way, if any; the trainer starts, and then the project is told."""
        with self._bench.changing:
            self._let_go.set()
            with self._keeping:  # the photograph that is being kept belongs to it
                recording, self._recording = self._recording, None
            if recording is None:
                return
            self._bench.feed.publish("recording", None)
            if recording.photos:
                self._bench.told.wait()
                self._bench.trainer.ask(only_learnt=True)

    def take(self, client: Session) -> tuple[np.ndarray, str] | None:
        """A photograph more, as `Workbench.photograph` gives it; None where there is to be none.

        In the board's thread. One that cannot be kept, as on a full disk, is no fault of the
        board's: the pages are told why, and that recording takes no more.
        """
        recording = self._recording
        if recording is None or len(recording.photos) >= PHOTOS_PER_HOLD_MAX or self._problem:
            return None
        if self._let_go.wait(max(0.0, self._next_photo_s - time.monotonic())):
            return None
        self._next_photo_s = time.monotonic() + 1 / PHOTOS_PER_S_MAX
        square, preprocessing = self._bench.photograph(client)
        with self._keeping:
            if self._recording is not recording:
                return None  # let go of while it was on its way
            try:
                self._keep(recording, square)
            except ProjectError as error:
                self._problem = str(error)
                self._tell([photo.id for photo in recording.photos])
        return square, preprocessing

    def take_webcam(self, content: bytes) -> None:
        """A picture's file of this computer's camera, into the recording under way.

        UsageError where none by the webcam is.
        """
        square = decode_square(content, "The webcam's picture")
        with self._keeping:
            if self._recording is None or not self._by_webcam:
                raise UsageError("The record button was let go of; hold it to record.")
            if len(self._recording.photos) < PHOTOS_PER_HOLD_MAX:
                self._keep(self._recording, square)

    def _keep(self, recording: Recording, square: np.ndarray) -> None:
        self._bench.trainer.learn(recording.add(square))
        self._tell([photo.id for photo in recording.photos])

    def _tell(self, ids: list[str]) -> None:
        told = {"class": self._class_name, "photos": ids, "sentence": self._problem}
        self._bench.feed.publish("recording", told)
