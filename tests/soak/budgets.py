"""Whether baselines catch what they must, on a busy computer: ``python tests/soak/budgets.py``.

A baseline is measured on virtual boards, each beside some busy loops; then, in turns, runs in which
nothing changed, runs with a kernel slowed by 10 %, and runs with heads that lose 3 points of
accuracy because training photographs were mislabelled. Of the photographs a board recognises some,
which must be the same as on this computer; the others are then this computer's, once for each head.
Ends with 1 where fewer than 19 of 20 of either fault are found, or more than one of 20 unchanged
runs is red.
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from unittest.mock import patch

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from busy import loops  # noqa: E402

from tinyteach import firmware  # noqa: E402
from tinyteach.api.board import Board  # noqa: E402
from tinyteach.api.head import Head  # noqa: E402
from tinyteach.api.recognised import Recognised  # noqa: E402
from tinyteach.data.drawing import DEMO_OBJECTS, demo_object  # noqa: E402
from tinyteach.data.handheld import HandheldCamera  # noqa: E402
from tinyteach.embedding.runtime import Embedding  # noqa: E402
from tinyteach.hil.baseline import Baseline  # noqa: E402
from tinyteach.hil.bench import record_of  # noqa: E402
from tinyteach.hil.budgets import Budgets  # noqa: E402
from tinyteach.hil.figures import BoardFigures  # noqa: E402
from tinyteach.hil.judging import judged, with_run  # noqa: E402
from tinyteach.hil.measure import Measure  # noqa: E402
from tinyteach.hil.noise import level  # noqa: E402
from tinyteach.hil.photographs import NamedPhoto  # noqa: E402
from tinyteach.hil.quantities import quantities  # noqa: E402
from tinyteach.hil.results import BoardRecord, Pending, Run  # noqa: E402
from tinyteach.service.boards.opening import pair_for_now  # noqa: E402
from tinyteach.service.projects.embeddings import load_named  # noqa: E402
from tinyteach.virtual.board import VirtualBoard  # noqa: E402
from trained import quick_trainings, train_head  # noqa: E402

TEST = "test_budgets.py::test_budgets"
SLOWER, LOST, LOST_WITHIN = 0.10, 0.03, 0.005
TRAINED_ON, MISLABELLED_MAX, HEADS_TRIED = 10, 4, 80
SIDE, BURST = 64, 5
LIGHT, NOISE = (0.5, 1.1), 30
TURNS = 20_000  # of the loop that slows the kernel, where how many it takes is found out
INVOKE = "        self.embedding.invoke()\n"
RECOGNISED: dict[str, list[Recognised]] = {}
UNCHANGED, SLOWED, MISLABELLED = "unchanged", "slowed", "mislabelled"


@dataclass(frozen=True)
class Found:
    """One run: what stood first in each line of its table, what it took, and what ran beside."""

    planted: str
    worse: Sequence[str]
    stage: str
    taken_s: float
    loops: int
    table: Sequence[str] = field(default_factory=list)


# Photographs that are not too easy


def views(name: str, count: int, seed: int) -> Iterator[tuple[np.ndarray, str]]:
    """Of a drawn object in poor light, uint8 [SIDE, SIDE, 3] each, and its recording."""
    camera, rng = HandheldCamera(demo_object(name), seed=seed), np.random.default_rng(seed)
    for number in range(count):
        if number and number % BURST == 0:
            camera.new_burst()
        yield _worsened(camera.next_view(), rng), f"{name} {number // BURST}"


def _worsened(view: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    times = min(view.shape[:2]) // SIDE
    top, left = ((length - times * SIDE) // 2 for length in view.shape[:2])
    square = view[top : top + times * SIDE, left : left + times * SIDE]
    small = square.reshape(SIDE, times, SIDE, times, 3).mean((1, 3))
    noisy = small * rng.uniform(*LIGHT) + rng.normal(0, NOISE, small.shape)
    return noisy.clip(0, 255).astype(np.uint8)


def photographs(per_class: int, seed: int) -> list[NamedPhoto]:
    return [
        NamedPhoto(name, square, f"{recording} {number}")
        for name in DEMO_OBJECTS
        for number, (square, recording) in enumerate(views(name, per_class, seed))
    ]


# Heads


def head_of(photos: Sequence[NamedPhoto], labels: Sequence[str], embedding: Embedding) -> Head:
    squares = [photo.square for photo in photos]
    bursts = [photo.name.rpartition(" ")[0] for photo in photos]
    with quick_trainings():
        return Head(train_head(squares, labels, bursts, embedding).head, embedding)


def right(head: Head, photos: Sequence[NamedPhoto]) -> np.ndarray:
    """Which are recognised, bool [P]: here as on a board."""
    found = recognised(head, photos)
    return np.array([f.label == p.label for f, p in zip(found, photos, strict=True)])


def mislabelled(
    training: Sequence[NamedPhoto], held_out: Sequence[NamedPhoto], before: np.ndarray, count: int
) -> list[Head]:
    """Heads of which a few training photographs were in the wrong folder, and that lose LOST."""
    embedding, found = load_named("base"), []
    for seed in range(HEADS_TRIED):
        rng = np.random.default_rng(seed)
        labels = [photo.label for photo in training]
        for number in rng.choice(len(labels), rng.integers(1, MISLABELLED_MAX + 1), False):
            labels[number] = str(rng.choice(list(DEMO_OBJECTS)))
        head = head_of(training, labels, embedding)
        now = right(head, held_out)
        if abs(before.mean() - now.mean() - LOST) <= LOST_WITHIN:
            lost, won = (before & ~now).sum(), (now & ~before).sum()
            say(f"a mislabelled head: {lost} photographs lost, {won} won")
            found.append(head)
        if len(found) == count:
            break
    return found


# Boards


@contextmanager
def slowed(turns: int) -> Iterator[None]:
    """The agent that is written to boards does some more after each inference."""
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(firmware.firmware_dir(), Path(folder) / "firmware")
        file = copy / "agent" / "recogniser.py"
        code = file.read_text()
        assert code.count(INVOKE) == 1
        more = f"        for _ in range({turns}):\n            pass\n"
        file.write_text(code.replace(INVOKE, INVOKE + more))
        for cached in (firmware.board_files, firmware.names_on_boards):
            cached.cache_clear()
        with patch.object(firmware, "firmware_dir", lambda: copy):
            yield
    for cached in (firmware.board_files, firmware.names_on_boards):
        cached.cache_clear()


def paired_flash(path: Path) -> Path:
    with VirtualBoard(flash_path=path) as board:
        pair_for_now(board.port, lambda *_: None)
    return path


@contextmanager
def started(flash: Path) -> Iterator[Board]:
    """A board with a copy of a flash."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copy(flash, folder))
        with VirtualBoard(flash_path=copy) as virtual, Board(virtual.port) as board:
            yield board


