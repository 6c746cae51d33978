"""Boards: open, pair."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tinyteach import paths
from tinyteach.device.registry import PairedBoard, find_board, forget, free_name
from tinyteach.device.repl import pairing
from tinyteach.device.repl.pairing import Paired, pair
from tinyteach.device.wire.client import BoardClient
from tinyteach.device.wire.session import BoardSilentError
from tinyteach.errors import BoardNotFoundError, BoardNotPairedError, UsageError
from tinyteach.lab.places import is_lab
from tinyteach.progress import Progress
from tinyteach.service.boards.finding import (
    ANOTHER_BOARD,
    VIRTUAL,
    AnotherBoardError,
    board_wanted,
    resolve_port,
    running_virtuals,
)
from tinyteach.service.projects.embeddings import for_pairing

VIRTUAL_MACHINE = "TinyTeach virtual board"  # what its MicroPython calls it
NEW_FLASH = (
    "The virtual board {name} has another flash than the one that was paired: its file was "
    "deleted, or it runs with another --arch now; run 'tinyteach --board {name} pair' to pair it "
    "anew."
)
KEPT_BY_ITS_LAB = (
    "A lab's board keeps the key that it has; pair it at its own computer to make it private or "
    "open, or to give it another key."
)
NAMED_BY_ITS_LAB = "A lab's board is called as its lab's file says; pair it without --name."


@contextmanager
def open_board(board: str | None) -> Iterator[BoardClient]:
    """A session with a board."""
    port, known = resolve_port(board), _known(board)
    _refuse_new_flash(known)
    try:
        client = BoardClient(port, is_agents=known is not None)
    except BoardSilentError:
        raise
    except BoardNotPairedError as error:
        raise BoardNotPairedError(
            f"No TinyTeach agent answers on {port}; run 'tinyteach --board "
            f"{board or port} pair' to install it."
        ) from error
    with client:
        check_identity(board, client)
        yield client


def _known(board: str | None) -> PairedBoard | None:
    """The paired board that is named, if one is."""
    wanted = board_wanted(board)
    return find_board(wanted) if wanted else None


def _refuse_new_flash(known: PairedBoard | None) -> None:
    """BoardNotFoundError where a virtual board is not the one that was paired by its name."""
    if known is None or not is_virtual(known):
        return
    for info in running_virtuals():
        if info.name == known.name and info.unique_id != known.board_id:
            raise BoardNotFoundError(NEW_FLASH.format(name=info.name))


def is_virtual(board: PairedBoard) -> bool:
    """Whether a board that was paired is a virtual one."""
    return board.machine.startswith(VIRTUAL_MACHINE)


def check_identity(board: str | None, client: BoardClient) -> None:
    """BoardNotFoundError where another board answers than the paired one that was named."""
    known = _known(board)
    if known and known.board_id != client.board_id:
        _refuse_new_flash(known)
        raise AnotherBoardError(ANOTHER_BOARD.format(name=known.name))


# Pairing, and what a board is


def pair_board(
    board: str | None,
    name: str | None,
    progress: Progress,
    embedding: str | None = None,
    camera: str | None = None,
    private: bool | None = None,
    new_key: bool = False,
) -> Paired:
    """Install or update the agent and the embedding on a board, and remember it, unless a lab does.

    ``embedding`` is a name or a file; with None the one that is there stays, else comes the
    default. ``camera`` names the facts file of the board whose camera pins the firmware is told.
    The board gets a key, kept here; ``private``: it does nothing without (None: as it was). A
    lab's board keeps what it has. Raises NoKeyError for a board whose key is not here, unless it
    is to get a ``new_key``.
    """
    wanted = replace(
        for_pairing(embedding, camera),
        gives_key=not is_lab(board),
        private=private,
        new_key=new_key,
    )
    if name is not None and is_lab(board):
        raise UsageError(NAMED_BY_ITS_LAB)
    if (new_key or private is not None) and is_lab(board):
        raise UsageError(KEPT_BY_ITS_LAB)
    port = resolve_port(board)
    if is_lab(board):
        return pairing.pair_for_now(port, wanted, progress)
    _refuse_virtual_name(name, port)
    return pair(port, wanted, name or _virtual_name(port), progress)


def _refuse_virtual_name(name: str | None, port: str) -> None:
    """UsageError for the name of a virtual board that is not the one at ``port``.

    A running one of that name is what --board would find.
    """
    flashes = [path.stem.rpartition("-")[0] for path in paths.state_dir().glob("virtual/*.flash")]
    running = {info.name: info.port for info in running_virtuals()}
    if name in {VIRTUAL, *flashes, *running} and running.get(name) != port:
        raise UsageError(f"A virtual board is called {name}; choose another name.")


def _virtual_name(port: str) -> str | None:
    """What a virtual board is to be called; it takes its name over from one whose flash is gone."""
    for info in running_virtuals():
        if info.port == port:
            namesake = find_board(info.name)
            if namesake and namesake.board_id != info.unique_id and is_virtual(namesake):
                forget(namesake.board_id)
                return info.name
            if find_board(info.unique_id) is None:
                return free_name(info.name, info.unique_id)
    return None


def pair_for_now(port: str, progress: Progress, embedding: str | None = None) -> Paired:
    """The same for a board that will be gone: it is not remembered."""
    return pairing.pair_for_now(port, for_pairing(embedding), progress)
