"""A tape in a board's place: what is opened there runs offline."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tinyteach.device.wire.client import BoardClient
from tinyteach.link.tape.opened import playing
from tinyteach.link.tape.replay import Replay
from tinyteach.service.boards.opening import open_board

__all__ = ["Replay", "TapeBoard", "replaying"]


@dataclass(frozen=True)
class TapeBoard:
    """``name`` is what `tt.Board`, `open_board` and --board take for this tape."""

    name: str
    replay: Replay

    def open(self) -> AbstractContextManager[BoardClient]:
        """A session as the tape's next connection has it."""
        return open_board(self.name)


@contextmanager
def replaying(file: Path, real_time: bool = False) -> Iterator[TapeBoard]:
    """A tape from its beginning, at once or in real time; TapeError where it cannot be read.

    The connections that are opened to it are those of the tape, in their order.
    """
    with playing(file, real_time) as (name, replay):
        yield TapeBoard(name, replay)
