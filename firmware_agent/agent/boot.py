"""How starts went: why the board started, which crash was the last, when safe mode is due.

``/tinyteach/starts`` holds two bytes: how many starts in a row have not gone well yet, and 1
where one of them ended in a crash that was written down. Loaded when needed only (seldom.py).
"""

import io
import sys
import time

from agent import VERSION, board, files
from agent.slots import DIRECTORY

STARTS = DIRECTORY + "/starts"
# The third start after two that crashed is in safe mode.
_STARTS_MAX = const(2)
_PAUSE_MS = const(1000)
_TRACE_CHARACTERS = const(3000)


def begin() -> bool:
    """Count this start; True where it is to be in safe mode."""
    files.make_directory(DIRECTORY)
    count, crashed = _starts()
    # Someone who plugs a board in and out is no crash loop, unless a crash was written down.
    if not crashed and board.reset_cause() == "PWRON":
        count = 0
    if count >= _STARTS_MAX:
        return True
    _write(count + 1, crashed)
    return False


def _starts() -> tuple[int, int]:
    try:
        count, crashed = files.read_whole(STARTS)
        return count, crashed
    except (OSError, ValueError):
        return 0, 0


def _write(count: int, crashed: int) -> None:
    with open(STARTS, "wb") as file:
        file.write(bytes((count, crashed)))


def settled() -> None:
    """This start has gone well: the next crash is the first again."""
    files.remove(STARTS)


def answered() -> None:
    """A host was answered: the start has gone well, but for a crash while there is no host."""
    if not _starts()[1]:
        settled()


def crashed(error: Exception, may_restart: bool) -> None:
    """Show the traceback and write it down; then start anew, or leave the port to the REPL."""
    sys.print_exception(error)
    try:
        _write_down(error)
    except OSError as problem:
        print(problem)
    if may_restart:
        # Time for Ctrl-C, so that a board in a crash loop can be stopped by it, too.
        time.sleep_ms(_PAUSE_MS)
        board.restart()


def _write_down(error: Exception) -> None:
    note(error)
    _write(max(1, _starts()[0]), 1)


def note(error: Exception) -> None:
    """The traceback into crash.txt, unless it holds the same: what comes again wears no flash."""
    trace = io.StringIO()
    sys.print_exception(error, trace)
    text = "TinyTeach's agent %s\n%s" % (VERSION, trace.getvalue()[:_TRACE_CHARACTERS])
    try:
        known = files.read_whole(board.CRASH) == text.encode()
    except OSError:
        known = False
    if not known:
        files.replace_text(board.CRASH, text)
