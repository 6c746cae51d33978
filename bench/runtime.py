"""The agent's runtime on MicroPython beside C and LiteRT, in one run on one thread.

``make bench`` or ``python bench/runtime.py``: an embedding that ships, or with ``--models`` any
int8 .tflite files of operators that the agent has. Other programs disturb the milliseconds; the
ratios, taken in turns on the same machine, much less. Every contestant's output is compared
with those of LiteRT's reference kernels: nobody wins by computing something else.
"""

import argparse
import json
import os
import subprocess
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import scalar_c

from tinyteach.cli.output import note, print_json, show_table
from tinyteach.embedding.recipe.model_facts import model_facts
from tinyteach.embedding.runtime import EMBEDDING_FILES, TfliteModel
from tinyteach.virtual.interpreter import micropython

ROOT = Path(__file__).resolve().parent.parent
BOARD_SCRIPT = Path(__file__).with_name("runtime_on_micropython.py")
ARCHS = ("i386", "amd64")
BASE, SCALAR = "LiteRT BUILTIN_REF", "scalar C, 32 bits"
HEAP = "4m"
# Plain Python takes some two hundred times as long; two runs a round are enough of it, and
# other models do without.
REPEATS = {"reference": 2, "viper": 50, "host": 50}
ROUNDS = 3


@dataclass
class Contestant:
    """``measure(repeats)``: ``durations_ms``, the CRC-32 of the features, and what else it says."""

    name: str
    repeats: int
    measure: Callable[[int], dict[str, Any]]
    turns: list[dict[str, Any]] = field(default_factory=list)

    def take_turn(self, quick: bool) -> None:
        self.turns.append(self.measure(1 if quick else self.repeats))

    @property
    def durations_ms(self) -> list[float]:
        return [ms for turn in self.turns for ms in turn["durations_ms"]]

    def least(self, fact: str) -> Any:
        """The smallest value of all turns, of each step where there are several."""
        values = [turn[fact] for turn in self.turns if fact in turn]
        return np.min(values, axis=0).tolist() if values else None


def on_host(model_file: Path, reference: bool, tensor: np.ndarray) -> Callable:
    """LiteRT in this process, one thread, warm."""
    model = TfliteModel(model_file, reference=reference)
    features = model.run(tensor[None])

    def measure(repeats: int) -> dict[str, Any]:
        durations_ms = []
        for _ in range(repeats):
            start = perf_counter()
            model.run(tensor[None])
            durations_ms.append((perf_counter() - start) * 1000)
        return {"durations_ms": durations_ms, "crc32": zlib.crc32(features.tobytes())}

    return measure


def in_c(program: Path, model_file: Path, tensor: np.ndarray) -> Callable:
    """The same layers in plain C, warm."""
    packed = scalar_c.pack_layers(model_file.read_bytes())

    def measure(repeats: int) -> dict[str, Any]:
        answer = scalar_c.run_layers(program, packed, tensor, repeats)
        return {
            "durations_ms": [ns / 1e6 for ns in answer["durations_ns"]],
            "steps_us": [ns / 1e3 for ns in answer["layers_ns"]],
            "crc32": zlib.crc32(answer["output"]),
        }

    return measure


def on_micropython(arch: str, kernels: str, model_file: Path, input_file: Path) -> Callable:
    """The agent's interpreter in a process of its own, warm."""
    found = micropython.find(arch)
    paths = (ROOT / "firmware_agent", ROOT / "protocol", ".frozen")
    environment = {**os.environ, "MICROPYPATH": ":".join(map(str, paths))}

    def measure(repeats: int) -> dict[str, Any]:
        command = [*found.argv, "-X", f"heapsize={HEAP}", str(BOARD_SCRIPT)]
        command += [str(model_file), str(input_file), kernels, str(repeats)]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True, timeout=300
        )
        answer = json.loads(done.stdout)
        return answer | {"durations_ms": [us / 1000 for us in answer["durations_us"]]}

    return measure


def contestants(
    model_file: Path, tensor: np.ndarray, folder: Path, kinds: tuple[str, ...]
) -> list[Contestant]:
    """LiteRT twice, C, then the agent on each word size with each kind of kernels."""
    input_file = folder / "tensor.bin"
    input_file.write_bytes(tensor.tobytes())
    entries = [
        Contestant(BASE, REPEATS["host"], on_host(model_file, True, tensor)),
        Contestant("LiteRT XNNPACK", REPEATS["host"], on_host(model_file, False, tensor)),
    ]
    try:
        program = scalar_c.compile_layers(folder)
        entries.append(Contestant(SCALAR, REPEATS["host"], in_c(program, model_file, tensor)))
    except scalar_c.NotInC as error:
        note(f"Without scalar C: {error}.")
    for arch in ARCHS:
        for kernels in kinds:
            measure = on_micropython(arch, kernels, model_file, input_file)
            entries.append(Contestant(f"agent {arch} {kernels}", REPEATS[kernels], measure))
    return entries


