"""A board without hardware, in a program or a test."""

from tinyteach.api.opened import Opened
from tinyteach.api.pictures import Picture, as_square
from tinyteach.device.repl.pairing import Paired
from tinyteach.progress import Progress, shown
from tinyteach.service.boards.opening import pair_for_now
from tinyteach.service.boards.virtual_boards import virtual_board


class VirtualBoard(Opened):
    """A real MicroPython with a camera that sees what it is shown; gone when it is closed.

    ``arch`` is Debian's name of an architecture: i386 has 32-bit words, as boards have; without
    it, this machine's. Raises MissingToolError where no MicroPython can be had.
    """

    def __init__(self, arch: str | None = None) -> None:
        self._opened = virtual_board(arch)
        self._board = self._opened.__enter__()

    @property
    def port(self) -> str:
        """Where pyserial, mpremote and `Board` find it."""
        return self._board.port

    def pair(self, embedding: str | None = None, progress: Progress | None = None) -> Paired:
        """Put the agent and an embedding on it (by default base); it is not remembered."""
        with shown(progress) as tell:
            return pair_for_now(self.port, tell, embedding)

    def show(self, picture: Picture) -> None:
        """Hold a picture before its camera."""
        self._board.show(as_square(picture))

    def pin(self, number: int) -> int:
        """The level of a pin: 0 or 1."""
        return self._board.pin(number)

    def reset(self) -> None:
        """Press its reset button."""
        self._board.reset()
