"""Wipe a board, or unpair it."""

from dataclasses import asdict, dataclass
from typing import Any

from tinyteach.service.boards import resolve_port


@dataclass(frozen=True)
class Wiped:
    """What was taken off a board."""

    board: str
    files: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def sentence(self) -> str:
        if not self.files:
            return f"The board {self.board} had learnt nothing."
        return f"The board {self.board} has forgotten all it had learnt ({self.files} files)."


@dataclass(frozen=True)
class Unpaired:
    """A board without the agent; ``restored``: the user's own main.py is back."""

    board: str
    files: int
    restored: bool

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def sentence(self) -> str:
        own = " Its own main.py is back." if self.restored else ""
        return f"The board {self.board} is plain MicroPython again ({self.files} files gone).{own}"


def board_label(board: str | None) -> tuple[str, str]:
    """(port, what to call the board there): for a question before something is lost."""
    from tinyteach.device.registry import find_board

    port = resolve_port(board)
    known = find_board(board) if board else None
    return port, known.name if known else (board or port)


def wipe_board(board: str | None) -> Wiped:
    """Forget heads, rules, what was learnt and kept; agent and embedding stay."""
    from tinyteach.device.clearing import wipe
    from tinyteach.device.discovery import usb_serial_of
    from tinyteach.device.pairing import await_agent

    port, name = board_label(board)
    usb_serial = usb_serial_of(port)
    count = wipe(port)
    await_agent(port, usb_serial).close()
    return Wiped(name, count)


def unpair_board(board: str | None) -> Unpaired:
    """Remove the agent and all of its files, bring back a user's main.py, forget the board."""
    from tinyteach.device.clearing import unpair
    from tinyteach.device.registry import forget

    port, name = board_label(board)
    identity = _identity(port)
    count, restored = unpair(port)
    forget(identity, name)
    return Unpaired(name, count, restored)


def _identity(port: str) -> str:
    """The board's, where its agent still tells it."""
    from tinyteach.device.client import BoardClient
    from tinyteach.errors import BoardNotPairedError, BoardRefusedError

    try:
        with BoardClient(port) as client:
            return client.board_id
    except (BoardNotPairedError, BoardRefusedError):
        return ""
