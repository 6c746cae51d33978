"""How what a project costs grows with its photographs.

    python bench/growth.py [--photos 1000 4000 20000] [--classes 60] [--against CHECKOUT] [--json]

Each size is a project of its own: its photographs are drawn (ten of each recording, seeded) and
imported; 200 more are imported into an empty project, to compare, into it, and again, when all are
known; classes are listed; a head is trained, and again when features are known; the report is
shown, photographs are exported, and the studio is opened until it has sent the project. Each is a
process of its own: its seconds on the clock and of the processors, and its peak of memory. On a
machine that others use, too, only the processors' seconds mean much. With --against another
checkout does the same in turn. Standard error says how far it is.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tinyteach.cli.output import print_json, show_table

ROOT = Path(__file__).resolve().parent.parent
PHOTOS, CLASSES, SIDE = (1000, 4000, 20_000), 60, 96
MORE = 200  # photographs that are added afterwards
BURST = 10  # photographs a recording
CLI = "from tinyteach.cli.main import run; run()"
QUICK = {"photos": [20, 40], "classes": 2, "more": 4}


@dataclass(frozen=True)
class Took:
    """What one process took."""

    photos: int
    step: str
    clock_s: float
    cpu_s: float
    peak_mb: float


def draw(folder: Path, photos: int, classes: int, seed: int) -> None:
    """Class folders of JPEGs: a thing of its own texture before another wall each recording."""
    import numpy as np
    from PIL import Image, ImageDraw

    def texture(rng: np.random.Generator) -> Image.Image:
        total = np.zeros((2 * SIDE, 2 * SIDE, 3))
        for cells in (2, 5, 13):
            patch = Image.fromarray(rng.integers(0, 256, (cells, cells, 3), np.uint8))
            total += np.asarray(patch.resize(total.shape[:2], Image.Resampling.BICUBIC)) / 3
        return Image.fromarray(total.astype(np.uint8))

    def photograph(thing: Image.Image, wall: Image.Image, place: np.ndarray) -> Image.Image:
        picture = wall.crop((0, 0, SIDE, SIDE))
        x, y, size, turn = place
        mask = Image.new("L", thing.size)
        ImageDraw.Draw(mask).ellipse((20, 20, 2 * SIDE - 20, 2 * SIDE - 20), fill=255)
        scaled = [each.rotate(turn).resize((int(size), int(size))) for each in (thing, mask)]
        picture.paste(scaled[0], (int(x), int(y)), scaled[1])
        return picture

    for number in range(classes):
        of_class = folder / f"class {number + 1:02}"
        of_class.mkdir(parents=True)
        thing = texture(np.random.default_rng(number))  # the same whatever the seed
        rng = np.random.default_rng((seed, number))
        for photo in range(number, photos, classes):
            if photo // classes % BURST == 0:
                wall, rest = texture(rng), rng.uniform((0, 0, 55, -30), (40, 40, 95, 30))
            picture = photograph(thing, wall, rest + rng.normal(0, (2, 2, 2, 3)))
            noisy = np.asarray(picture, np.int16) + rng.normal(0, 4, (SIDE, SIDE, 3))
            picture = Image.fromarray(noisy.clip(0, 255).astype(np.uint8))
            picture.save(of_class / f"{seed}-{photo:05}.jpg", quality=90)


def drawn(folder: Path, photos: int, classes: int, seed: int) -> Path:
    """The same in another process, whose memory is not that of those who are measured."""
    numbers = map(str, (photos, classes, seed))
    subprocess.run([sys.executable, __file__, "--draw", folder, *numbers], check=True)
    return folder


class Project:
    """A project of so many photographs that ``checkout`` makes, and what each step of it took."""

    def __init__(self, place: Path, checkout: Path, photos: int) -> None:
        self._place, self._photos = place, photos
        path = os.pathsep.join([str(checkout / "host"), str(checkout / "protocol")])
        self._environment = os.environ | {"PYTHONPATH": path, "TINYTEACH_HOME": str(place / "home")}
        self.took: list[Took] = []

    def run(self, step: str, *words: str | Path, project: str = "project") -> None:
        """One command."""
        begun = time.perf_counter()
        process = self._start([*words, "-p", self._place / project], stdout=subprocess.DEVNULL)
        usage = _waited(process)
        if process.returncode:
            raise SystemExit(f"{step} ended with {process.returncode}.")
        self._note(step, time.perf_counter() - begun, usage)

    def make(self, name: str) -> None:
        """An empty project."""
        self._start(["new", self._place / name], stdout=subprocess.DEVNULL).wait()

    def open_studio(self) -> None:
        """Until the page would know all photographs; what trains meanwhile is part of it."""
        begun = time.perf_counter()
        words = ["studio", "--no-browser", "--json", "-p", self._place / "project"]
        process = self._start(words, stdout=subprocess.PIPE, text=True)
        assert process.stdout
        self._wait_for_project(json.loads(process.stdout.readline()))
        clock_s = time.perf_counter() - begun
        process.terminate()
        self._note("studio", clock_s, _waited(process))

    def _wait_for_project(self, told: dict[str, str]) -> None:
        from websockets.sync.client import connect

        key = json.loads(Path(told["key_file"]).read_text())["key"]
        address = told["api"].replace("http", "ws", 1) + "live"
        headers = {"Authorization": f"Bearer {key}"}
        with connect(address, additional_headers=headers, max_size=None, proxy=None) as socket:
            while json.loads(socket.recv()).get("part") != "project":
                pass

    def _start(self, words: list[Any], **options: Any) -> subprocess.Popen[Any]:
        return subprocess.Popen(
            [sys.executable, "-c", CLI, *words], env=self._environment, **options
        )

    def _note(self, step: str, clock_s: float, usage: resource.struct_rusage) -> None:
        cpu_s, peak_mb = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
        self.took.append(Took(self._photos, step, clock_s, cpu_s, peak_mb))
        told = f"{self._photos} photographs, {step}: {cpu_s:.1f} s of CPU, {peak_mb:.0f} MB"
        sys.stderr.write(f"{told}\n")


def _waited(process: subprocess.Popen[Any]) -> resource.struct_rusage:
    """What the process used, as soon as it has ended."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage


