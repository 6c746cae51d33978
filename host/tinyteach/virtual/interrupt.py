"""Ctrl-C on the virtual board: the program takes it where it disturbs nothing, or is made to."""

from tinyteach.virtual.board_memory import NO_INTERRUPT_CHAR, BoardMemory
from tinyteach.virtual.process import Processor

# A program gets so many seconds of computing to reach a place where Ctrl-C disturbs nothing.
INTERRUPT_GRACE_S = 0.25
# And so long in all while it reads its flash: an import takes an interrupt for a missing file.
INTERRUPT_READING_S = 1.0
INTERRUPT_POLL_S = 0.002


class Interrupt:
    """One that was asked for and has not reached the program yet, if any."""

    def __init__(self, memory: BoardMemory, processor: Processor) -> None:
        self._memory, self._processor = memory, processor
        self._since_s: float | None = None
        self._reads, self._read_s = 0, 0.0

    def request(self) -> None:
        self._memory.interrupt_requested = True
        if self._since_s is None:
            self._since_s = self._processor.worked_s()
            self._reads, self._read_s = self._memory.flash_reads, self._since_s

    def forget(self) -> None:
        self._since_s = None

    @property
    def waiting(self) -> bool:
        """Whether `pursue` is to be called soon."""
        return self._since_s is not None

    def pursue(self) -> None:
        """Signal the program, unless it takes the request from its register by itself.

        MicroPython's unix port raises KeyboardInterrupt out of the signal's
        handler, wherever the program is: inside the garbage collector too,
        which then stays locked. So the signal waits until the process sleeps
        in the operating system, or its time of grace is over.
        """
        if self._since_s is None:
            return
        memory = self._memory
        if not memory.interrupt_requested or memory.interrupt_char == NO_INTERRUPT_CHAR:
            self._since_s = None
        elif self._processor.sleeping() or self._overdue(self._since_s):
            memory.interrupt_requested = False
            self._since_s = None
            self._processor.interrupt()

    def _overdue(self, since_s: float) -> bool:
        now_s = self._processor.worked_s()
        if self._memory.flash_reads != self._reads:
            self._reads, self._read_s = self._memory.flash_reads, now_s
        reading = now_s - self._read_s < INTERRUPT_GRACE_S
        return now_s - since_s > (INTERRUPT_READING_S if reading else INTERRUPT_GRACE_S)
