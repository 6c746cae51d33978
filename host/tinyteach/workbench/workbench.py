"""A project, a board, a trainer and what they show: all that a page needs, none of its words."""

import contextlib
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tinyteach.device.at.module_client import ModuleClient
from tinyteach.device.wire.board_info import BoardInfo
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.runtime import Embedding
from tinyteach.embedding.view_names import SQUARE, STRETCHED
from tinyteach.errors import BoardRefusedError, TinyTeachError
from tinyteach.head.format.head_file import Head
from tinyteach.service.boards import virtual_boards
from tinyteach.service.boards.finding import VIRTUAL, board_meant
from tinyteach.service.boards.module_overview import ModuleOverview
from tinyteach.service.boards.opening import pair_board
from tinyteach.service.boards.overview import BoardOverview
from tinyteach.service.boards.sessions import Overview, Session, is_module
from tinyteach.service.doctor.examination import examine
from tinyteach.service.doctor.findings import BY_NAME
from tinyteach.service.heads.head_list import list_heads
from tinyteach.service.heads.recognised import Recognised
from tinyteach.service.photos import collection as photo_service
from tinyteach.service.photos.recording import take_photo
from tinyteach.service.projects.opening import open_project
from tinyteach.workbench.board_rules import BoardRules
from tinyteach.workbench.board_teaching import BoardTeaching
from tinyteach.workbench.deploying import Deploying
from tinyteach.workbench.eyes import ModuleEyes, Seen, as_seen, take_view
from tinyteach.workbench.feed import Feed
from tinyteach.workbench.live_board import LiveBoard
from tinyteach.workbench.looking import Looking
from tinyteach.workbench.on_its_own import OnItsOwn
from tinyteach.workbench.project_part import ToldProject
from tinyteach.workbench.record_button import RecordButton
from tinyteach.workbench.thresholds import Thresholds
from tinyteach.workbench.trainer import Trainer
from tinyteach.workbench.uploads import Uploads
from tinyteach.workbench.views import LiveView, PreviewHead, ViewLog

VIEW_SIDE = 64  # before anything was trained
BLIND_S = 0.5  # until the next try of a camera that gives nothing

ViewListener = Callable[[LiveView], None]


