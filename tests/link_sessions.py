"""Commands over a faulty link, and what must hold after each: what tests and the soak run share."""

import contextlib
import io
import re
import shutil
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from random import Random
from unittest.mock import patch

import pytest

from fair_clock import FairClock
from faulty_link import FaultyLink, draw
from paired import other_embedding
from patience import be_patient
from slow_uart import SlowUart
from tinyteach.cli import main
from tinyteach.data.drawing import DEMO_OBJECTS, demo_object
from tinyteach.data.handheld import HandheldCamera
from tinyteach.data.photos import list_all
from tinyteach.device.registry import PairedBoard, remember
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.runtime import EMBEDDING_FILE
from tinyteach.errors import TinyTeachError
from tinyteach.service.boards.rules import read_rules
from tinyteach.service.heads.deploying import head_to_deploy
from tinyteach.service.projects.opening import open_project
from tinyteach.virtual.board import VirtualBoard

# What a session may take longer for all that its link does to it.
BOUND_S = 10.0
SESSIONS = ("capture", "deploy", "watch", "teach", "rules", "pull", "upgrade")
CAPTURED, TAUGHT, WATCHED = 2, 2, 3
INTERNAL = 70
SENTENCE = re.compile(r"^tinyteach: .+\.$")


@dataclass(frozen=True)
class Outcome:
    """Of one session, ``over_s`` longer than the same without faults, or after the last of them.

    Times are a `FairClock`'s.

    ``wrong`` is what must not be, empty where all that is promised was kept.
    """

    kind: str
    seed: int
    code: int
    said: str
    took_s: float
    over_s: float
    wrong: str

    @property
    def is_in_time(self) -> bool:
        return self.over_s <= BOUND_S


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str
    took_s: float = 0.0


