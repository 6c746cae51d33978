"""Whether a board of the lab may be lent: asked quickly around each lease, by the doctor else.

A sick board is mended as far as its file allows: an agent of another version is replaced, a board
that does not answer has its power taken away for a moment, one with other firmware is flashed.
"""

import subprocess
from dataclasses import dataclass

from tinyteach import __version__
from tinyteach.device.at.module_client import ModuleClient
from tinyteach.errors import BoardNotPairedError, LinkError, TinyTeachError
from tinyteach.plain_text import plain
from tinyteach.service.boards.finding import resolve_port
from tinyteach.service.boards.opening import pair_for_now
from tinyteach.service.boards.sessions import Session, identity, open_session
from tinyteach.service.doctor.examination import examine
from tinyteach.service.flash.flashing import flash_board
from tinyteach.service.lab.lab_file import LabBoard

POWER_TIMEOUT_S = 60.0
# The doctor's lines that are to be read, but no reason not to be lent: a slow link is some boards'
# nature, a clock is set by whoever needs it, and the last boot is over.
TOLERATED = ("link", "clock", "last boot")
OTHER_AGENT = "its agent is version {theirs}, and this computer has {ours}"
NOT_PRIVATE = (
    "it is not private, so whoever reaches its port may use it (pair it with --private, or say "
    "open = true in the lab's file)"
)
OTHER_FIRMWARE = "its MicroPython is {theirs}, and the lab's file wants {ours}"
OTHER_BOARD = "another board is in its place: {theirs} where {ours} was"


class SickError(TinyTeachError):
    """The board may not be lent; the message is the reason, as a clause."""


class WrongAgentError(SickError):
    """A pairing may mend it."""


class OtherFirmwareError(SickError):
    """It has another MicroPython than it should, or none that could be paired."""


@dataclass
class Upkeep:
    """What was done to a board for good, for as long as it is lent by this program.

    ``flashed``: once is enough, since flash wears and what did not help then does not help now.
    """

    flashed: bool = False


def check(board: LabBoard, board_id: str = "") -> str:
    """Who answers, in some milliseconds; ``board_id`` is who it must be, where that is known.

    Raises SickError, WrongAgentError where it has none or another's agent.
    """
    try:
        with open_session(board.board) as session:
            return _checked(board, session, board_id)
    except SickError:
        raise
    except BoardNotPairedError as error:
        raise WrongAgentError(error.happened) from error
    except TinyTeachError as error:
        raise SickError(error.happened) from error


def _checked(board: LabBoard, session: Session, board_id: str) -> str:
    who = identity(session)
    if board_id and who != board_id:
        raise SickError(OTHER_BOARD.format(theirs=who, ours=board_id))
    is_private = not isinstance(session, ModuleClient) and session.is_private
    if not (is_private or board.open):
        raise SickError(NOT_PRIVATE)
    if isinstance(session, ModuleClient):
        return who
    if session.welcome.agent_version != __version__:
        theirs = session.welcome.agent_version
        raise WrongAgentError(OTHER_AGENT.format(theirs=theirs, ours=__version__))
    info = session.info()
    if not info.micropython.startswith(board.micropython):
        raise OtherFirmwareError(
            OTHER_FIRMWARE.format(theirs=info.micropython, ours=board.micropython)
        )
    if info.trouble[0]:
        raise SickError(info.trouble[0])
    return who


def examine_fully(board: LabBoard, board_id: str = "", upkeep: Upkeep | None = None) -> str:
    """Mend what can be, then ask the doctor: who it is. Raises SickError."""
    try:
        who = check(board, board_id)
    except SickError as error:
        who = _mended(board, board_id, error, upkeep or Upkeep())
    page = examine(board.board, _quiet)
    faults = [fault for fault in page.faults if fault.name not in TOLERATED]
    if faults:
        raise SickError(f"{faults[0].name}: {faults[0].line()}".rstrip("."))
    return who


def _mended(board: LabBoard, board_id: str, why: SickError, upkeep: Upkeep) -> str:
    """Who answers after what the file allows. Raises SickError, ``why`` where it allows nothing."""
    if board.power and not _answers_at_all(why):
        cycle_power(board)
        try:
            return check(board, board_id)
        except (WrongAgentError, OtherFirmwareError) as error:
            why = error
    if board.repair and isinstance(why, WrongAgentError):
        try:
            return _paired(board, board_id, why)
        except OtherFirmwareError as error:
            why = error
    if not (board.image and isinstance(why, OtherFirmwareError)) or upkeep.flashed:
        raise why
    upkeep.flashed = True
    try:
        flash_board(board.board, board.image, _quiet, _quiet)
    except TinyTeachError as error:
        raise SickError(f"{why}, and could not be flashed: {error.happened}") from error
    return _paired(board, board_id, SickError(f"{why}; it was flashed with {board.image}"))


def _paired(board: LabBoard, board_id: str, why: SickError) -> str:
    """Who answers then. OtherFirmwareError where nothing there could be paired."""
    try:
        pair_for_now(resolve_port(board.board), _quiet)
    except TinyTeachError as error:
        also = f", and could not be paired: {error.happened}" if error.happened != str(why) else ""
        raise OtherFirmwareError(f"{why}{also}") from error
    return check(board, board_id)


def _answers_at_all(why: SickError) -> bool:
    return not isinstance(why.__cause__, LinkError | BoardNotPairedError)


def cycle_power(board: LabBoard) -> None:
    """Run the file's command; SickError where it fails."""
    try:
        subprocess.run(
            board.power,
            check=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=POWER_TIMEOUT_S,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise SickError(f"its power could not be cycled: {plain(str(error))}") from error


def _quiet(*_: object) -> None:
    """Progress that nobody sees."""
