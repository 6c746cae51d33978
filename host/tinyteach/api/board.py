"""A board in a program, held open."""

from collections.abc import Generator, Sequence
from os import PathLike
from pathlib import Path

import numpy as np

from tinyteach.api.head import Head
from tinyteach.api.opened import Opened
from tinyteach.api.pictures import Picture, as_square
from tinyteach.api.recognised import Recognised
from tinyteach.api.rules import Rules
from tinyteach.api.virtual_board import VirtualBoard
from tinyteach.device.at.module_client import ModuleClient
from tinyteach.device.at.module_info import ModuleInfo
from tinyteach.device.registry import find_board
from tinyteach.device.wire.board_info import BoardInfo
from tinyteach.device.wire.client import BoardClient
from tinyteach.progress import Progress, shown
from tinyteach.service.boards.finding import BoardEntry, board_meant, list_boards
from tinyteach.service.boards.sessions import agent_of, identity, open_session
from tinyteach.service.boards.teaching import (
    Forgotten,
    Taught,
    forget,
    held_by,
    teach,
)
from tinyteach.service.heads.compared import Compared
from tinyteach.service.heads.comparing import compare
from tinyteach.service.heads.deployed import Deployed
from tinyteach.service.heads.deploying import RolledBack, put_to_work, rollback
from tinyteach.service.heads.recognition import (
    classify_square,
    deployed_labels,
    recognise_once,
    watch,
)
from tinyteach.service.heads.smoothing import smoothing_of
from tinyteach.service.photos.recording import take_photo
from tinyteach.service.projects.opening import project_meant

FRAMES = 10  # that a board learns of a class where nobody says how many


def boards() -> list[BoardEntry]:
    """Running virtual boards, attached ports, and paired boards that are not attached."""
    return list_boards()


class Board(Opened):
    """A board on which TinyTeach's agent runs, or a Grove Vision AI V2 with Seeed's firmware.

    Use it as a context manager, or `close` it. Closed, it recognises by itself again. A Grove takes
    photographs, is deployed to and recognises; all else raises BoardRefusedError.

    ``board`` is a paired board's name, a port, a pyserial URL, ``virtual`` or a `VirtualBoard`;
    None is the board of TINYTEACH_BOARD, else that of the project in the folder ``project`` (by
    default the current folder, where that is one), else the only one that is attached.

    Raises BoardNotFoundError where there is none such, BoardNotPairedError where no agent answers.
    Every method raises LinkError where the connection breaks and BoardRefusedError where the board
    says no.
    """

    def __init__(
        self, board: str | VirtualBoard | None = None, project: Path | None = None
    ) -> None:
        named = board if isinstance(board, str | None) else board.port
        self._meant = board_meant(named, project)
        self._open()

    def _open(self) -> None:
        self._opened = open_session(self._meant)
        self.session = self._opened.__enter__()

    def reopen(self) -> None:
        """Let go of it and begin anew, which whatever broke off before is nothing to."""
        self.close()
        self._open()

    @property
    def is_module(self) -> bool:
        """Whether it is a Grove Vision AI V2, which can be sent no pictures, taught no class."""
        return isinstance(self.session, ModuleClient)

    @property
    def client(self) -> BoardClient:
        """The session, for what only a board with the agent does."""
        return agent_of(self.session)

    @property
    def rules(self) -> Rules:
        """What the board does by itself."""
        return Rules(self.client)

    @property
    def id(self) -> str:
        """The board's identity, the same on whatever port."""
        return identity(self.session)

    @property
    def name(self) -> str:
        """What it was called when it was paired, else its identity."""
        known = find_board(self.id)
        return known.name if known else self.id

    @property
    def port(self) -> str:
        """Where it is."""
        return self.session.port

    @property
    def info(self) -> BoardInfo | ModuleInfo:
        """What the board says of itself now."""
        return self.session.info()

    @property
    def known(self) -> dict[str, int]:
        """The classes that the board knows, and how many examples it keeps of each."""
        return held_by(self.client).examples

    def photo(self, small: bool = False) -> np.ndarray:
        """Take a photograph, uint8 [N, N, 3] RGB: the centre square, or a module's whole frame.

        With ``small`` the model's view of it, which a slow link carries sooner.
        """
        return take_photo(self.session, small)

    def classify(self, picture: Picture | None = None) -> Recognised:
        """What the board recognises in a picture that is sent to it, or else before its camera."""
        if picture is None:
            return Recognised.of(recognise_once(self.session))
        labels = deployed_labels(self.client)
        square = as_square(picture)
        return Recognised.of(classify_square(self.client, square, labels), square)

    def watch(
        self, threshold: float | None = None, smooth: bool = False
    ) -> Generator[Recognised, None, None]:
        """What the board recognises, view after view, until the loop is left.

        ``threshold``, a probability, takes the place of the head's until the next deploy.
        ``smooth`` gives what is believed of a view and those before, as the board does by itself.
        """
        smoothing = smoothing_of(self.session, threshold) if smooth else None
        with watch(self.session, threshold) as results:
            yield from map(Recognised.of, map(smoothing, results) if smoothing else results)

    def compare(
        self,
        picture: Picture | None = None,
        project: Path | None = None,
        progress: Progress | None = None,
    ) -> Compared:
        """Where the board first computes something else than this computer, tensor by tensor.

        Of a picture, or else of what its camera sees; where it has none, of drawn objects.
        ``project`` is the folder of the one whose embedding the board has, if that is none of ours.
        """
        photo = None if picture is None else (_name_of(picture), as_square(picture))
        with shown(progress) as tell:
            return compare(self.client, photo, project_meant(project), tell)

    def deploy(self, head: Head, progress: Progress | None = None) -> Deployed:
        """Put a head to work; the one before can be rolled back to, but not a module's."""
        with shown(progress) as tell:
            return put_to_work(self.session, head.file, head.embedding, tell)

    def rollback(self) -> RolledBack:
        """Put the head before back to work."""
        return rollback(self.client)

    def teach(
        self,
        name: str,
        pictures: Sequence[Picture] = (),
        count: int = FRAMES,
        afresh: bool = False,
        progress: Progress | None = None,
    ) -> Taught:
        """Have the board itself learn a class, from pictures or ``count`` frames of its camera.

        ``afresh`` forgets what it knew. Nothing is computed here.
        """
        squares = [as_square(picture) for picture in pictures]
        with shown(progress) as tell:
            return teach(self.client, name, len(squares) or count, afresh, tell, squares)

    def forget(self, name: str) -> Forgotten:
        """Have the board forget a class; UsageError where it does not know it."""
        return forget(self.client, name)

    def __repr__(self) -> str:
        return f"Board({self.name} on {self.port})"


def _name_of(picture: Picture) -> str:
    return str(picture) if isinstance(picture, str | PathLike) else "the picture"
