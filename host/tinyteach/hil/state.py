"""What the plugin knows of its run; light, since every pytest run loads it."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tinyteach import errors
from tinyteach.hil.baseline_option import BaselineOption
from tinyteach.hil.results import Pending, Run
from tinyteach.hil.settings import HilSettings
from tinyteach.hil.tape_option import TapeOption
from tinyteach.signals import Signals

if TYPE_CHECKING:
    import tinyteach as tt
    from tinyteach.hil.bench import BoardBench

VIRTUAL = "virtual"
BOARD_VARIABLE = "TINYTEACH_BOARD"


def words_of(named: Sequence[str]) -> list[str]:
    """The boards meant, each once: those named, else the environment's, else a virtual one."""
    return list(dict.fromkeys(named)) or [os.environ.get(BOARD_VARIABLE) or VIRTUAL]


@dataclass
class State:
    """One run's. ``ends`` are what kept it, or the tests of one board, from going on.

    ``last`` is the test at which the run ended so; ``is_told``: who started pytest tells of it.
    """

    words: list[str]
    run: Run = field(default_factory=Run)
    pending: Pending = field(default_factory=Pending)
    bench: "BoardBench | None" = None
    baseline: BaselineOption | None = None
    tape: TapeOption | None = None
    ends: list[errors.TinyTeachError] = field(default_factory=list)
    last: pytest.Item | None = None
    is_told: bool = False
    signals: Signals | None = None  # from the first board on
    settings: HilSettings = field(default_factory=HilSettings)
    unnamed: list[str] = field(default_factory=list)  # in quarantine, and no test of this run
    why: list[str] = field(default_factory=list)  # what the board was like when a test failed
    is_over: bool = False  # no test is left that could tell what happens now
    late: list[str] = field(default_factory=list)  # what did

    @property
    def ended_by(self) -> errors.TinyTeachError | None:
        """What kept the run from going on."""
        return self.ends[-1] if self.ends else None

    @property
    def measured(self) -> dict[str, Any]:
        """What was measured, in words, by name."""
        return self.run.told()

    def departure(self) -> str:
        """Where the host left the tape that is replayed, in a sentence; else empty."""
        return self.tape.departure() if self.tape else ""

    def close(self) -> None:
        """Let go of the boards; what fails then is `late` where no test is left to tell it."""
        self.undisturbed()
        bench, self.bench = self.bench, None
        try:
            if bench is not None:
                bench.close()
        except errors.TinyTeachError as error:
            if not self.is_over:
                raise
            self.late.append(str(error))
        finally:
            if self.signals is not None:
                self.signals.let_go()

    def undisturbed(self) -> None:
        """From now on boards are put back: a second signal must not break that off."""
        if self.signals is not None:
            self.signals.ignore()


def state_of(config: pytest.Config) -> State:
    """The run's."""
    state: State = config.tinyteach  # type: ignore[attr-defined]
    return state


def opened_board(config: pytest.Config, word: str) -> "tt.Board":
    """The board of a word; what keeps it from being opened ends what needs it."""
    state = state_of(config)
    try:
        with goes_on(config):
            return bench_of(config).board(word)
    finally:
        state.pending.facts.update(state.tape.facts() if state.tape else {})


@contextmanager
def goes_on(config: pytest.Config) -> Iterator[None]:
    """An error in here is why nothing that needs this can go on."""
    try:
        yield
    except errors.TinyTeachError as error:
        state_of(config).ends.append(error)
        raise


def bench_of(config: pytest.Config) -> "BoardBench":
    from tinyteach.hil.bench import BoardBench, Requirements

    state = state_of(config)
    if state.bench is None:
        state.signals = state.signals or Signals()
        named, any_firmware = (config.getoption(n) for n in ("--tt-embedding", "--tt-any-firmware"))
        wanted = Requirements(named, any_firmware)
        instead = state.tape.instead if state.tape else None
        state.bench = BoardBench(state.words, wanted, state.pending, instead)
    return state.bench
