"""A session with what is at a port: a board with the agent, or a module with Seeed's firmware."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from tinyteach.device.at.module_client import ModuleClient
from tinyteach.device.at.refusals import ModuleSilentError, NotAModuleError
from tinyteach.device.registry import was_paired
from tinyteach.device.usb.discovery import attached_ports
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import BoardRefusedError
from tinyteach.service.boards.finding import at_hand, resolve_port, running_virtuals
from tinyteach.service.boards.module_overview import ModuleOverview, module_overview
from tinyteach.service.boards.opening import open_board
from tinyteach.service.boards.overview import BoardOverview, board_info
from tinyteach.virtual.running import GROVE

Session = BoardClient | ModuleClient
Overview = BoardOverview | ModuleOverview

CANNOT = (
    "A Grove Vision AI V2 runs Seeed's firmware, which cannot do this; 'tinyteach preview', "
    "'capture', 'deploy' and 'watch' work with it."
)
NEEDS_NO_PAIRING = (
    "A Grove Vision AI V2 keeps Seeed's firmware and needs no pairing; go on with 'tinyteach "
    "--board {board} capture'."
)


@contextmanager
def open_session(board: str | None) -> Iterator[Session]:
    """A session with a board or a module, as `resolve_port` finds it."""
    with at_hand(board) as port, module_at(port) or open_board(board) as session:
        yield session


def module_at(port: str) -> ModuleClient | None:
    """An open module; None where there is none, or nothing that tells.

    Its USB chip is on boards of others, too: a blank one is silent, and is to be flashed.
    """
    if is_virtual_module(port):
        return ModuleClient(port)
    if not _may_be_module(port):
        return None
    try:
        return ModuleClient(port)
    except (NotAModuleError, ModuleSilentError):
        return None


def _may_be_module(port: str) -> bool:
    attached = next((each for each in attached_ports() if each.port == port), None)
    could = attached is not None and attached.product is not None and attached.product.may_be_module
    return could and not was_paired(port)


def is_virtual_module(port: str) -> bool:
    """Whether a virtual module runs there."""
    real = os.path.realpath(port)
    return any(info.port == real and info.kind == GROVE for info in running_virtuals())


def identity(session: Session) -> str:
    """The same at whatever port."""
    return session.module_id if isinstance(session, ModuleClient) else session.board_id


def overview_of(session: Session) -> Overview:
    """Ask what is there what it is."""
    if isinstance(session, ModuleClient):
        return module_overview(session)
    return board_info(session)


def agent_of(session: Session) -> BoardClient:
    """The session, for what only a board with the agent does; BoardRefusedError with a module."""
    if isinstance(session, ModuleClient):
        raise BoardRefusedError(CANNOT)
    return session


@contextmanager
def open_agent(board: str | None) -> Iterator[BoardClient]:
    """A session with a board, for what only one with the agent does."""
    with open_session(board) as session:
        yield agent_of(session)


def is_module(board: str | None) -> bool:
    """Whether a module is there; its port must be free."""
    module = module_at(resolve_port(board))
    if module is not None:
        module.close()
    return module is not None


def refuse_module(board: str | None, sentence: str = CANNOT) -> None:
    """BoardRefusedError where a module is there; ``sentence`` may name the ``{board}``."""
    if is_module(board):
        raise BoardRefusedError(sentence.format(board=board or resolve_port(board)))
