"""--tt-record and --tt-replay; light, since every pytest run loads it."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tinyteach.files import make_folder

if TYPE_CHECKING:
    from tinyteach.service.tapes.replaying import Replay
    from tinyteach.service.tapes.taping import Recorder

BOTH = "A run is recorded or replayed; leave out --tt-record or --tt-replay."
WORKERS = "One process replays a tape; leave out -n with --tt-replay."
OTHER_TESTS = "The tape {} has nothing of {}; it holds {}. Replay these, or record a new one."
NAMES_MAX = 8  # in a sentence
AGAIN = "pytest --tt-replay={} with the same tests runs them without the board."


@dataclass
class TapeOption:
    """A tape that is made of the run, or one that answers in its boards' place.

    ``instead`` is the board's name of one that answers, ``worker`` which of several makes this one.
    """

    stack: ExitStack
    path: Path
    worker: str = ""
    recorder: "Recorder | None" = None
    replay: "Replay | None" = None
    instead: str | None = None

    def begin_test(self, name: str) -> None:
        """Of a test that uses boards, before they are opened."""
        if self.recorder:
            self.recorder.begin_test(name)

    def refusal(self, tests: Sequence[str]) -> str:
        """A sentence where the tape is of other tests than these; else empty."""
        held = self.replay.tape.tests if self.replay else []
        others = [test for test in tests if test not in held]
        if not held or not others:
            return ""
        return OTHER_TESTS.format(self.path, _named(others), _named(held))

    def facts(self) -> dict[str, str | int]:
        """For the report; nothing while no board was opened."""
        if self.replay:
            return {"replayed tape": str(self.path)}
        return {f"tape {self.worker}".strip(): str(self.path)} if self.path.exists() else {}

    def departure(self) -> str:
        """Where the host first sent something else than then, in a sentence; else empty."""
        found = self.replay.departure if self.replay else None
        return found.sentence() if found else ""

    def said(self) -> Iterator[str]:
        """For the end of the run."""
        if self.replay:
            yield self.replay.in_words()
        elif self.recorder and self.path.exists():
            yield from filter(None, [self.recorder.in_words(), AGAIN.format(self.path)])

    def close(self) -> None:
        """The end of the tape."""
        self.stack.close()


def _named(tests: Sequence[str]) -> str:
    left = len(tests) - NAMES_MAX
    return ", ".join(tests[:NAMES_MAX]) + (f" and {left} more" if left > 0 else "")


def tape_option(config: pytest.Config) -> TapeOption | None:
    """None without a tape; TapeError where one cannot be read, ProjectError without a folder."""
    record, replay = (config.getoption(name) for name in ("--tt-record", "--tt-replay"))
    if record and replay:
        raise pytest.UsageError(BOTH)
    if replay:
        if config.getoption("numprocesses", None):
            raise pytest.UsageError(WORKERS)
        return _replayed(Path(replay))
    return _recorded(Path(record), _worker_of(config)) if record else None


def _worker_of(config: pytest.Config) -> str:
    """Of pytest-xdist; empty where there is one process."""
    return str(getattr(config, "workerinput", {}).get("workerid", ""))


def _recorded(folder: Path, worker: str) -> TapeOption:
    from tinyteach.service.tapes.taping import taping

    make_folder(folder)
    stack = ExitStack()
    recorder = stack.enter_context(taping(folder))
    return TapeOption(stack, recorder.path, worker, recorder=recorder)


def _replayed(file: Path) -> TapeOption:
    from tinyteach.service.tapes.replaying import replaying

    stack = ExitStack()
    tape = stack.enter_context(replaying(file))
    return TapeOption(stack, file, replay=tape.replay, instead=tape.name)
