"""From a word of --tt-board to an opened board: the one place that knows what words there are."""

from collections.abc import Iterator
from contextlib import contextmanager

from tinyteach.api.board import Board
from tinyteach.service.boards.opening import at_hand
from tinyteach.service.boards.virtual_boards import VIRTUAL, temporary_virtual_board


@contextmanager
def opened(word: str) -> Iterator[Board]:
    """A board for as long as a run takes.

    ``virtual`` starts one of the run's own, paired, that sees the demo's cat; all else is what
    `tinyteach.Board` takes, and stays borrowed where that is of a lab. Raises what that raises.
    """
    if word == VIRTUAL:
        with temporary_virtual_board() as port, Board(port) as board:
            yield board
        return
    # Beside the board: one of a lab stays borrowed while its session is begun anew.
    with at_hand(word), Board(word) as board:
        yield board
