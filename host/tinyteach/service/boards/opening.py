"""Boards: list, find, open, pair, describe."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tinyteach import paths
from tinyteach.device.registry import PairedBoard, find_board, forget, free_name, paired_boards
from tinyteach.device.repl import pairing
from tinyteach.device.repl.pairing import Paired, pair
from tinyteach.device.usb.discovery import (
    AttachedPort,
    attached_ports,
    port_of,
    usb_serial_of,
    waiting_boot_loaders,
)
from tinyteach.device.usb.products import BOOT_LOADER, NO_MICROPYTHON
from tinyteach.device.wire.client import BoardClient
from tinyteach.device.wire.session import BoardSilentError
from tinyteach.errors import BoardNotFoundError, BoardNotPairedError, UsageError
from tinyteach.lab.borrowed import lent, lent_until_exit
from tinyteach.lab.places import is_lab
from tinyteach.link.port_holder import holders
from tinyteach.progress import Progress
from tinyteach.results import JsonResult
from tinyteach.service.projects.embeddings import for_pairing
from tinyteach.service.projects.opening import project_meant
from tinyteach.virtual.running import GROVE, VirtualInfo, running

VIRTUAL = "virtual"
VIRTUAL_MACHINE = "TinyTeach virtual board"  # what its MicroPython calls it
BOARD_VARIABLE = "TINYTEACH_BOARD"
ANOTHER_BOARD = "Another board is where {name} was; connect {name}, or name a port with --board."
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
START_HINT = "'tinyteach boards start' starts a virtual one"


class AnotherBoardError(BoardNotFoundError):
    """Where the board that was named should be, there is another one."""


@dataclass(frozen=True)
class BoardEntry(JsonResult):
    """A board in the list; ``port`` is empty where it is paired but not attached."""

    name: str
    port: str
    kind: str
    status: str


def list_boards() -> list[BoardEntry]:
    """Running virtual boards, attached ports, and paired boards that are not attached."""
    paired = paired_boards()
    by_serial = {board.usb_serial: board for board in paired if board.usb_serial}
    entries = [_virtual_entry(info, paired) for info in running_virtuals()]
    for attached in attached_ports():
        known = next((b for serial, b in by_serial.items() if attached.is_device(serial)), None)
        if known:
            del by_serial[known.usb_serial]
        entries.append(_attached_entry(attached, known))
    entries += [BoardEntry(b.name, "", b.machine, "not attached") for b in by_serial.values()]
    entries += [BoardEntry("–", "", p.name, p.hint) for p in waiting_boot_loaders()]
    return entries


def _attached_entry(attached: AttachedPort, known: PairedBoard | None) -> BoardEntry:
    """What a port has; a paired board needs no advice unless it runs something else now."""
    product = attached.product
    runs_else = product is not None and product.mode in (BOOT_LOADER, NO_MICROPYTHON)
    status = "paired" if known else "attached, not paired"
    if product and product.hint and (runs_else or not known):
        status = f"{status}; {product.hint}"
    for holder in holders(attached.port):
        status = f"{status}; open in {holder}"
    name = known.name if known else attached.port
    return BoardEntry(name, attached.port, attached.description, status)


def _virtual_entry(info: VirtualInfo, paired: list[PairedBoard]) -> BoardEntry:
    known = any(board.board_id == info.unique_id for board in paired)
    status = "running, paired" if known else "running, not paired"
    return BoardEntry(
        info.name, info.port, virtual_kind(info), "running" if info.kind == GROVE else status
    )


def virtual_kind(info: VirtualInfo) -> str:
    """What a virtual board or module is, as the list of boards has it."""
    what = "virtual Grove Vision AI V2" if info.kind == GROVE else "virtual board"
    return f"{what} ({info.arch})"


def running_virtuals() -> list[VirtualInfo]:
    """Virtual boards and modules that run in the background; there are none on Windows."""
    if sys.platform == "win32":
        return []
    return running()


def virtual_processes() -> set[int]:
    """The processes that are virtual boards: each holds the other end of its port."""
    return {info.pid for info in running_virtuals()}


def virtual_ports() -> set[str]:
    """Where the virtual boards are that run in the background."""
    return {info.port for info in running_virtuals()}


# Finding a board


def board_meant(named: str | None, folder: Path | None, or_new: bool = False) -> str | None:
    """Which board a command means; None: the only one that is attached.

    The one that it names, else the environment's TINYTEACH_BOARD, else the project's. The project
    is ``folder``, or with None the current folder where that is one. Raises ProjectError where
    ``folder`` is none, unless it may yet have to be made (``or_new``), or is damaged.
    """
    wanted = _wanted(named)
    if wanted is not None:
        return wanted
    project = project_meant(folder, or_new)
    return (project.board or None) if project else None


def resolve_port(board: str | None) -> str:
    """Where a board is: by name, identity, port, URL or ``virtual``; None takes the only one.

    One of a lab, ``lab:`` and a name or tag, is borrowed until this process ends, or until the end
    of `at_hand`. Raises BoardNotFoundError with a sentence that says what there is.
    """
    wanted = _wanted(board)
    if wanted is None:
        return _only_board()
    if is_lab(wanted):
        return lent_until_exit(wanted)
    for info in running_virtuals():
        if wanted in (info.name, info.unique_id):
            return info.port
    if wanted == VIRTUAL:
        raise BoardNotFoundError(f"The virtual board does not run; {START_HINT}.")
    return _port_of_paired(wanted) or _as_port(wanted)


@contextmanager
def at_hand(board: str | None) -> Iterator[str]:
    """The same for as long as it is needed: a board of a lab is given back at the end.

    Inside, `resolve_port` gives the same board. Raises what `lab.borrowing.acquire` does.
    """
    wanted = _wanted(board)
    if is_lab(wanted):
        with lent(str(wanted)) as url:
            yield url
    else:
        yield resolve_port(board)


def _wanted(board: str | None) -> str | None:
    return board or os.environ.get(BOARD_VARIABLE) or None


def _only_board() -> str:
    present = [entry for entry in list_boards() if entry.port]
    if len(present) == 1:
        return present[0].port
    if not present:
        raise BoardNotFoundError(f"No board is attached; connect one by USB, or {START_HINT}.")
    names = ", ".join(f"{entry.name}: {entry.kind}" for entry in present)
    raise BoardNotFoundError(f"There are several boards ({names}); choose one with --board.")


def _port_of_paired(name: str) -> str | None:
    known = find_board(name)
    if known is None:
        return None
    for info in running_virtuals():
        if info.unique_id == known.board_id:
            return info.port
    port = port_of(known.usb_serial)
    if port is None and known.usb_serial and usb_serial_of(known.port):
        raise AnotherBoardError(ANOTHER_BOARD.format(name=known.name))
    return port or known.port


def _as_port(wanted: str) -> str:
    looks_like_port = "/" in wanted or "://" in wanted or wanted.upper().startswith("COM")
    if not looks_like_port:
        raise BoardNotFoundError(
            f"No board is called {wanted!r}; 'tinyteach boards' lists what there is, and --board "
            "names one."
        )
    return wanted


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
    wanted = _wanted(board)
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
