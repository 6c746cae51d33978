"""The embedding on MicroPython and on LiteRT, side by side in one run.

``make bench`` or ``python bench/inference.py``. Other programs disturb the milliseconds;
the ratios, taken in turns on the same machine, much less. Every contestant's features are
compared with those of LiteRT's reference kernels: nobody wins by computing something else.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np

from tinyteach.cli.output import print_json, show_table
from tinyteach.embedding.model_facts import model_facts
from tinyteach.embedding.runtime import EMBEDDING_FILE, TfliteModel
from tinyteach.virtual import micropython

ROOT = Path(__file__).resolve().parent.parent
BOARD_SCRIPT = Path(__file__).with_name("inference_on_micropython.py")
ARCHS = ("amd64", "i386")
BASE = "LiteRT BUILTIN_REF"
HEAP = "4m"
# Plain Python takes some two hundred times as long; two runs a round are enough of it.
REPEATS = {"reference": 2, "viper": 50, "host": 50}
ROUNDS = 3


@dataclass
class Contestant:
    """``measure(repeats)`` gives durations in ms and the CRC-32 of the features."""

    name: str
    repeats: int
    measure: Callable[[int], tuple[list[float], int]]
    durations_ms: list[float] = field(default_factory=list)
    features_crc32: int = 0

    def take_turn(self, quick: bool) -> None:
        durations_ms, self.features_crc32 = self.measure(1 if quick else self.repeats)
        self.durations_ms += durations_ms


def on_host(reference: bool, tensor: np.ndarray) -> Callable[[int], tuple[list[float], int]]:
    """LiteRT in this process, one thread, warm."""
    model = TfliteModel(EMBEDDING_FILE, reference=reference)
    features = model.run(tensor[None])

    def measure(repeats: int) -> tuple[list[float], int]:
        durations_ms = []
        for _ in range(repeats):
            start = time.perf_counter()
            model.run(tensor[None])
            durations_ms.append((time.perf_counter() - start) * 1000)
        return durations_ms, zlib.crc32(features.tobytes())

    return measure


def on_micropython(
    arch: str, kernels: str, input_file: Path
) -> Callable[[int], tuple[list[float], int]]:
    """The agent's interpreter in a process of its own, warm."""
    found = micropython.find(arch)
    paths = (ROOT / "firmware_agent", ROOT / "protocol", ".frozen")
    environment = {**os.environ, "MICROPYPATH": ":".join(map(str, paths))}

    def measure(repeats: int) -> tuple[list[float], int]:
        command = [*found.argv, "-X", f"heapsize={HEAP}", str(BOARD_SCRIPT)]
        command += [str(EMBEDDING_FILE), str(input_file), kernels, str(repeats)]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True, timeout=300
        )
        answer = json.loads(done.stdout)
        return [us / 1000 for us in answer["durations_us"]], answer["crc32"]

    return measure


def contestants(tensor: np.ndarray, input_file: Path) -> list[Contestant]:
    """LiteRT twice, then the agent on each word size with each kind of kernels."""
    entries = [
        Contestant(BASE, REPEATS["host"], on_host(True, tensor)),
        Contestant("LiteRT XNNPACK", REPEATS["host"], on_host(False, tensor)),
    ]
    for arch in ARCHS:
        for kernels in ("viper", "reference"):
            name = f"agent {arch} {kernels}"
            measure = on_micropython(arch, kernels, input_file)
            entries.append(Contestant(name, REPEATS[kernels], measure))
    return entries


def compete(quick: bool) -> list[Contestant]:
    """Every contestant once a round, so that a busy moment hits all alike."""
    side = TfliteModel(EMBEDDING_FILE).input_details.shape[1]
    tensor = np.random.default_rng(0).integers(-128, 128, (side, side, 3)).astype(np.int8)
    with tempfile.TemporaryDirectory() as folder:
        input_file = Path(folder) / "tensor.bin"
        input_file.write_bytes(tensor.tobytes())
        entries = contestants(tensor, input_file)
        for _ in range(1 if quick else ROUNDS):
            for entry in entries:
                entry.take_turn(quick)
    return entries


def results(entries: list[Contestant]) -> list[dict]:
    """One object a contestant; ``times_base`` is its median over that of LiteRT's reference."""
    base = entries[0]
    macs = model_facts(EMBEDDING_FILE.read_bytes()).macs
    return [
        {
            "name": entry.name,
            "median_ms": round(median(entry.durations_ms), 3),
            "best_ms": round(min(entry.durations_ms), 3),
            "times_base": round(median(entry.durations_ms) / median(base.durations_ms), 2),
            "mega_macs_per_s": round(macs / median(entry.durations_ms) / 1000, 1),
            "same_features": entry.features_crc32 == base.features_crc32,
        }
        for entry in entries
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="one run each, to see that it works")
    options = parser.parse_args()
    found = results(compete(options.quick))
    if options.json:
        print_json({"base": BASE, "results": found})
        return
    columns = ("", "median ms", "best ms", "× base", "M MAC/s", "exact")
    rows = [[*list(row.values())[:-1], "yes" if row["same_features"] else "no"] for row in found]
    show_table(f"One inference of the embedding (base: {BASE})", columns, rows)


if __name__ == "__main__":
    main()
