"""How long a training takes, beside that of another checkout, in turns.

    python bench/training.py --photos DIR_OR_ZIP [--against CHECKOUT] [--classes 5] [--shots 50]

Each training is a process of its own, of a project with so many photographs of each class: a first
one, and one again, for which the project has what the first computed of its photographs. Told are
the least of all rounds: seconds that `tinyteach train` says it took, seconds from the process's
start to its end on the clock and of the processors, and the latter by step. On a machine that
others use, too, only the processors' seconds mean much. All must make the same head, or it is said
that they do not.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tinyteach.cli.output import print_json, show_table
from tinyteach.data.kept_features import kept_path
from tinyteach.data.layouts import read_collection
from tinyteach.data.photos import save_burst
from tinyteach.data.project import Project
from tinyteach.errors import TinyTeachError

ROOT = Path(__file__).resolve().parent.parent
ROUNDS, CLASSES, SHOTS = 5, 5, 50
FIGURES = {"train_s": "train", "clock_s": "process", "cpu_s": "processors"}
TRAIN = """
import json, sys, time
from pathlib import Path
from tinyteach.service.heads.training import train
steps, begun = {}, {"start": 0.0}
def progress(step, done, total):
    if step not in begun:
        last, now = list(begun)[-1], time.process_time()
        steps[last], begun[step] = now - begun[last], now
trained = train(Path(sys.argv[1]), 0, progress)
last, now = list(begun)[-1], time.process_time()
steps[last] = now - begun[last]
found = {"train_s": trained.train_s, "cpu_s": now, "steps_cpu_s": steps}
print(json.dumps(found | {"fingerprint": trained.fingerprint}))
"""


def make_project(source: Path, folder: Path, classes: int, shots: int) -> None:
    """A project of the first photographs of classes that have enough, each its own recording."""
    by_class: dict[str, list[Any]] = {}
    for photo in read_collection(source).photos:
        by_class.setdefault(photo.class_name, []).append(photo)
    chosen = [name for name in sorted(by_class) if len(by_class[name]) >= shots][:classes]
    project = Project.create(folder)
    for name in chosen:
        project.add_class(name)
        for photo in by_class[name][:shots]:
            save_burst(project, name, [photo.square()])


def train(checkout: Path, project: Path) -> dict[str, Any]:
    """What one training in a process of its own took."""
    path = os.pathsep.join([str(checkout / "host"), str(checkout / "protocol")])
    command = [sys.executable, "-c", TRAIN, str(project)]
    started = time.perf_counter()
    said = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, check=True
    )
    clock_s = time.perf_counter() - started
    found: dict[str, Any] = json.loads(said.stdout)
    return found | {"clock_s": clock_s}


def least(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The least of each figure."""
    steps = {step: min(run["steps_cpu_s"][step] for run in runs) for step in runs[0]["steps_cpu_s"]}
    figures = {name: min(run[name] for run in runs) for name in FIGURES}
    heads = sorted({run["fingerprint"] for run in runs})
    return figures | {"steps_cpu_s": steps, "heads": heads}


def measure(source: Path, checkouts: list[Path], options: argparse.Namespace) -> dict[str, Any]:
    """The figures by checkout, of a first training and of one again; they take turns."""
    runs: dict[str, list[dict[str, Any]]] = {}
    with TemporaryDirectory() as place:
        folder = Path(place) / "project"
        make_project(source, folder, options.classes, options.shots)
        for _ in range(options.rounds):
            for checkout in checkouts:
                kept_path(Project.open(folder)).unlink(missing_ok=True)
                for which in ("first", "again"):
                    runs.setdefault(f"{checkout} {which}", []).append(train(checkout, folder))
    return {name: least(of_one) for name, of_one in runs.items()}


def show(found: dict[str, Any]) -> None:
    each = list(found.values())
    steps = list(dict.fromkeys(step for one in each for step in one["steps_cpu_s"]))
    rows = [[row, *(f"{one[name]:.2f}" for one in each)] for name, row in FIGURES.items()]
    for step in steps:
        rows.append([f"… {step}", *(f"{one['steps_cpu_s'].get(step, 0):.2f}" for one in each)])
    heads = {head for one in each for head in one["heads"]}
    same = "the same head each time" if len(heads) == 1 else f"{len(heads)} DIFFERENT heads"
    show_table(f"Seconds, the least of all rounds; {same}", ["", *found], rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--photos", type=Path, required=True, help="class folders or a zip of them")
    add("--against", type=Path, help="another checkout, such as a git worktree of an older commit")
    add("--classes", type=int, default=CLASSES)
    add("--shots", type=int, default=SHOTS, help="photographs a class")
    add("--rounds", type=int, default=ROUNDS)
    add("--json", action="store_true", help="print one JSON object")
    add("--quick", action="store_true", help="one round, to see that it works")
    options = parser.parse_args()
    options.rounds = 1 if options.quick else options.rounds
    checkouts = [ROOT, *([options.against.resolve()] if options.against else [])]
    try:
        found = measure(options.photos, checkouts, options)
    except TinyTeachError as error:
        raise SystemExit(str(error)) from error
    if options.json:
        print_json(found)
    else:
        show(found)


if __name__ == "__main__":
    main()
