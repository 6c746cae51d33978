"""Runs the hardware-in-the-loop suite against a board."""

import io
import os
import re
from contextlib import AbstractContextManager, nullcontext, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tinyteach
from tinyteach.device.wire.board_info import BoardInfo
from tinyteach.embedding.threads import one_blas_thread
from tinyteach.errors import BoardRefusedError, TinyTeachError
from tinyteach.results import Sentence
from tinyteach.service.boards.opening import open_board
from tinyteach_protocol import errors
from tinyteach_protocol.error_sentences import error_sentence

VIRTUAL = "virtual"  # to the plugin one of the run's own
# By its module, so that it is there once, and also where an installation does not tell of it.
PLUGIN = ("-p", "no:tinyteach", "-p", "tinyteach.hil.plugin")
# Of a plugin's package pytest would have the assertions told at length; here it is loaded already.
QUIET = ("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning")
STOPPED = "Stopped after {}; what the others would have said of the board is not known."


@dataclass(frozen=True)
class Summary(Sentence):
    """What the suite found. ``failed`` and ``skipped`` name tests and, behind a colon, why."""

    passed: int
    failed: list[str]
    skipped: list[str]
    measured: dict[str, object]
    held: bool  # whether the board does what it promises

    def sentence(self) -> str:
        if self.failed:
            return f"{len(self.failed)} checks failed: {', '.join(self.failed)}."
        skipped = f", {len(self.skipped)} skipped" if self.skipped else ""
        return f"The board does what it promises: {self.passed} checks passed{skipped}."


class _Outcome:
    """A pytest plugin that counts and keeps what was measured."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed: list[str] = []
        self.skipped: list[str] = []
        self.measured: dict[str, object] = {}
        self.ended_by: TinyTeachError | None = None

    def pytest_configure(self, config: Any) -> None:
        self._plugins = config.pluginmanager

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.failed.append(f"{report.nodeid}: {_reason(report.longrepr)}")
        elif report.skipped:
            self.skipped.append(f"{report.nodeid}: {report.longrepr[2]}")
        elif report.when == "call":
            self.passed += 1

    def counted(self) -> str:
        """The checks that were carried out."""
        count = self.passed + len(self.failed)
        failed = f", of which {len(self.failed)} failed" if self.failed else ""
        return f"{count} {'check' if count == 1 else 'checks'}{failed}"

    def pytest_sessionfinish(self, session: Any) -> None:
        self.measured = dict(session.config.tinyteach.measured)
        self.ended_by = session.config.tinyteach.ended_by
        session.config.tinyteach.is_told = True  # by whom `verify` raises it to

    def pytest_keyboard_interrupt(self, excinfo: Any) -> None:
        """Nothing of pytest's own stands before the sentence on it."""
        self._plugins.unregister(name="terminalreporter").write_line("")


def _reason(found: object) -> str:
    """Why a check failed, in one line: a user's sentence, or what was asserted."""
    crash = getattr(found, "reprcrash", None)
    said = (crash.message if crash else str(found)).splitlines()[0]
    return re.sub(r"^[\w.]+Error: ", "", said)


def suite_dir() -> Path:
    """hil_tests/: inside an installed package, or beside the sources."""
    package = Path(tinyteach.__file__).parent
    installed = package / "_hil_tests"
    return installed if installed.is_dir() else package.parents[1] / "hil_tests"


def verify(
    board: str | None, photos: Path | None, junit: Path | None, quiet: bool = False
) -> Summary:
    """Run the suite against a board, by default a virtual one started for it.

    With ``quiet`` nothing is printed. Raises what keeps it from going on: no board, one that does
    not answer or has nothing to run, photographs that cannot be read.
    """
    import pytest

    outcome = _Outcome()
    folder = suite_dir()
    port = _ready_port(board) if board else None
    arguments = [str(folder), f"--rootdir={folder}", f"--confcutdir={folder}", "-c", os.devnull]
    arguments += ["--import-mode=importlib", "-p", "no:cacheprovider", "-rs", "-q"]
    arguments += ["--tb=line"]
    arguments += [*PLUGIN, *QUIET, f"--tt-board={port or VIRTUAL}", "--tt-any-firmware"]
    arguments += [f"--tt-photos={photos}"] if photos else []
    arguments += [f"--junitxml={junit}"] if junit else []
    with _silence(quiet), one_blas_thread():
        code = pytest.main(arguments, plugins=[outcome])
    if code == pytest.ExitCode.INTERRUPTED and not outcome.ended_by:
        raise KeyboardInterrupt(STOPPED.format(outcome.counted()))  # which pytest keeps
    if outcome.ended_by:
        raise outcome.ended_by
    held = code == 0 and bool(outcome.passed or outcome.failed)
    return Summary(outcome.passed, outcome.failed, outcome.skipped, outcome.measured, held)


def _ready_port(board: str) -> str:
    """Where the board is; an error where it is silent, has nothing to verify or takes nothing."""
    with open_board(board) as client:
        client.check_key()
        check_ready(client.info())
        return client.port


def check_ready(info: BoardInfo) -> None:
    """BoardRefusedError where the board has no embedding at work."""
    code = errors.SAFE_MODE if info.safe_mode else errors.NO_EMBEDDING
    if info.safe_mode or not info.model_side:
        raise BoardRefusedError(error_sentence(code), code)


def _silence(quiet: bool) -> AbstractContextManager[object]:
    return redirect_stdout(io.StringIO()) if quiet else nullcontext()