def steps(checkout: Path, photos: int, pictures: Path, more: Path) -> list[Took]:
    """What each step takes at one size; pictures and 200 more are drawn already."""
    with TemporaryDirectory() as place:
        project = Project(Path(place), checkout, photos)
        for name in ("project", "empty"):
            project.make(name)
        project.run("import", "import", pictures)
        project.run("as many into none", "import", more, project="empty")
        project.run("import more", "import", more)
        project.run("the same again", "import", more)
        project.run("class list", "class", "list")
        project.run("train", "train")
        project.run("train again", "train")
        project.run("report", "report")
        project.run("export photos", "export", "photos", Path(place) / "photos.zip")
        project.open_studio()
        return project.took


def measure(options: argparse.Namespace) -> Iterator[tuple[str, Took]]:
    """Checkout and figure, size for size; the checkouts take turns."""
    checkouts = [ROOT, *([options.against.resolve()] if options.against else [])]
    for photos in options.photos:
        with TemporaryDirectory() as place:
            pictures = drawn(Path(place) / "pictures", photos, options.classes, 1)
            more = drawn(Path(place) / "more", options.more, options.classes, 2)
            for checkout in checkouts:
                for took in steps(checkout, photos, pictures, more):
                    yield str(checkout), took
            shutil.rmtree(pictures)


def show(found: list[tuple[str, Took]]) -> None:
    rows = [
        (
            *(took.photos, took.step, f"{took.clock_s:.1f}", f"{took.cpu_s:.1f}"),
            *(f"{1000 * took.cpu_s / took.photos:.2f}", f"{took.peak_mb:.0f}"),
        )
        for _, took in found
    ]
    columns = ("photographs", "step", "clock s", "CPU s", "CPU s per 1,000", "peak MB")
    for checkout in dict.fromkeys(checkout for checkout, _ in found):
        show_table(
            f"What it costs: {checkout}",
            columns,
            [row for row, (whose, _) in zip(rows, found, strict=True) if whose == checkout],
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("--photos", type=int, nargs="+", default=PHOTOS, help="sizes, in photographs")
    add("--classes", type=int, default=CLASSES)
    add("--more", type=int, default=MORE, help="photographs that are added afterwards")
    add("--against", type=Path, help="another checkout, such as a git worktree of an older commit")
    add("--json", action="store_true", help="print one JSON object")
    add("--quick", action="store_true", help="a few photographs, to see that it works")
    add("--draw", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.draw:
        draw(Path(options.draw[0]), *map(int, options.draw[1:]))
        return
    if options.quick:
        vars(options).update(QUICK)
    found = list(measure(options))
    if options.json:
        print_json({"steps": [{"checkout": checkout, **vars(took)} for checkout, took in found]})
    else:
        show(found)


if __name__ == "__main__":
    main()