def compete(model_file: Path, kinds: tuple[str, ...], quick: bool) -> list[Contestant]:
    """Every contestant once a round, so that a busy moment hits all alike."""
    shape = TfliteModel(model_file).input_details.shape[1:]
    tensor = np.random.default_rng(0).integers(-128, 128, shape).astype(np.int8)
    with tempfile.TemporaryDirectory() as folder:
        entries = contestants(model_file, tensor, Path(folder), kinds)
        for _ in range(1 if quick else ROUNDS):
            for entry in entries:
                entry.take_turn(quick)
    return entries


def results(entries: list[Contestant], macs: int) -> list[dict[str, Any]]:
    """One object a contestant; ``times_…`` are its least over another's, which others' work on the
    same cores disturbs least.
    """
    least = {entry.name: min(entry.durations_ms) for entry in entries}
    exact = entries[0].least("crc32")
    return [
        {
            "name": entry.name,
            "median_ms": round(median(entry.durations_ms), 3),
            "best_ms": round(least[entry.name], 3),
            "times_base": round(least[entry.name] / least[BASE], 2),
            "times_scalar_c": round(least[entry.name] / least[SCALAR], 2)
            if SCALAR in least
            else None,
            "mega_macs_per_s": round(macs / least[entry.name] / 1000, 1),
            "load_us": entry.least("load_us"),
            "preprocess_us": entry.least("preprocess_us"),
            "arena_bytes": entry.least("arena_bytes"),
            "steps_us": entry.least("steps_us"),
            "same_features": entry.least("crc32") == exact,
        }
        for entry in entries
    ]


def plot(found: list[dict[str, Any]], path: Path) -> None:
    """Bars of the best, without the plain Python kernels, which would hide all others."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "tinyteach"  # the same file from the same figures
    from matplotlib import pyplot

    shown = [row for row in found if "reference" not in row["name"]][::-1]
    figure, axes = pyplot.subplots(figsize=(7, 2.4), layout="constrained")
    colours = ["#0072b2" if row["name"].startswith("agent") else "#999999" for row in shown]
    bars = axes.barh(
        [row["name"] for row in shown], [row["best_ms"] for row in shown], color=colours
    )
    axes.bar_label(bars, fmt="%.2f", padding=3)
    axes.set_xlabel("ms for one inference of the embedding at best, one thread")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})


def steps(found: list[dict[str, Any]]) -> list[list[Any]]:
    """Of each operator, what C and the viper kernels take at best, in µs."""
    timed = [row["steps_us"] for row in found if row["steps_us"] and "reference" not in row["name"]]
    return [[number, *map(round, of_one)] for number, of_one in enumerate(zip(*timed, strict=True))]


def measured(model_file: Path, kinds: tuple[str, ...], quick: bool) -> list[dict[str, Any]]:
    """The results of one model."""
    return results(compete(model_file, kinds, quick), model_facts(model_file.read_bytes()).macs)


def show(name: str, found: list[dict[str, Any]]) -> None:
    """Print one model's results as tables."""
    columns = ("", "median ms", "best ms", "× base", "× C", "M MAC/s", "exact")
    shown = ("name", "median_ms", "best_ms", "times_base", "times_scalar_c", "mega_macs_per_s")
    rows = [
        [*(row[name] for name in shown), "yes" if row["same_features"] else "no"] for row in found
    ]
    show_table(f"One inference of {name} (base: {BASE})", columns, rows)
    named = [row["name"] for row in found if row["steps_us"] and "reference" not in row["name"]]
    show_table("Operators, µs at best", ("", *named), steps(found))
    facts = ("load_us", "preprocess_us", "arena_bytes")
    agents = [[row["name"], *(row[fact] for fact in facts)] for row in found if row["load_us"]]
    titles = ("", "load µs", "preprocess µs", "arena bytes")
    show_table("The agent (preprocessing: a frame of 240×240, RGB565)", titles, agents)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--embedding", choices=EMBEDDING_FILES, default="base")
    parser.add_argument("--models", type=Path, nargs="+", help=".tflite files, instead")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="one run each, to see that it works")
    parser.add_argument("--plot", type=Path, help="SVG file to write, of the embedding's best")
    options = parser.parse_args()
    if options.models:
        others = {path.name: measured(path, ("viper",), options.quick) for path in options.models}
        if options.json:
            print_json({"base": BASE, "models": others})
            return
        for name, found in others.items():
            show(name, found)
        return
    found = measured(EMBEDDING_FILES[options.embedding], ("viper", "reference"), options.quick)
    if options.plot:
        plot(found, options.plot)
    if options.json:
        print_json({"base": BASE, "embedding": options.embedding, "results": found})
        return
    show(f"the embedding {options.embedding}", found)


if __name__ == "__main__":
    main()
