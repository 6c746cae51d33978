"""Which project a studio has open, if any, and how it goes to another beside it."""

import contextlib
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from tinyteach.errors import ProjectError
from tinyteach.plain_text import plain
from tinyteach.service.boards.finding import board_meant
from tinyteach.service.projects import beside
from tinyteach.workbench.workbench import Workbench

NONE_OPEN = "No project is open in the studio; choose or make one on its page."
ANOTHER_OPEN = "The studio has gone to another project; reload the page."
Claim = Callable[[Path], AbstractContextManager[object]]


def unclaimed(project: Path) -> AbstractContextManager[object]:
    """Where nobody else could have the project open."""
    return contextlib.nullcontext()


class Desk:
    """A context manager that closes what is open. Methods may be called from any thread.

    ``claim(project)`` enters as the only studio of a project, or raises; it is left with it. The
    folder that the studio was started in, whatever it is, says which projects there are: those
    beside it where it is one or empty, else those in it.
    """

    def __init__(self, folder: Path, claim: Claim = unclaimed) -> None:
        self._place, self._suggested = beside.place_of(folder)
        self._claim = claim
        self._claimed = contextlib.ExitStack()
        self._moving = threading.Lock()
        self._listeners: list[Callable[[], None]] = []
        self._board: str | None = None
        self.bench: Workbench | None = None
        if beside.is_project(folder):
            self._claimed.enter_context(claim(folder.resolve()))
            self.bench = Workbench(folder)

    def start(self, board: str | None) -> None:
        """Train and connect the board that is meant, once a project is open."""
        self._board = board
        if self.bench:
            self.bench.start(board)

    def opened(self, project: str = "") -> Workbench:
        """The workbench; ProjectError where no project is open, or another than in this folder."""
        if self.bench is None:
            raise ProjectError(NONE_OPEN)
        if project and project != str(self.bench.folder):
            raise ProjectError(ANOTHER_OPEN)
        return self.bench

    def told(self) -> dict[str, object]:
        """As docs/studio-api.md has it."""
        rows = [each.as_dict() for each in beside.neighbours(self._place)]
        name = self.bench.folder.name if self.bench else None
        suggested = "" if self.bench else self._suggested
        place = plain(str(self._place))
        return {"place": place, "open": name, "suggested": suggested, "projects": rows}

    def open(self, name: str) -> str:
        """Go to a project; returns its name. ProjectError: the one before stays open."""
        return self._move(lambda: beside.neighbour(self._place, name))

    def make(self, name: str) -> str:
        """Make a project and go there."""
        return self._move(lambda: beside.make_beside(self._place, name))

    def duplicate(self, source: str, name: str) -> str:
        """Copy a project and go to the copy."""
        bench = self.bench
        with bench.changing if bench else contextlib.nullcontext():
            copied = beside.duplicate(self._place, source, name)
        return self._move(lambda: copied)

    def _move(self, there: Callable[[], Path]) -> str:
        with self._moving:
            folder = there().resolve()
            if self.bench is None or self.bench.folder != folder:
                self._go_to(folder)
        return folder.name

    def _go_to(self, folder: Path) -> None:
        with contextlib.ExitStack() as claimed:
            claimed.enter_context(self._claim(folder))
            bench = Workbench(folder)
            before, self.bench = self.bench, bench
            self._claimed, left = claimed.pop_all(), self._claimed
        if before:
            before.hand_over(bench)
        else:
            bench.start(self._board or board_meant(None, folder))
        left.close()
        for listener in list(self._listeners):
            listener()

    def on_move(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have ``listener`` called once another project is open; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def __enter__(self) -> "Desk":
        return self

    def __exit__(self, *_: object) -> None:
        if self.bench:
            self.bench.close()
        self._claimed.close()
