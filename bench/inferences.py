"""Instructions of a whole inference on the cores of boards, and estimates of its time.

``python bench/inferences.py``. QEMU runs the machine code that boards get and tells what it
executes: an ESP32-S3's native functions by themselves, called as the agent calls them
(bench/xtensa), and on Arm the whole agent on MicroPython. The difference between two runs, of which
one infers once more, is an inference. A time is an estimate, at one instruction a cycle: loads,
jumps and slow memory take longer.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ON_ARM = HERE.parent / "tests" / "agent" / "tflite"
sys.path += [str(HERE / "xtensa"), str(HERE), str(ON_ARM)]

import executed  # noqa: E402
import machine_code_of_thumb  # noqa: E402
import recording  # noqa: E402
import replay  # noqa: E402

from tinyteach.cli.output import print_json, show_table  # noqa: E402
from tinyteach.embedding.runtime import EMBEDDING_FILES  # noqa: E402
from tinyteach.firmware import firmware_dir  # noqa: E402
from tinyteach.virtual.interpreter import micropython  # noqa: E402

SIDE = 64


@dataclass(frozen=True)
class Core:
    """A board's core with one of its kernels modules; ``mhz``: a usual clock."""

    name: str
    kernels: str
    mhz: int

    @property
    def is_arm(self) -> bool:
        return self.name.startswith("Cortex")


CORES = (
    Core("ESP32-S3", "viper", 240),
    Core("ESP32-S3", "mac16", 240),
    Core("Cortex-M7", "viper", 480),
    Core("Cortex-M7", "thumb", 480),
)


def on_xtensa(model: bytes, kernels: str) -> Counter[str]:
    """Instructions of one inference's native functions, by name."""
    functions = replay.native_functions()
    i386 = micropython.find("i386", with_ffi=True).argv
    noted = recording.record_models(i386, [model], kernels, functions)[0]
    image = bytes(3 * SIDE * SIDE)
    counts = [
        executed.instructions(replay.Replay(noted, functions).program, image * times)
        for times in (1, 2)
    ]
    return counts[1] - counts[0]


def on_arm(model: Path, kernels: str) -> Counter[str]:
    """Instructions of one inference, by name, MicroPython's own included."""
    with tempfile.TemporaryDirectory() as folder:
        machine_code_of_thumb.write(Path(folder))
        path = ":".join([str(HERE), str(ON_ARM), folder, str(firmware_dir()), ".frozen"])
        argv = micropython.find("armhf", with_ffi=True).argv
        script = [*argv, "-X", "heapsize=4m", str(HERE / "infer_on_micropython.py")]
        env = {**os.environ, "MICROPYPATH": path, "QEMU_LOG": executed.LOGGED}
        counts = []
        for times in (1, 2):
            command = [*script, str(model), kernels, str(times)]
            with subprocess.Popen(command, env=env, **executed.PIPES) as running:
                counts.append(executed.counted(running.stderr))
            assert running.returncode == 0
    return counts[1] - counts[0]


def measure(core: Core, model: Path) -> Counter[str]:
    if core.is_arm:
        return on_arm(model, core.kernels)
    return on_xtensa(model.read_bytes(), core.kernels)


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="the smaller embedding alone")
    options = parser.parse_args()
    models = {
        name: path for name, path in EMBEDDING_FILES.items() if name == "tiny" or not options.quick
    }
    found = {
        f"{core.name}, {core.kernels}": {
            name: sum(measure(core, path).values()) for name, path in models.items()
        }
        for core in CORES
    }
    if options.json:
        print_json(found)
        return
    rows = []
    for core, counts in zip(CORES, found.values(), strict=True):
        for name, count in counts.items():
            ms = count / core.mhz / 1000
            rows.append([core.name, core.kernels, name, f"{count / 1e6:.2f}", f"{ms:.0f}"])
    heads = ("core", "kernels", "embedding", "instructions, millions", "ms at one a cycle")
    show_table("One inference, counted", heads, rows)


if __name__ == "__main__":
    main()
