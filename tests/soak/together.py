"""Two commands at once in one project: ``python tests/soak/together.py --pairs 200``.

Of each pair, drawn from its seed, both begin within moments of each other, each in a process of its
own: what imports, trains, records, exports, deploys, changes classes, and the studio, asked as its
page asks it. Afterwards nothing that either has told of is lost, no photograph is there twice, no
class is half, the head at work and its report are of one training, and the next command works; each
ended well or in one sentence. Ends with 1 where that is not so; the pair is named with its seed.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import pytest  # noqa: E402

import one_thread  # noqa: E402, F401
from flashes import make_paired  # noqa: E402
from patience import be_patient  # noqa: E402
from project_trials import (  # noqa: E402
    CLASSES,
    Done,
    Started,
    What,
    faults_in,
    faults_of,
    litter_in,
    make,
    pixels_of,
    preload,
    run,
)
from studio_server import StudioServer  # noqa: E402
from tinyteach.data.drawing import demo_object  # noqa: E402
from tinyteach.data.handheld import HandheldCamera  # noqa: E402
from tinyteach.data.head_history import kept_heads  # noqa: E402
from tinyteach.data.images import load_square  # noqa: E402
from tinyteach.data.photos import list_photos  # noqa: E402
from tinyteach.device.wire.client import BoardClient  # noqa: E402
from tinyteach.embedding.runtime import EMBEDDING_FILE  # noqa: E402
from tinyteach.head.format.head_file import (  # noqa: E402
    load_head,
    load_head_file,
    with_threshold,
)
from tinyteach.service.projects.opening import open_project  # noqa: E402
from tinyteach.virtual.board import VirtualBoard  # noqa: E402
from trained import quick_trainings  # noqa: E402

CAPTURED = 3


def _studio(folder: Path) -> None:
    """A class more, and a photograph that is deleted and put back."""
    with StudioServer(folder.resolve()) as studio:
        _asked(studio, "POST", "/api/classes", {"name": "owl"})
        photos = list_photos(open_project(folder))
        gone = _asked(studio, "POST", "/api/photos/delete", {"ids": [photos[-1].id]})
        if gone.status == 200:
            _asked(studio, "POST", "/api/undo", gone.value, may_be_refused=False)


def _asked(studio: StudioServer, method: str, path: str, body: dict, may_be_refused: bool = True):
    answer = studio.ask(method, path, body)
    assert answer.status in ((200, 404, 409, 422, 400) if may_be_refused else (200,)), answer
    return answer


COMMANDS: dict[str, What] = {
    "import": ["import", "../photos"],
    "class add": ["class", "add", "dog"],
    "class rename": ["class", "rename", "cat", "lion"],
    "class remove": ["class", "remove", "coffee", "--delete-photos"],
    "train": ["train"],
    "export photos": ["export", "photos", "../all.zip"],
    "studio": _studio,
}
ON_BOARD = {
    "capture": ["capture", "cat", "-n", str(CAPTURED)],
    "deploy": ["deploy", "--threshold", "0.5"],
}
ADDS = ("import", "capture", "studio")  # what may make a class again, or add to one


@dataclass(frozen=True)
class Pair:
    """Two commands, and by how much the second begins later, in seconds."""

    seed: int
    names: tuple[str, str]
    later_s: float

    def __str__(self) -> str:
        first, second = self.names
        return f"--seed {self.seed} --pairs 1: {first} and {self.later_s:.3f} s later {second}"


def drawn(seed: int) -> Pair:
    """The pair of a seed; every third begins at the same moment."""
    chance = random.Random(seed)
    names = chance.choices([*COMMANDS, *ON_BOARD], k=2)
    return Pair(seed, (names[0], names[1]), chance.choice((0, 0.05, 0.5)) * chance.random())


def at_once(place: Path, whats: list[What], later_s: float) -> list[Done]:
    """What both came to."""
    gates = [os.pipe() for _ in whats]

    def when_open(gate: int, rest_s: float) -> Callable[[], None]:
        os.read(gate, 1)
        time.sleep(rest_s)
        return lambda: None

    waits = [partial(when_open, gates[0][0], 0), partial(when_open, gates[1][0], later_s)]
    started = [Started(place, what, arm) for what, arm in zip(whats, waits, strict=True)]
    for _, opened in gates:
        os.write(opened, b"g")
    done = [each.finish() for each in started]
    for gate in gates:
        for end in gate:
            os.close(end)
    return done


def trial(folder: Path, pair: Pair, board: VirtualBoard | None) -> tuple[str, list[Done]]:
    """What is wrong after a pair, empty where nothing is; and how both ended."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(shutil.copytree(folder, Path(name) / "copy")) / "project"
        port = ["--board", board.port] if board else []
        whats = [COMMANDS.get(n) or [*port, *ON_BOARD[n]] for n in pair.names]
        done = at_once(place, whats, pair.later_s)
        try:
            wrong = _faults(place, pair, done)
            if board and not wrong:
                with BoardClient(board.port) as client:
                    assert client.info().state == ""
        except Exception as error:
            wrong = f"{type(error).__name__}: {error}"
        return wrong, done