def total_ms(flash: Path, head: Head) -> float:
    """Of an inference."""
    with started(flash) as board:
        board.deploy(head)
        pending = Pending()
        BoardFigures(board, Measure(pending))()
    found = {each.title: level(each.rounds) for each in quantities(pending.measurements)}
    return found["latency total processor p50"]


def slowed_flash(folder: Path, plain: Path, head: Head) -> Path:
    """Slower by SLOWER, measured here and now."""
    with slowed(TURNS):
        trial = paired_flash(folder / "trial")
    before, after = total_ms(plain, head), total_ms(trial, head)
    turns = round(TURNS * SLOWER * before / (after - before))
    with slowed(turns):
        flash = paired_flash(folder / "slowed")
    now = total_ms(flash, head)
    say(f"an inference takes {before:.3f} ms, with {turns} turns of a loop {now:.3f}")
    return flash


# Runs


def measured(
    flash: Path, head: Head, photos: Sequence[NamedPhoto], on_board: int
) -> tuple[Pending, BoardRecord]:
    """What a project's test would measure."""
    pending, compared = Pending(), Pending()
    with started(flash) as board:
        board.deploy(head)
        BoardFigures(board, Measure(pending))()
        BoardFigures(board, Measure(compared)).accuracy(photos[:: len(photos) // on_board], head)
        record = record_of("virtual", board)
    assert all(each.agrees for each in compared.sightings), "the board is not as this computer"
    for photo, found in zip(photos, recognised(head, photos), strict=True):
        Measure(pending).recognised(found, photo.label, name=photo.name)
    return pending, record


def recognised(head: Head, photos: Sequence[NamedPhoto]) -> list[Recognised]:
    """By this computer, each photograph once for each head."""
    if head.fingerprint not in RECOGNISED:
        RECOGNISED[head.fingerprint] = [head.classify(photo.square) for photo in photos]
    return RECOGNISED[head.fingerprint]


def as_run(pending: Pending, record: BoardRecord) -> Run:
    run = Run()
    run.take(Pending.of(pending.drained(TEST, record.word)))
    run.boards = [record]
    return run


def judge(
    planted: str, found: tuple[Pending, BoardRecord], known: Baseline
) -> tuple[str, list[str]]:
    pending, record = found
    verdict = judged(pending, TEST, record, Budgets(), known)
    return planted, list(verdict.worse)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def told(lines: Sequence[str]) -> tuple[list[str], str]:
    """The quantities in a table, and the stage that is named."""
    rows = [line.split("  ")[0] for line in lines[2:] if line[:1].isalpha() and "  " in line]
    stage = next((line.split()[5].rstrip(":") for line in lines if line.startswith("Most")), "")
    return rows, stage


def soak(options: argparse.Namespace, folder: Path) -> list[Found]:
    rng, embedding = random.Random(options.seed), load_named("base")
    training = photographs(TRAINED_ON, seed=1)
    held_out = photographs(options.photos // len(DEMO_OBJECTS), seed=2)
    head = head_of(training, [photo.label for photo in training], embedding)
    whole = right(head, held_out)
    say(f"{len(held_out)} photographs, of which {100 * whole.mean():.1f} % are recognised")
    heads = mislabelled(training, held_out, whole, options.heads)
    plain = paired_flash(folder / "plain")
    flashes = {UNCHANGED: plain, MISLABELLED: plain, SLOWED: slowed_flash(folder, plain, head)}
    known = Baseline()
    for number in range(options.baseline):
        with loops(rng.randint(1, options.loops)):
            known, _ = with_run(known, as_run(*measured(plain, head, held_out, options.on_board)))
        say(f"baseline, run {number + 1}")
    found = []
    for number in range(options.runs):
        for planted, flash in flashes.items():
            own = heads[number % len(heads)] if planted == MISLABELLED else head
            beside, begun = rng.randint(1, options.loops), time.monotonic()
            with loops(beside):
                run = measured(flash, own, held_out, options.on_board)
            _, lines = judge(planted, run, known)
            worse, stage = told(lines)
            found.append(Found(planted, worse, stage, time.monotonic() - begun, beside, lines))
            say(f"{number + 1} {planted}, {beside} loops: {', '.join(worse) or 'green'}; {stage}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--runs", type=int, default=20, help="of each kind")
    parser.add_argument("--baseline", type=int, default=8, help="runs that are compared with")
    parser.add_argument("--photos", type=int, default=600)
    parser.add_argument("--on-board", type=int, default=20, help="photographs in each run")
    parser.add_argument("--heads", type=int, default=5, help="mislabelled ones, in turns")
    parser.add_argument("--loops", type=int, default=4, help="at most, beside each run")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="a file for every run's table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = soak(options, Path(folder))
    if options.json:
        options.json.write_text(json.dumps([asdict(each) for each in found], indent=1))
    red = {kind: sum(bool(f.worse) for f in found if f.planted == kind) for kind in KINDS}
    named = sum(each.stage == "embedding" for each in found if each.planted == SLOWED)
    for kind, count in red.items():
        say(f"{kind}: {count} of {options.runs} red")
    say(f"slowed: the embedding is named in {named}")
    missed = max(options.runs - min(red[SLOWED], red[MISLABELLED]), red[UNCHANGED])
    return int(missed > options.runs / 20)


KINDS = (UNCHANGED, SLOWED, MISLABELLED)

if __name__ == "__main__":
    sys.exit(main())
