"""The boards of a run: each opened once, and left as it was found."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

from tinyteach import __version__
from tinyteach.api.board import Board
from tinyteach.device.wire.board_info import BoardInfo
from tinyteach.errors import TinyTeachError, WrongBoardError
from tinyteach.hil.ends import GONE
from tinyteach.hil.found import Found, Heads, found_on, put_back
from tinyteach.hil.results import BoardRecord, Pending
from tinyteach.hil.words import opened
from tinyteach.service.boards.finding import AnotherBoardError
from tinyteach.service.boards.verification import check_ready
from tinyteach.service.projects.embeddings import described, load_named, name_of

OTHER_AGENT = (
    "The board {board} has the agent of version {there}, and this computer {here}; run 'tinyteach "
    "--board {board} pair', or name another board with --tt-board."
)
OTHER_EMBEDDING = (
    "The board {board} has the embedding {there}, and the tests are for {wanted}; run 'tinyteach "
    "--board {board} pair --embedding {wanted}', or name another board with --tt-board."
)
SHIPPED = "one that ships with TinyTeach"


@dataclass(frozen=True)
class Requirements:
    """What a board must have: ``embedding`` is a name or file, None any that ships.

    With ``any_firmware`` whatever it has will do.
    """

    embedding: str | None = None
    any_firmware: bool = False


@dataclass
class OnBench:
    """An opened board. ``found`` is None for a module, whose state cannot be read."""

    word: str
    board: Board
    heads: Heads = field(default_factory=dict)
    found: Found | None = None

    def state(self) -> Found | None:
        """What is on it now."""
        return None if self.board.is_module else found_on(self.board.client, self.heads)

    def restore(self, state: Found | None) -> None:
        """Put that back."""
        if state is not None:
            put_back(self.board.client, state)


class BoardBench:
    """Opens each board when it is first asked for; `close` leaves them all as they were.

    With ``instead``, a tape's name, that is opened for each.
    """

    def __init__(
        self,
        words: Sequence[str],
        wanted: Requirements,
        pending: Pending,
        instead: str | None = None,
    ) -> None:
        self.words, self._instead = list(words), instead
        self._wanted, self._pending = wanted, pending
        self._stack = ExitStack()
        self._held: dict[str, OnBench] = {}
        self._failed: dict[str, TinyTeachError] = {}

    def board(self, word: str) -> Board:
        """The board of that word. What kept it from being opened is raised each time."""
        if word in self._failed:
            raise self._failed[word]
        if word not in self._held:
            try:
                held = _held(word, self._wanted, self._instead)
                self._held[word] = self._stack.enter_context(held)
            except AnotherBoardError as error:
                self._failed[word] = WrongBoardError(str(error))
                raise self._failed[word] from error
            except TinyTeachError as error:
                self._failed[word] = error
                raise
            self._pending.boards.append(record_of(word, self._held[word].board))
        return self._held[word].board

    def held(self, word: str) -> Board | None:
        """The board of that word where it is open."""
        return self._held[word].board if word in self._held else None

    @contextmanager
    def test_body(self) -> Iterator[None]:
        """What a test itself changes on the opened boards is put back at its end.

        What fixtures put there stays. After Ctrl-C, or without a link, that is left to `close`.
        """
        before = [(held, held.state()) for held in self._held.values()]
        try:
            yield
        except (KeyboardInterrupt, *GONE):
            raise
        except BaseException:
            _restore(before)
            raise
        _restore(before)

    def close(self) -> None:
        """Every board as it was found, and let go of."""
        self._held.clear()
        self._stack.close()


def _restore(before: list[tuple[OnBench, Found | None]]) -> None:
    for held, state in before:
        held.restore(state)


@contextmanager
def _held(word: str, wanted: Requirements, instead: str | None) -> Iterator[OnBench]:
    """Opened, checked, and as it was found in the end, in a session begun anew.

    Whatever broke off the session before, such as Ctrl-C in a transfer, is nothing to that.
    """
    with opened(word, instead) as board:
        if not board.is_module:
            check_firmware(board, wanted)
        held = OnBench(word, board)
        held.found = held.state()
        try:
            yield held
        finally:
            if held.found is not None:
                with suppress(*GONE):  # which the test that met it has told
                    board.reopen()
                    held.restore(held.found)


def check_firmware(board: Board, wanted: Requirements) -> None:
    """WrongBoardError for another agent or embedding; BoardRefusedError where none is at work."""
    info = board.client.info()
    check_ready(info)
    if wanted.any_firmware:
        return
    agent = str(board.client.welcome.agent_version)
    if agent != __version__:
        said = OTHER_AGENT.format(board=board.name, there=agent, here=__version__)
        raise WrongBoardError(said)
    _check_embedding(board.name, info, wanted.embedding)


def _check_embedding(board: str, info: BoardInfo, named: str | None) -> None:
    fits = load_named(named).fingerprint == info.embedding if named else name_of(info.embedding)
    if not fits:
        there = described(info.embedding)
        said = OTHER_EMBEDDING.format(board=board, there=there, wanted=named or SHIPPED)
        raise WrongBoardError(said if named else said.replace(f" --embedding {SHIPPED}", ""))


def record_of(word: str, board: Board) -> BoardRecord:
    """A board for the report."""
    if board.is_module:
        return BoardRecord(word, board.name, board.id, "Grove Vision AI V2", "", "", "", "")
    info, agent = board.client.info(), str(board.client.welcome.agent_version)
    embedding = name_of(info.embedding) or info.embedding.hex()
    about = info.machine, info.micropython, agent, embedding, info.kernels_words
    return BoardRecord(word, board.name, board.id, *about)