class Workbench:
    """What stays open while a front end runs. ``feed`` has the parts that docs/studio-api.md lists.

    Methods may be called from any thread; those that change the project do so one at a time.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = open_project(folder).root
        self.feed = Feed()
        self.uploads = Uploads()
        self.preview = PreviewHead()
        self.looking = Looking(self.folder, self.preview)
        self.changing = threading.RLock()
        self.thresholds = Thresholds(self, self.preview)
        self._views = ViewLog(self.thresholds.judging)
        self._view_listeners: dict[ViewListener, Callable[[], bool]] = {}
        self._seeing = threading.Lock()
        self._tested = False
        self._own_virtual: set[int] = set()  # processes, those of virtual boards started here
        self._lesson = ""  # the head that the board made itself, until a newer one is trained
        nothing = {"recording": None, "sight": "", "doctor": None, "pairing": None}
        for part, value in nothing.items():
            self.feed.publish(part, value)
        self.told = ToldProject(self.folder, self.feed)
        self.tell_project()
        self.tell_heads()
        self.tell_preview()
        self.record_button = RecordButton(self)
        self.trainer = Trainer(self.folder, self._tell_training, self._use_head)
        self.rules, self.teaching = BoardRules(self), BoardTeaching(self)
        self.alone = OnItsOwn(self)
        self._eyes = ModuleEyes()
        self.board = LiveBoard(
            *(self._tell_board, self._step, self._wanted, self._refreshed, self._connected),
            on_rest=self._eyes.close,
        )
        self.deploying = Deploying(self)

    def start(self, board: str | None) -> None:
        """Train on what is there, and connect the board that is meant, if one is."""
        self.trainer.ask()
        if board:
            self.connect(board)

    def close(self) -> None:
        """End everything; photographs and heads are on disk already."""
        self.uploads.close()
        self.record_button.stop()
        self.alone.end()
        self.board.close()
        self.trainer.close()
        self._stop_own_virtual()

    def hand_over(self, other: "Workbench") -> None:
        """End, and start another project's with its board, else with the one that is held here.

        Virtual boards that were started here are the other's from then on.
        """
        other._own_virtual, self._own_virtual = self._own_virtual, set()
        held = self.board.chosen
        self.close()
        other.start(board_meant(None, other.folder) or held)

    def _stop_own_virtual(self) -> None:
        with contextlib.suppress(TinyTeachError):  # it is ending by itself
            virtual_boards.stop_own_virtual(VIRTUAL, self._own_virtual)

    # What is shown

    def tell_project(self) -> None:
        """Publish classes and photographs as they are on disk."""
        self.told.tell()

    def tell_heads(self) -> None:
        """Publish the history of heads."""
        self.feed.publish("heads", [head.as_dict() for head in list_heads(self.folder)])

    def look_again(self) -> None:
        """Notice what another program did to the project; it is trained on, too."""
        with self.changing:
            before = self.feed.get("project")
            self.tell_project()
            now = self.feed.get("project")
        if [p["id"] for p in now["photos"]] != [p["id"] for p in before["photos"]]:
            self.trainer.ask()

    def changed(self, train: bool = True) -> None:
        """Photographs or classes are others now."""
        self.tell_project()
        if train:
            self.trainer.ask()

    def _tell_board(self, status: str, sentence: str, overview: Overview | None) -> None:
        told = overview.as_dict() if overview else {}
        self.feed.publish("board", {"status": status, "sentence": sentence, "facts": told})
        if overview:
            return
        self.teaching.forget_board()
        if not self.alone.is_on:
            self.rules.forget()

    def _refreshed(self, client: Session) -> None:
        self.rules.look(client)
        self.teaching.look(client)

    def _tell_training(self, state: dict[str, object]) -> None:
        self.feed.publish("training", state)
        if state["status"] == "done":
            self.tell_heads()
        if state["status"] != "fitting":
            self.told.go_on()

    def _use_head(self, embedding: Embedding, head: Head, tested: bool) -> None:
        with self._seeing:  # a view by the head before would come after one by this
            self.preview.use(embedding, head)
            view = self._views.again(self.preview.recognise)
            if view is not None:
                self._show(view)
        self._tested, self._lesson = tested, ""
        self.tell_preview()

    def tell_preview(self) -> None:
        """Publish the head that runs on this computer."""
        self.feed.publish("preview", self.preview.part(self._tested, self._lesson))

    # Views

    def watch(self, listener: ViewListener, wants: Callable[[], bool]) -> Callable[[], None]:
        """Have ``listener`` given views while ``wants()``; returns what ends that."""
        self._view_listeners[listener] = wants
        self.board.wake()
        return lambda: self._view_listeners.pop(listener, None) and None

    def _wanted(self) -> bool:
        return self.record_button.records or any(w() for w in [*self._view_listeners.values()])

    def _connected(self) -> None:
        self._views.pause()
        self.feed.publish("sight", "")
        self.deploying.resume()

    def _step(self, client: Session) -> None:
        """One photograph of the recording under way, or one view."""
        try:
            if not self.record_button.records:
                self.look(client)
            elif (taken := self.record_button.take(client)) is not None:
                self._show_photograph(*taken)
        except BoardRefusedError as error:
            self.feed.publish("sight", str(error))
            time.sleep(BLIND_S)
            return
        if self.feed.get("sight"):
            self.feed.publish("sight", "")

    def look(self, client: Session) -> None:
        """Take one view and show it to who looks. In the board's thread."""
        overview = self.board.overview
        if isinstance(client, ModuleClient):
            frame, result = self._look_through(client)
            self._show_photograph(frame, STRETCHED, result)
            return
        assert isinstance(overview, BoardOverview)
        info = overview.info
        pixels, result = take_view(client, info)
        self._see(pixels, result, client, info)

    def _look_through(self, module: ModuleClient) -> Seen:
        overview = self.board.overview
        assert isinstance(overview, ModuleOverview)
        return self._eyes.look(module, overview, self.preview.threshold)

    def _show_photograph(
        self, square: np.ndarray, preprocessing: str, result: Recognised | None = None
    ) -> None:
        """A photograph as the model sees it, and what this computer makes of it."""
        self._see(as_seen(square, preprocessing, self._model_side()), result)

    def _see(
        self,
        pixels: np.ndarray,
        result: Recognised | None,
        client: BoardClient | None = None,
        info: BoardInfo | None = None,
    ) -> None:
        """Show a view with what the board made of it, ``result``, and what this computer does."""
        with self._seeing:
            head = self.preview.head
            if head and info and info.head == head.fingerprint:
                by_host = result, info.head.hex()
            else:
                by_host = self.preview.recognise(pixels)
            looks = self.looking.at(pixels, by_host[0], result, client, info)
            self._show(self._views.add(pixels, result, *by_host, looks))

    def _model_side(self) -> int:
        """Of the views that are shown, in pixels."""
        overview = self.board.overview
        of_board = overview.info.model_side if isinstance(overview, BoardOverview) else 0
        embedding = self.preview.embedding
        return of_board or (embedding.side if embedding else VIEW_SIDE)

    def _show(self, view: LiveView) -> None:
        for listener, wants in list(self._view_listeners.items()):
            if wants():
                listener(view)

    def photograph(self, client: Session) -> tuple[np.ndarray, str]:
        """One, uint8 [N, N, 3], and how a model sees it."""
        if isinstance(client, ModuleClient):
            return self._look_through(client)[0], STRETCHED
        return take_photo(client), SQUARE

    # Live

    def use_other_head(self, client: Session, lesson: str = "") -> None:
        """Another head is at work on the board, ``lesson`` where it made that itself.

        In the board's thread.
        """
        self._lesson = lesson
        self.thresholds.forget()
        self.board.refresh(client)

    def correct(self, number: int, class_name: str) -> str:
        """Make the view of that number a photograph of a class; returns its id. Retrains."""
        view = self._views.find(number)
        overview = self.board.overview
        board = overview.board_id if overview else ""
        with self.changing:
            photo_id = photo_service.label_view(self.folder, class_name, view.pixels, board)
            self.changed()
        return photo_id

    # Which board, and pairing and examining, for which the port must be free

    def pair(self, board: str | None) -> dict[str, object]:
        """Put agent and embedding on a board, then hold it; a module is only held."""
        self.alone.end()
        with self.feed.progress("pairing") as tell:
            paired = self.board.do_without_session(
                "Pairing", lambda: None if is_module(board) else pair_board(board, None, tell)
            ).result()
        self.connect(paired.name if paired else board)
        return paired.as_dict() if paired else {}

    def start_virtual(self) -> dict[str, object]:
        """Start the virtual board, pair it if need be, and hold it; it ends with the workbench."""
        started = virtual_boards.start_own_virtual(VIRTUAL)
        if started is not None:
            self._own_virtual.add(started)
        if self.board.is_closed:  # while the virtual board was starting
            self._stop_own_virtual()
        return self.pair(VIRTUAL)

    def connect(self, board: str | None) -> None:
        """Hold this board, and remember it as the project's."""
        with self.changing:
            if board:
                open_project(self.folder).board = board
        self.alone.end()
        self.board.connect(board)

    def disconnect(self) -> None:
        """Let go of the board."""
        self.alone.end()
        self.board.disconnect()

    def examine(self, board: str | None) -> dict[str, object]:
        """The doctor's page on a board; it is held again afterwards if it was."""
        self.alone.end()
        with self.feed.progress("doctor") as tell:
            tell("", 0, 1)
            page = self.board.do_without_session("Doctor", lambda: examine(board, tell)).result()
        lines = [
            {**f.as_dict(), "name": BY_NAME.get(f.name, f.name), "line": f.line()}
            for f in page.findings
        ]
        return {**page.as_dict(), "findings": lines, "sentence": page.sentence()}
