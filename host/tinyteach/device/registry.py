"""The boards that have been paired, so that later commands find them by name."""

from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

from tinyteach import paths
from tinyteach.device.usb.discovery import usb_serial_of
from tinyteach.errors import UsageError
from tinyteach.files import made_folder, read_json, write_json
from tinyteach.locks import one_at_a_time
from tinyteach.plain_text import plain
from tinyteach.writable import check_writable

NAME_CHARACTERS_MAX = 63
NOT_A_NAME = (
    "A board's name is one line of 1 to 63 characters without / \\ and :, which ports have; choose "
    "another name."
)


@dataclass(frozen=True)
class PairedBoard:
    """A board that was paired; ``port`` is where it was last seen.

    ``colours`` is the order in which its camera gave them, as ``tinyteach doctor`` found it by
    the sensor's colour bar (`service/doctor/colours.py`); empty where nobody has looked. The
    board knows it too; pairing compares, because new firmware makes a board forget. ``private``:
    it was when it was paired.
    """

    board_id: str
    name: str
    port: str
    usb_serial: str
    machine: str
    colours: str = ""
    private: bool = False


_TEXT = ("board_id", "name", "port", "usb_serial", "machine")
_ENTRY = {**dict.fromkeys(_TEXT, str), "colours": (str, None), "private": (bool, None)}


def _file() -> Path:
    return paths.config_dir() / "boards.json"


def paired_boards() -> list[PairedBoard]:
    """All paired boards, by name."""
    try:
        entries = read_json(_file(), [_ENTRY])
        boards = [PairedBoard(**entry) for entry in entries]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError) as error:
        raise UsageError(f"{_file()} is damaged; delete it and pair the boards again.") from error
    return sorted(boards, key=lambda board: board.name)


def find_board(name: str) -> PairedBoard | None:
    """The paired board of that name or identity."""
    return next((b for b in paired_boards() if name in (b.name, b.board_id)), None)


def changing() -> AbstractContextManager[None]:
    """While what is read here is what is changed: no other process remembers or forgets."""
    return one_at_a_time(_file())


def check_remembers() -> None:
    """ProjectError where no board could be remembered now; before one is changed for it."""
    check_writable(_file().parent)


def remember(board: PairedBoard) -> None:
    """Keep a board, in place of what was known of it before."""
    with changing():
        others = [other for other in paired_boards() if other.board_id != board.board_id]
        _write([*others, board])


def forget(*names: str) -> None:
    """Forget boards by name or identity."""
    with changing():
        boards = paired_boards()
        left = [board for board in boards if not {board.name, board.board_id} & set(names)]
        if len(left) < len(boards):
            _write(left)


def _write(boards: list[PairedBoard]) -> None:
    with made_folder(_file().parent):
        write_json(_file(), [_entry(board) for board in boards])


def _entry(board: PairedBoard) -> dict[str, object]:
    """Without what a TinyTeach of before would not know, where nothing is said by it."""
    entry = asdict(board)
    return entry if board.private else {name: entry[name] for name in entry if name != "private"}


def check_name(name: str) -> None:
    """Raises UsageError for a name by which the board could not be told from a port, or seen."""
    is_seen = 0 < len(name) <= NAME_CHARACTERS_MAX and plain(name).strip() == name
    if not is_seen or set(name) & set("/\\:"):
        raise UsageError(NOT_A_NAME)


def free_name(wanted: str, board_id: str) -> str:
    """``wanted``, or with a number behind it where another board has that name."""
    taken = {board.name for board in paired_boards() if board.board_id != board_id}
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}-{number}", number + 1
    return name


def was_paired(port: str) -> bool:
    """Whether the board at the port is one that this computer has paired."""
    serial = usb_serial_of(port)
    return any(
        board.usb_serial == serial and (serial or board.port == port) for board in paired_boards()
    )
