"""Commands in processes of their own, and what must hold of a project whatever befell them.

A process is a fork of this one, which has all modules: it begins at once. What is done in it is a
command's words, or a function of the project's folder for what only the studio asks for.
"""

import io
import json
import logging
import os
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import typer
from PIL import Image

from paired import views_of
from tinyteach.cli import groups
from tinyteach.cli.exit_codes import EXIT_CODES, exit_code_of
from tinyteach.cli.table import COMMANDS
from tinyteach.data.head_history import kept_heads
from tinyteach.data.photos import list_all, load_photos
from tinyteach.device.keys import keyed_boards, read_key
from tinyteach.device.registry import paired_boards
from tinyteach.errors import TinyTeachError
from tinyteach.head.format.head_file import load_head, load_head_file
from tinyteach.service.projects.opening import create_project, open_project

What = list[str] | Callable[[Path], object]
Arm = Callable[[], Callable[[], None]]
CLASSES = ("cat", "coffee")
PHOTOS_EACH = 6
# In what a command may end that is left to its end: success, or a sentence.
FINE = (0, *EXIT_CODES.values())


@dataclass(frozen=True)
class Done:
    """``code`` is negative where a signal ended it; ``err`` is what it said."""

    code: int
    err: str


class Started:
    """A process; it waits for `go` where it was told to."""

    def __init__(self, folder: Path, what: What, arm: Arm = lambda: lambda: None) -> None:
        """``arm`` is called in the process before it begins, and what it returns at its end."""
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - until `finish`
        self.pid = os.fork()
        if self.pid:
            return
        try:
            os.environ["TINYTEACH_HOME"] = str(folder.parent / "home")
            os.chdir(folder)
            os.dup2(self._said.fileno(), 2)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")  # not pytest's
            _leave(what, arm())
        finally:
            os._exit(70)

    def send(self, number: int) -> None:
        """A signal."""
        os.kill(self.pid, number)

    def finish(self, within_s: float | None = None) -> Done:
        """Wait until it has ended; one that does not in time is killed, which its code says."""
        killer = threading.Timer(within_s, self.send, (signal.SIGKILL,)) if within_s else None
        if killer:
            killer.start()
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        if killer:
            killer.cancel()
        with self._said:
            self._said.seek(0)
            return Done(code, self._said.read().decode())


def _leave(what: What, end: Callable[[], None]) -> NoReturn:
    """End this process with it."""
    code = 70
    try:
        _do(what)
        code = 0
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:
        traceback.print_exc()
    end()
    sys.stderr.flush()
    os._exit(code)


def _do(what: What) -> None:
    if isinstance(what, list):
        sys.argv = ["tinyteach", *what]
        import_module("tinyteach.cli.main").run()
    try:
        what(Path())
    except TinyTeachError as error:
        sys.stderr.write(f"tinyteach: {error}\n")
        sys.exit(exit_code_of(type(error)))


def run(folder: Path, what: What, arm: Arm = lambda: lambda: None) -> Done:
    """What it came to in ``folder``."""
    return Started(folder, what, arm).finish()


def preload() -> None:
    """Have what commands import, and typer's commands made of it, before any fork."""
    typer.main.get_command = lru_cache(typer.main.get_command)
    typer.main.get_command(import_module("tinyteach.cli.parser").app)
    for module, _ in COMMANDS.values():
        groups._commands_in(module)
    for module in ("sklearn.linear_model", "sklearn.model_selection", "ai_edge_litert.interpreter"):
        import_module(module)
    with tempfile.TemporaryDirectory() as name, redirect_stdout(io.StringIO()):
        create_project(Path(name, "things")).add_class("a class")
        with suppress(SystemExit):  # which has typer, pydantic and rich import theirs
            _do(["-p", f"{name}/things", "class", "list"])
    log = logging.getLogger("tinyteach.board")
    log.handlers, log.propagate = [], True  # as before a command


def make(folder: Path, trained: bool = True) -> None:
    """A project with two classes and, if ``trained``, a head; other photographs to import."""
    for place, seed in (("given", 1), ("photos", 2)):
        for name in CLASSES:
            (folder / place / name).mkdir(parents=True)
            for number, view in enumerate(views_of(name, PHOTOS_EACH, seed=seed, side=64)):
                Image.fromarray(view).save(folder / place / name / f"{number}.png")
    (folder / "project").mkdir()
    for words in (["new", "."], ["import", "../given"], ["train"])[: 3 if trained else 2]:
        done = run(folder / "project", words)
        assert done.code == 0, done.err


def pixels_of(place: Path) -> set[bytes]:
    """Of each photograph of a project; AssertionError where one does not load or is there twice."""
    loaded = load_photos(list_all(open_project(place)).photos)
    assert not loaded.problems, loaded.problems
    pixels = [square.tobytes() for square in loaded.squares]
    assert len(set(pixels)) == len(pixels), "a photograph is there twice"
    return set(pixels)


def faults_of(done: Done, codes: tuple[int, ...] = FINE) -> str:
    """What is wrong with how it ended; empty where nothing is."""
    if "Traceback" in done.err or "Exception ignored" in done.err:
        return done.err[-800:]
    if done.code not in codes or (done.code in FINE and done.code and not done.err.strip()):
        return f"code {done.code}: {done.err[-300:]}"
    return ""


def faults_in(place: Path) -> str:
    """What is half or in the way of the next command; empty where nothing is."""
    _check_heads(place)
    _check_home(place.parent / "home")
    for words in (["class", "list"], ["class", "add", "one more"], ["class", "remove", "one more"]):
        again = run(place, words)
        if again.code:
            return f"the next command fails: {again.err}"
    return ""


def _check_heads(place: Path) -> None:
    """Each whole; that at work has the report of the same training, which is written before it."""
    head, report = place / "heads" / "head.tflite", place / "heads" / "report.json"
    if head.exists():
        load_head_file(head)
        json.loads(report.read_bytes())
    for kept in kept_heads(open_project(place)):
        assert load_head(kept.content).fingerprint.hex().startswith(kept.fingerprint)


def _check_home(home: Path) -> None:
    before = os.environ.get("TINYTEACH_HOME")
    os.environ["TINYTEACH_HOME"] = str(home)
    try:
        paired_boards()
        for board in keyed_boards():
            read_key(home / "config" / "keys" / f"{board}.json")
    finally:
        if before is None:
            del os.environ["TINYTEACH_HOME"]
        else:
            os.environ["TINYTEACH_HOME"] = before


def litter_in(folder: Path) -> list[str]:
    """Files that a command which came to its end leaves nowhere."""
    return [str(p.relative_to(folder)) for p in folder.rglob(".*.tmp")] + [
        str(p.relative_to(folder)) for p in folder.rglob(".*.removed")
    ]
