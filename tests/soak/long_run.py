"""A day and more of a board's life, as fast as it goes: ``python tests/soak/long_run.py``.

On a virtual 32-bit board with LittleFS and one with FAT: a day's views without a host (one each
200 ms), 1,000 deploys of two heads in turn, 200 taught classes of which the last six stay, and a
day's kept views (one a minute). In ten parts each; of every part the median of the board's own
processor time for one, erasures of flash blocks and bytes written for one, the heap in use after a
collection, and the largest piece of it that can be had. The embedding is a little one: what is
tried is what comes around it.

``--scale 0.1`` does a tenth, ``--what`` some of it. ``--json FILE`` keeps the figures, ``--plot
FILE`` draws them as SVG. Ends with 1 where a figure rises from the first part to the last.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import one_thread  # noqa: E402, F401
from gauges import Heap, Wear  # noqa: E402
from long_runs import (  # noqa: E402
    CLASSES,
    DEPLOYS,
    FILE_SYSTEMS,
    FRAMES,
    VIEWS,
    LongRun,
    Part,
    bench_with,
    go,
)
from tinyteach.files import format_json  # noqa: E402
from tinyteach.virtual.flash_image import BLOCK_BYTES  # noqa: E402
from trained import quick_trainings  # noqa: E402

DAY = {FRAMES: 432_000, DEPLOYS: 1000, CLASSES: 200, VIEWS: 1440}
PARTS = 10


def tell(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def run_on(file_system: str, options: argparse.Namespace) -> Iterator[LongRun]:
    """All that is asked for, told as it comes; the same again after each thing that was done."""
    with bench_with(file_system) as (bench, gauges, size):
        run = LongRun(file_system, size // BLOCK_BYTES)
        for what in options.what:
            count = max(options.parts, round(DAY[what] * options.scale))
            for part in go(run, bench, gauges, what, count, options.parts):
                tell(
                    f"{file_system:8} {part.count:6} {what:14} {part.ms:7.2f} ms, "
                    f"{part.erasures:6.1f} erasures, {part.written / 1024:6.1f} KiB each; heap "
                    f"{part.heap.used} bytes in use, largest piece {part.heap.largest}"
                )
            tell(wear_line(run, what))
            yield run


def wear_line(run: LongRun, what: str) -> str:
    """How erasures are spread over blocks."""
    erasures = run.wear[what].erasures
    count = sum(part.count for part in run.of(what))
    block, most = max(erasures.items(), key=lambda item: item[1], default=(0, 0))
    return (
        f"{run.file_system:8} {count:6} {what:14} {erasures.total()} erasures of {len(erasures)} "
        f"of {run.blocks} blocks; of block {block} most, {most}; "
        f"{erasures.total() / run.blocks:.1f} on average"
    )


def as_dict(run: LongRun) -> dict[str, Any]:
    return {
        "file_system": run.file_system,
        "blocks": run.blocks,
        "parts": [asdict(part) for part in run.parts],
        "wear": {
            what: {"written": wear.written, "erasures": dict(sorted(wear.erasures.items()))}
            for what, wear in run.wear.items()
        },
        "faults": run.faults(),
    }


def of_dict(found: dict[str, Any]) -> LongRun:
    """Figures that `as_dict` gave."""
    parts = [Part(**{**part, "heap": Heap(**part["heap"])}) for part in found["parts"]]
    wear = {
        what: Wear(Counter({int(block): n for block, n in of["erasures"].items()}), of["written"])
        for what, of in found["wear"].items()
    }
    return LongRun(found["file_system"], found["blocks"], parts, wear)


def read(files: list[Path]) -> list[LongRun]:
    """Those of several files; of one file system they are one run."""
    found: dict[str, LongRun] = {}
    for run in (of_dict(each) for file in files for each in json.loads(file.read_bytes())):
        whole = found.setdefault(run.file_system, LongRun(run.file_system, run.blocks))
        whole.parts += run.parts
        whole.wear |= run.wear
    return list(found.values())


def plot(runs: list[LongRun], path: Path) -> None:
    """A row for each thing that was done, a column for each figure, a line for each file system."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "tinyteach", "svg.fonttype": "none", "font.size": 8})
    from matplotlib import pyplot

    figures = {
        "heap in use, KiB": lambda part: part.heap.used / 1024,
        "largest free piece, KiB": lambda part: part.heap.largest / 1024,
        "erasures each": lambda part: part.erasures,
        "processor time each, ms": lambda part: part.ms,
    }
    names = list(dict.fromkeys(part.what for run in runs for part in run.parts))
    shape = {"nrows": len(names), "ncols": len(figures), "squeeze": False}
    size = (9, 1.5 * len(names) + 0.4)
    page, rows = pyplot.subplots(**shape, figsize=size, layout="constrained", sharex="row")
    for row, what in zip(rows, names, strict=True):
        row[0].set_ylabel(what)
        for axes, (title, figure) in zip(row, figures.items(), strict=True):
            for run, colour in zip(runs, ("#0072b2", "#d55e00"), strict=False):
                values = [figure(part) for part in run.of(what)]
                axes.plot(range(1, len(values) + 1), values, color=colour, label=run.file_system)
            axes.set_ylim(0, 1.3 * max(axes.dataLim.ymax, 1e-3))
            axes.spines[["top", "right"]].set_visible(False)
            if what == names[0]:
                axes.set_title(title, fontsize=8)
    rows[0][0].legend(frameon=False)
    page.savefig(path, metadata={"Date": None})


def measured(options: argparse.Namespace) -> list[LongRun]:
    """What is kept of it is kept after each thing that was done."""
    runs: dict[str, LongRun] = {}
    with tempfile.TemporaryDirectory() as home, quick_trainings():
        os.environ["TINYTEACH_HOME"] = home
        for run in (run for each in options.file_system for run in run_on(each, options)):
            runs[run.file_system] = run
            if options.json:
                content = format_json([as_dict(each) for each in runs.values()], indent=1)
                options.json.write_bytes(content)
    return list(runs.values())


def main() -> int:
    """Run, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("--file-system", nargs="+", choices=FILE_SYSTEMS, default=FILE_SYSTEMS)
    add("--what", nargs="+", choices=DAY, default=list(DAY))
    add("--scale", type=float, default=1.0, help="of a day, 1,000 deploys and 200 classes")
    add("--parts", type=int, default=PARTS)
    add("--json", type=Path, help="file to write")
    add("--plot", type=Path, help="SVG file to write")
    add("--figures", nargs="+", type=Path, help="judge and draw what --json has kept; run nothing")
    options = parser.parse_args()
    began_s = time.monotonic()
    runs = read(options.figures) if options.figures else measured(options)
    faults = [fault for run in runs for fault in run.faults()]
    if options.plot:
        plot(runs, options.plot)
    tell("\n".join([*faults, f"{len(faults)} not flat, {time.monotonic() - began_s:.0f} s"]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
