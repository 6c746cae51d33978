"""The baseline file: what earlier runs reached, of each kind of board the last RUNS_MAX of them."""

import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tinyteach.errors import HilFileError, TinyTeachError
from tinyteach.files import fits, format_json, parse_json, read_file, write_atomically
from tinyteach.hil.drift import RUNS_MAX

VERSION = 1
MEASURED_MAX = 1e15  # no time, size or speed is more
RUN = {"at": str, "agent": str, "computer": str, "rounds": dict}
KIND = {"since": int, "runs": [RUN], "photographs": dict}
FILE = {"tinyteach_baseline": int, "kinds": dict}
NO_SUCH = "There is no file {path}; write it with --tt-baseline {path} --tt-update-baseline."
DAMAGED = (
    "{path} is no baseline ({why}); take it from your version control, or move it away and write a "
    "new one with --tt-update-baseline."
)
NEWER = "{path} was written by a newer TinyTeach; install that, or name another file."


@dataclass(frozen=True)
class PastRun:
    """What each quantity was, round by round. ``at`` is in ISO 8601; ``computer`` ran it."""

    at: str
    agent: str
    computer: str
    rounds: Mapping[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class KindBaseline:
    """Of one kind of board. Runs before ``since`` were before a change that was accepted.

    ``photographs`` says of each, by test and name, whether it was recognised the last time.
    """

    runs: list[PastRun] = field(default_factory=list)
    since: int = 0
    photographs: dict[str, dict[str, bool]] = field(default_factory=dict)

    @property
    def compared(self) -> list[PastRun]:
        """Those that a run is compared with."""
        return self.runs[self.since :]

    def with_run(
        self, run: PastRun, photographs: Mapping[str, dict[str, bool]], is_change: bool
    ) -> "KindBaseline":
        """One more; the oldest goes where there are too many."""
        runs = [*self.runs, run]
        gone = max(len(runs) - RUNS_MAX, 0)
        since = len(runs) - 1 if is_change else self.since
        kept = self.photographs | dict(photographs)
        return KindBaseline(runs[gone:], max(since - gone, 0), kept)


@dataclass(frozen=True)
class Baseline:
    """By kind of board (the keys of the board facts)."""

    kinds: Mapping[str, KindBaseline] = field(default_factory=dict)

    def of(self, kind: str) -> KindBaseline:
        """Empty where nothing is known."""
        return self.kinds.get(kind, KindBaseline())

    def with_kind(self, kind: str, known: KindBaseline) -> "Baseline":
        return replace(self, kinds={**self.kinds, kind: known})


def this_computer() -> str:
    """Of the virtual board's times, which are the computer's, only those of one are compared."""
    about = (platform.system(), platform.machine(), _processor(), platform.python_version())
    return " ".join(part for part in about if part)


def _processor() -> str:
    """What Linux calls it (proc(5), cpuinfo); elsewhere Python's word, which may be empty."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    found = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(found, platform.processor())


def read_baseline(path: Path, may_be_missing: bool = False) -> Baseline:
    """HilFileError where it is missing, damaged or too new."""
    try:
        return parse_baseline(read_file(path), path)
    except FileNotFoundError as error:
        if may_be_missing:
            return Baseline()
        raise HilFileError(NO_SUCH.format(path=path)) from error
    except HilFileError:
        raise
    except TinyTeachError as error:
        raise HilFileError(str(error)) from error


def parse_baseline(content: bytes, path: Path) -> Baseline:
    """Of the file's content; ``path`` is named in what HilFileError says."""
    try:
        value = parse_json(content)
        _check(fits(value, FILE), "it is another file")
        if value["tinyteach_baseline"] > VERSION:
            raise HilFileError(NEWER.format(path=path))
        return Baseline({name: _kind(of, name) for name, of in value["kinds"].items()})
    except ValueError as error:
        raise HilFileError(DAMAGED.format(path=path, why=error)) from error


def _kind(value: Any, name: str) -> KindBaseline:
    _check(fits(value, KIND), f"what stands of {name} is damaged")
    runs = [_run(each, name) for each in value["runs"]]
    known, since = value["photographs"], value["since"]
    right = all(isinstance(of, dict) and fits([*of.values()], [bool]) for of in known.values())
    _check(right, f"what stands of the photographs of {name} is damaged")
    _check(0 <= since < max(len(runs), 1), f"where the runs of {name} begin is damaged")
    return KindBaseline(runs, since, known)


def _run(value: Any, name: str) -> PastRun:
    for key, rounds in value["rounds"].items():
        right = fits(rounds, [float]) and rounds and max(map(abs, rounds)) <= MEASURED_MAX
        _check(right, f"{key} of {name} is damaged")
    return PastRun(**{word: value[word] for word in RUN})


def _check(is_so: bool, why: str) -> None:
    if not is_so:
        raise ValueError(why)


def format_baseline(baseline: Baseline) -> bytes:
    """What `parse_baseline` reads, a number a line, so that a change of it can be read."""
    kinds = {name: asdict(kind) for name, kind in baseline.kinds.items()}
    return format_json({"tinyteach_baseline": VERSION, "kinds": kinds}, indent=1) + b"\n"


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Whole or not at all; HilFileError where that fails."""
    try:
        write_atomically(path, format_baseline(baseline))
    except TinyTeachError as error:
        raise HilFileError(str(error)) from error