def tinyteach(*words: object) -> Said:
    """Run a command in this process, to its end."""
    out, err = io.StringIO(), io.StringIO()
    with (
        patch.object(sys, "argv", ["tinyteach", *map(str, words)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main.run()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        except Exception:
            code = INTERNAL
            err.write(traceback.format_exc())
    return Said(code, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def bench_on(arch: str, flash: Path, folder: Path, is_uart: bool) -> Iterator["Bench"]:
    """One on a board with that flash; what is drawn there is for ``folder``."""
    other = folder / "other.tflite"
    other.write_bytes(other_embedding())
    with ExitStack() as stack:
        board = stack.enter_context(VirtualBoard(arch, flash))
        uart = SlowUart(board) if is_uart else None
        link = stack.enter_context(FaultyLink(board.port, folder / "port", uart))
        yield Bench(board, link, folder, (EMBEDDING_FILE, other), is_uart)


class Bench:
    """A board, a faulty link to it, and a project; sessions over that link."""

    def __init__(self, board, link: FaultyLink, folder: Path, embeddings, is_uart: bool) -> None:
        self.home = folder / "home"
        self._board, self.link, self._embeddings = board, link, embeddings
        self._clock = FairClock(board)
        self._is_uart = is_uart
        self._small = ["--small"] if is_uart else []
        self._views = HandheldCamera(demo_object(DEMO_OBJECTS[0]), seed=1)
        board.show_source(self._views.next_view)
        self.project = folder / "project"
        self._clean: dict[str, tuple[float, dict[str, int]]] = {}
        self._photos: set[str] = set()
        self._trouble = ""
        self._prepare()

    def _prepare(self) -> None:
        with _patiently(), BoardClient(str(self.link.place)) as client:
            board_id = client.board_id
        remember(PairedBoard(board_id, "bench", str(self.link.place), "", "virtual"))
        self.do("new", self.project)
        for name in ("cat", "coffee"):
            self.do("class", "add", name)
            self._board.show_source(HandheldCamera(demo_object(name), seed=2).next_view)
            self.do("capture", name, "-n", 6, *self._small)
        self._board.show_source(self._views.next_view)
        self.do("train")
        self.do("deploy")
        self._photos = self._on_disk()

    def do(self, *words: object) -> Said:
        """A command that must go well: nothing is wrong with the link, others are busy at most."""
        with _patiently():
            said = self._run(*words)
        assert said.code == 0, (words, said)
        return said

    def _run(self, *words: object) -> Said:
        at = ("-p", self.project, "-b", "bench")
        began_s = self._clock.now_s()
        said = tinyteach(*(at if words[0] != "new" else ()), *words)
        return replace(said, took_s=self._clock.now_s() - began_s)

    # Sessions

    def words(self, kind: str, number: int) -> list[object]:
        """The command line of a session; ``number`` makes what it writes another than before."""
        threshold = f"{(30 + number % 200) / 256:.4f}"
        return {
            "capture": ["capture", "unknown", "-n", CAPTURED, *self._small],
            "deploy": ["deploy", "--threshold", threshold],
            "watch": ["watch", "-n", WATCHED],
            "teach": ["teach", f"thing{number % 2}", "-n", TAUGHT],
            "rules": ["rule", "add", "cat", "say", f"number {number}"],
            "pull": ["pull"],
            "upgrade": ["upgrade", "--embedding", self._embeddings[number % 2]],
        }[kind]

    def session(self, kind: str, seed: int, faults_max: int = 3) -> Outcome:
        """One command with faults drawn from ``seed``; what came of it, and whether all holds."""
        chance = Random(f"{kind} {self._board.arch} {self._is_uart} {seed}")
        clean_s, bytes_of = self._clean_run(kind)
        before, wanted = self._state(), self._wanted(kind, seed)
        self.link.begin(draw(chance, bytes_of, faults_max))
        said = self._run(*self.words(kind, seed))
        since_fault_s = time.monotonic() - self.link.last_fault_s
        self.link.begin()
        wrong = "; ".join(filter(None, self._faults(kind, said, before, wanted)))
        self._mend(kind, said)
        last = said.err.strip().splitlines()[-1:] or [""]
        over_s = max(0.0, min(said.took_s - clean_s, since_fault_s))
        return Outcome(kind, seed, said.code, last[0], said.took_s, over_s, wrong)

    def _clean_run(self, kind: str) -> tuple[float, dict[str, int]]:
        """Seconds and bytes each way of such a session without faults; the longer of two."""
        if kind not in self._clean:
            took_s = []
            for number in (990, 991):
                self._make_room(kind)
                self.link.begin()
                took_s.append(self.do(*self.words(kind, number)).took_s)
                passed = self.link.begin()
            self._clean[kind] = max(took_s), passed
            self._forget_new()
        self._make_room(kind)
        return self._clean[kind]

    def _make_room(self, kind: str) -> None:
        """Boards hold only so many rules and examples."""
        if kind == "rules":
            self.do("rule", "clear")
        if kind == "teach":
            self.do("deploy")

    def _mend(self, kind: str, said: Said) -> None:
        """An upgrade that was cut short is finished, so that the next session finds a head."""
        if kind == "upgrade" and said.code:
            self.do("upgrade")

    def _wanted(self, kind: str, number: int) -> bytes:
        """The fingerprint of the head that a deploy brings."""
        if kind != "deploy":
            return b""
        threshold = float(self.words(kind, number)[-1])
        return head_to_deploy(open_project(self.project), None, threshold).fingerprint

    # What must hold

    def _state(self):
        with _patiently(), BoardClient(str(self.link.place)) as client:
            info = client.info()
            self._trouble = info.state
            return info.head, info.previous_head, info.embedding, read_rules(client)

    def _faults(self, kind: str, said: Said, before, wanted: bytes) -> Iterator[str]:
        yield from _ended_well(said)
        began_s = self._clock.now_s()
        try:
            after = self._state()
        except TinyTeachError as error:
            yield f"the board is not there afterwards: {error}"
            return
        if (took_s := self._clock.now_s() - began_s) > BOUND_S:
            yield f"the board answers only {took_s:.0f} s afterwards"
        yield self._of_the_board(kind, said, before, after)
        if wanted and after[0] not in (before[0], wanted):
            yield "the head at work is neither the one before nor the new one"
        yield self._of_photographs(kind, said)

    def _of_the_board(self, kind: str, said: Said, before, after) -> str:
        if self._trouble and not (kind == "upgrade" and said.code):
            return f"the board is not well: {self._trouble}"
        if kind in ("capture", "watch", "pull") and after != before:
            return "what only reads has changed the board"
        is_new = after != before
        if said.code == 0 and kind in ("deploy", "rules", "teach") and not is_new:
            return "it says that it was done, and it was not"
        if kind == "deploy" and is_new and after[1] != before[0]:
            return "the head before is not the one that was at work"
        if kind == "rules":
            added = len(after[3].rules) - len(before[3].rules)
            return f"{added} rules were added" if added not in (0, 1) else ""
        return ""

    def _on_disk(self) -> set[str]:
        listing = list_all(open_project(self.project))
        assert not listing.problems, listing.problems
        digests = [sha256(photo.path.read_bytes()).hexdigest() for photo in listing.photos]
        twice = [digest for digest, count in Counter(digests).items() if count > 1]
        assert not twice, "a photograph is there twice"
        return set(digests)

    def _forget_new(self) -> None:
        """Trainings stay as short as they are."""
        shutil.rmtree(self.project / "photos" / "unknown", ignore_errors=True)

    def _of_photographs(self, kind: str, said: Said) -> str:
        try:
            now = self._on_disk()
        except AssertionError as error:
            return str(error)
        lost, new = self._photos - now, len(now - self._photos)
        self._forget_new()
        expected = CAPTURED if kind == "capture" and said.code == 0 else None
        if lost:
            return f"{len(lost)} photographs are gone"
        if expected is not None and new != expected or new > (CAPTURED if kind == "capture" else 0):
            return f"{new} photographs are new"
        return ""


@contextlib.contextmanager
def _patiently() -> Iterator[None]:
    """While a board must answer that others may keep from its processor."""
    with pytest.MonkeyPatch.context() as patched:
        be_patient(patched)
        yield


def _ended_well(said: Said) -> Iterator[str]:
    if "Traceback" in said.err or said.code in (1, INTERNAL):
        yield f"code {said.code}: {said.err[-600:]}"
    elif said.code:
        told = [line for line in said.err.splitlines() if line.startswith("tinyteach: ")]
        if len(told) != 1 or not SENTENCE.match(told[0]):
            yield f"not one sentence: {said.err!r}"
