"""What a board prints between frames, as lines of the log ``tinyteach.board``."""

import logging
from collections.abc import Callable

from tinyteach.plain_text import plain

log = logging.getLogger("tinyteach.board")

# A board that prints no line ends does not fill memory.
LINE_CHARACTERS_MAX = 500


class LineLog:
    """Takes pieces of text and gives whole lines to ``write``, by default into the log."""

    def __init__(self, write: Callable[[str], object] = log.info) -> None:
        self._write = write
        self._waiting = ""

    def add(self, text: str) -> None:
        """Take a piece; write the lines that are complete."""
        *lines, self._waiting = (self._waiting + text).split("\n")
        for line in lines:
            self._put(line)
        if len(self._waiting) > LINE_CHARACTERS_MAX:
            self.flush()

    def flush(self) -> None:
        """Write what waits for its line's end."""
        self._put(self._waiting)
        self._waiting = ""

    def _put(self, line: str) -> None:
        """Write a line, in pieces where it is very long."""
        shown = plain(line.rstrip())
        for at in range(0, len(shown), LINE_CHARACTERS_MAX):
            if piece := shown[at : at + LINE_CHARACTERS_MAX].strip():
                self._write(piece)
