"""From a word of --tt-board to an opened board: the one place that knows what words there are."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tinyteach.api.board import Board
from tinyteach.service.boards.finding import VIRTUAL, at_hand
from tinyteach.service.boards.virtual_boards import temporary_virtual_board
from tinyteach.service.tapes.taping import untaped


@contextmanager
def opened(word: str, instead: str | None = None) -> Iterator[Board]:
    """A board for as long as a run takes.

    ``virtual`` starts one of the run's own, paired, that sees the demo's cat; all else is what
    `tinyteach.Board` takes, and stays borrowed where that is of a lab. Raises what that raises.
    ``instead`` is a tape's name that answers for whatever board is meant.
    """
    if instead is not None:
        with Board(instead) as board:
            yield board
        return
    if word == VIRTUAL:
        with ExitStack() as stack:
            with untaped():  # a tape begins with the run's own session, not with pairing
                port = stack.enter_context(temporary_virtual_board())
            yield stack.enter_context(Board(port))
        return
    # Beside the board: one of a lab stays borrowed while its session is begun anew.
    with at_hand(word), Board(word) as board:
        yield board
