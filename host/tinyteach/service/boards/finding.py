"""Which boards there are, and where: list, find.

Light, so that a board that is not there is told before what opens boards is imported.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tinyteach.coded import Coded, fill, say
from tinyteach.device.registry import PairedBoard, find_board, paired_boards
from tinyteach.device.usb.discovery import (
    AttachedPort,
    attached_ports,
    port_of,
    usb_serial_of,
    waiting_boot_loaders,
)
from tinyteach.device.usb.products import BOOT_LOADER, NO_MICROPYTHON, Product
from tinyteach.errors import BoardNotFoundError
from tinyteach.lab.borrowed import lent, lent_until_exit
from tinyteach.lab.places import is_lab
from tinyteach.link.port_holder import MISSING_HINT, Holder, holders, is_missing
from tinyteach.results import JsonResult
from tinyteach.service.projects.opening import project_meant
from tinyteach.virtual.running import GROVE, VirtualInfo, running

VIRTUAL = "virtual"
BOARD_VARIABLE = "TINYTEACH_BOARD"
ANOTHER_BOARD = "Another board is where {name} was; connect {name}, or name a port with --board."
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
    status = _paired(known) if known else say("board-new", "attached, not paired")
    if product and product.hint and (runs_else or not known):
        status = _and(status, _hint(product))
    for holder in holders(attached.port):
        status = _and(status, _open_in(holder))
    name = known.name if known else attached.port
    return BoardEntry(name, attached.port, attached.description, status)


def _and(status: str, more: str) -> Coded:
    return fill("board-status", "{status}; {more}", status=status, more=more)


def _hint(product: Product) -> str:
    if not product.mode:
        return product.todo
    return say("board-in-mode", product.hint, mode=product.mode, to_do=product.todo)


def _open_in(holder: Holder) -> Coded:
    told = "open in {program} (process {pid})"
    return fill("board-open-in", told, program=holder.name, pid=holder.pid)


def _paired(board: PairedBoard) -> Coded:
    if board.private:
        return say("board-private", "paired, private")
    return say("board-paired", "paired")


def _virtual_entry(info: VirtualInfo, paired: list[PairedBoard]) -> BoardEntry:
    known = next((board for board in paired if board.board_id == info.unique_id), None)
    return BoardEntry(info.name, info.port, virtual_kind(info), _virtual_status(info, known))


def _virtual_status(info: VirtualInfo, known: PairedBoard | None) -> Coded:
    if info.kind == GROVE:
        return say("virtual-running", "running")
    if known is None:
        return say("virtual-new", "running, not paired")
    if known.private:
        return say("virtual-private", "running, paired, private")
    return say("virtual-paired", "running, paired")


def virtual_kind(info: VirtualInfo) -> str:
    """What a virtual board or module is, as the list of boards has it."""
    if info.kind == GROVE:
        return fill("virtual-grove", "virtual Grove Vision AI V2 ({arch})", arch=info.arch)
    return fill("virtual-board", "virtual board ({arch})", arch=info.arch)


def running_virtuals() -> list[VirtualInfo]:
    """Virtual boards and modules that run in the background; there are none on Windows."""
    if sys.platform == "win32":
        return []
    return running()


def virtual_meant(board: str) -> VirtualInfo:
    """The running virtual board that is named as `resolve_port` finds it.

    Raises BoardNotFoundError where there is none.
    """
    boards, known = running_virtuals(), find_board(board)
    for info in boards:
        if board in (info.name, info.unique_id, info.port):
            return info
    for info in boards:
        if known and known.board_id == info.unique_id:
            return info
    raise BoardNotFoundError(
        f"No virtual board named {board} runs; 'tinyteach boards' lists what there is, and "
        f"{START_HINT}."
    )


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
    wanted = board_wanted(named)
    if wanted is not None:
        return wanted
    project = project_meant(folder, or_new)
    return (project.board or None) if project else None


def resolve_port(board: str | None) -> str:
    """Where a board is: by name, identity, port, URL or ``virtual``; None takes the only one.

    One of a lab, ``lab:`` and a name or tag, is borrowed until this process ends, or until the end
    of `at_hand`. Raises BoardNotFoundError with a sentence that says what there is.
    """
    wanted = board_wanted(board)
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


def check_there(board: str | None) -> None:
    """BoardNotFoundError where a board is not, as far as that is known before it is opened.

    One of a lab is not asked for.
    """
    if is_lab(board_wanted(board)):
        return
    port = resolve_port(board)
    if is_missing(port) and port not in [each.port for each in attached_ports()]:
        raise BoardNotFoundError(MISSING_HINT.format(port=port))


@contextmanager
def at_hand(board: str | None) -> Iterator[str]:
    """The same for as long as it is needed: a board of a lab is given back at the end.

    Inside, `resolve_port` gives the same board. Raises what `lab.borrowing.acquire` does.
    """
    wanted = board_wanted(board)
    if is_lab(wanted):
        with lent(str(wanted)) as url:
            yield url
    else:
        yield resolve_port(board)


def board_wanted(board: str | None) -> str | None:
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
