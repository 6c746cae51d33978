"""What a board must have for a test: `needs("camera", "psram")` and `hardware`."""

from collections.abc import Callable, Iterable

from tinyteach.api.board import Board
from tinyteach.errors import UsageError
from tinyteach.service.boards.opening import VIRTUAL_MACHINE

# More heap than any chip's own memory: the firmware has put it into external memory.
PSRAM_BYTES = 1 << 20
HARDWARE = "hardware"
UNKNOWN = "No board can be asked for {!r}; a test needs some of {}."


def _has_camera(board: Board) -> bool:
    return board.is_module or board.client.has_camera


def _has_psram(board: Board) -> bool:
    return not board.is_module and board.client.info().heap_total >= PSRAM_BYTES


def _is_real(board: Board) -> bool:
    return board.is_module or not board.client.info().machine.startswith(VIRTUAL_MACHINE)


CAPABILITIES: dict[str, tuple[Callable[[Board], bool], str]] = {
    "camera": (_has_camera, "this board has no camera"),
    "psram": (_has_psram, "this board has no PSRAM"),
    "agent": (lambda board: not board.is_module, "no agent runs on this board"),
    HARDWARE: (_is_real, "this board is a virtual one"),
}


def check_words(words: Iterable[object]) -> None:
    """UsageError for what is no capability."""
    for word in words:
        if word not in CAPABILITIES:
            raise UsageError(UNKNOWN.format(word, ", ".join(CAPABILITIES)))


def lacking(board: Board, words: Iterable[str]) -> str:
    """Why a test that needs these cannot run on the board; empty where it can."""
    return next((why for has, why in map(CAPABILITIES.__getitem__, words) if not has(board)), "")