def _faults(place: Path, pair: Pair, done: list[Done]) -> str:
    told = {name for name, each in zip(pair.names, done, strict=True) if each.code == 0}
    problems = [*map(faults_of, done), _lost(place, pair.names, told), _half(place, pair, told)]
    if left := litter_in(place.parent):
        problems.append(f"it left {left}")
    return "; ".join(filter(None, problems)) or faults_in(place)


def _lost(place: Path, names: tuple[str, str], told: set[str]) -> str:
    """What was told of and is not there."""
    given, more = _pictures(place.parent / "given"), _pictures(place.parent / "photos")
    now, classes = pixels_of(place), open_project(place).classes()
    promised = set().union(*given.values())
    if "import" in told:
        promised |= set().union(*more.values())
    if "class remove" in names:
        promised -= given["coffee"] | more["coffee"]
    wrong = [f"{len(promised - now)} photographs are gone"] if promised - now else []
    if "class remove" in told and not {*names} & {*ADDS} and now & given["coffee"]:
        wrong.append("a class that was removed has photographs")
    others = now - set().union(*given.values(), *more.values())
    if len(others) < CAPTURED * (names.count("capture") if told == {"capture"} else 0) // 2:
        wrong.append(f"{len(others)} photographs were recorded")
    for command, made in (("class add", "dog"), ("class rename", "lion"), ("studio", "owl")):
        if command in told and made not in classes:
            wrong.append(f"{command} did nothing")
    return "; ".join(wrong)


def _half(place: Path, pair: Pair, told: set[str]) -> str:
    """What belongs together and does not."""
    project = open_project(place)
    if "train" in told:
        newest, report = kept_heads(project)[0], project.report_path("json").read_bytes()
        at_work = load_head_file(project.head_path)  # a deploy may give it another threshold
        if with_threshold(load_head(newest.content), at_work.threshold).content != at_work.content:
            return "the head at work is not the last one"
        if newest.report_path.read_bytes() != report:
            return "the report is another head's"
    if "export photos" in told:
        with zipfile.ZipFile(place.parent / "all.zip") as archive:
            if archive.testzip():
                return "the zip is damaged"
    given = _pictures(place.parent / "given")["coffee"]
    left = given & pixels_of(place)
    if "class remove" in pair.names and not {*pair.names} & {*ADDS} and left not in (set(), given):
        return "a class is half"
    return ""


def _pictures(folder: Path) -> dict[str, set[bytes]]:
    """The pixels of each picture in class folders."""
    return {n: {load_square(p).tobytes() for p in (folder / n).iterdir()} for n in CLASSES}


def main() -> int:
    """Run, count, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1, help="of the first pair; each has the next")
    options = parser.parse_args()
    preload()
    began_s, ended, failed = time.monotonic(), Counter(), 0
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        stack.enter_context(quick_trainings())
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        be_patient(patch)
        patch.setenv("TINYTEACH_HOME", f"{name}/home")
        make(folder := Path(name) / "made")
        flash = make_paired("i386", Path(name) / "flash", EMBEDDING_FILE.read_bytes())
        board = stack.enter_context(VirtualBoard("i386", flash))
        board.show_source(HandheldCamera(demo_object("rocket"), seed=3).next_view)
        run(folder / "project", ["--board", board.port, "deploy"])
        for seed in range(options.seed, options.seed + options.pairs):
            wrong, done = trial(folder, pair := drawn(seed), board)
            ended.update("well" if each.code == 0 else "in a sentence" for each in done)
            if wrong:
                failed += 1
                sys.stdout.write(f"{pair}: {wrong}\n")
                sys.stdout.flush()
    took_s = time.monotonic() - began_s
    how = ", ".join(f"{count} ended {name}" for name, count in sorted(ended.items()))
    sys.stdout.write(f"{options.pairs} pairs, {failed} failed; {how}; {took_s:.0f} s\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
