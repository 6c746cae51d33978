"""Instructions of a whole inference on the cores of boards, and estimates of its cycles and time.

``python bench/inferences.py``. QEMU runs the machine code that boards get, called as the agent
calls it (bench/native_code), and tells what it executes; Python between the calls is not counted.
Beside it, where a compiler for Arm is (Debian: gcc-arm-linux-gnueabihf), the same layers in scalar
C. Cycles are estimates: what is published of each core's pipeline (native_code/pipelines.py), with
all code and data in memory that answers at once.
"""

import argparse
import math
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE / "native_code"), str(HERE)]

import executed  # noqa: E402
import issue  # noqa: E402
import machine  # noqa: E402
import recording  # noqa: E402
import replay  # noqa: E402
import scalar_c  # noqa: E402
from core import Core  # noqa: E402
from core_riscv import ESP32_C3  # noqa: E402
from core_thumb import CORTEX_M7  # noqa: E402
from core_xtensa import XTENSA  # noqa: E402
from pipelines import PIPELINES  # noqa: E402

from tinyteach.cli.output import print_json, show_table  # noqa: E402
from tinyteach.embedding.runtime import EMBEDDING_FILES, TfliteModel  # noqa: E402
from tinyteach.native import mac16  # noqa: E402
from tinyteach.virtual.interpreter import micropython  # noqa: E402

SIDE, FRAME_SIDE, RGB565_BE = 64, 240, 1
FRAME_BYTES = 2 * FRAME_SIDE * FRAME_SIDE
ARM_COMPILER = "arm-linux-gnueabihf-gcc"
ARM_OPTIONS = ("-mthumb", "-O2", "-fno-tree-vectorize", "-std=gnu11", "-static")


@dataclass(frozen=True)
class Board:
    """A board's core at a usual clock, and the kernels modules that it may take."""

    name: str
    core: Core
    mhz: int
    kernels: tuple[str, ...]


BOARDS = (
    Board("ESP32-S3", XTENSA, 240, ("viper", "mac16")),
    Board("Cortex-M7", CORTEX_M7, 480, ("viper", "thumb")),
    Board("ESP32-C3", ESP32_C3, 160, ("viper",)),
)


@dataclass(frozen=True)
class Cost:
    """Of one inference: instructions by their kind, and estimates of cycles, the least first."""

    kinds: dict[str, int]
    cycles: list[int]

    @property
    def instructions(self) -> int:
        return sum(self.kinds.values())

    def __sub__(self, other: "Cost") -> "Cost":
        kinds = {name: count - other.kinds.get(name, 0) for name, count in self.kinds.items()}
        return Cost(kinds, [a - b for a, b in zip(self.cycles, other.cycles, strict=True)])


Costs = dict[str, Cost]  # by embedding, or "preprocessing"


def cost(trace: executed.Trace, core: Core) -> Cost:
    """What was executed, by what is published of the core."""
    pipelines = PIPELINES[core.march]
    kinds = issue.by_kind(trace, pipelines[0].language)
    return Cost(dict(kinds.most_common()), [each.cycles(trace) for each in pipelines])


def counted(notes: replay.Notes, board: Board, vector_bytes: int) -> Cost:
    """Of one more vector: loading is not counted."""
    functions = replay.native_functions(board.core)
    once, twice = (
        cost(executed.trace(program, bytes(times * vector_bytes)), board.core)
        for times in (1, 2)
        for program in [replay.Replay(notes, functions, board.core).program]
    )
    return twice - once


def by_layer(board: Board, kernels: str, name: str) -> list[tuple[str, int, Cost]]:
    """Each operator of an embedding: its kernel, the bytes of its result, and its cost."""
    functions, model = replay.native_functions(board.core), EMBEDDING_FILES[name].read_bytes()
    i386 = micropython.find("i386", with_ffi=True).argv
    (notes,) = recording.record_models(i386, [model], kernels, functions)
    played = replay.Replay(notes, functions, board.core, every_step=True)
    # The first part is reading the view, and what loading did; behind the last nothing is left.
    traces = list(executed.steps(played.program, bytes(image_bytes(model))))[1:]
    return [
        (step.kernel, step.size, cost(trace, board.core))
        for step, trace in zip(played.steps, traces, strict=False)
    ]


def image_bytes(model: bytes) -> int:
    """Of its input."""
    return math.prod(TfliteModel(model).input_details.shape)


def measure(board: Board, names: list[str]) -> dict[str, Costs]:
    """Kernels → what → its cost; preprocessing is a frame's."""
    functions = replay.native_functions(board.core)
    i386 = micropython.find("i386", with_ffi=True).argv
    models = [EMBEDDING_FILES[name].read_bytes() for name in names]
    picture = [(FRAME_SIDE, SIDE, RGB565_BE, FRAME_SIDE)]
    found = {}
    for kernels in board.kernels:
        notes = recording.record_models(i386, models, kernels, functions)
        found[kernels] = {
            name: counted(noted, board, image_bytes(model))
            for name, model, noted in zip(names, models, notes, strict=True)
        }
        noted = recording.record_pictures(i386, picture, kernels, functions)[0]
        found[kernels]["preprocessing"] = counted(noted, board, FRAME_BYTES)
    return found


def in_scalar_c(names: list[str]) -> Costs:
    """The same layers, by a compiler for Arm; {} where none is."""
    if not shutil.which(ARM_COMPILER):
        return {}
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "layers"
        command = [ARM_COMPILER, *ARM_OPTIONS, str(scalar_c.SOURCE), "-o", str(program), "-lm"]
        subprocess.run(command, check=True)
        return {name: _in_c(program, EMBEDDING_FILES[name].read_bytes()) for name in names}


def _in_c(program: Path, model: bytes) -> Cost:
    files = [program.with_suffix(f".{part}") for part in ("model", "input", "output")]
    files[0].write_bytes(scalar_c.pack_layers(model))
    files[1].write_bytes(bytes(image_bytes(model)))
    costs = []
    for repeats in (1, 2):
        command = ["qemu-arm", "-d", executed.LOGGED, str(program), *map(str, files), str(repeats)]
        with subprocess.Popen(command, **executed.PIPES) as running:
            assert running.stderr
            costs.append(cost(executed.traced(running.stderr), CORTEX_M7))
        assert running.returncode == 0
    return costs[1] - costs[0]


def in_the_loop(short: int = 256, long: int = 512) -> float:
    """Instructions of the unit's loop a multiply-accumulate: what a longer product takes more.

    Of a second patch, since a channel's weights are widened once, outside of that loop.
    """

    def of_a_patch(taps: int) -> int:
        one, two = (
            executed.trace(product_of(taps, pixels), b"?").instructions().total()
            for pixels in (1, 2)
        )
        return two - one

    return (of_a_patch(long) - of_a_patch(short)) / (long - short)


def product_of(taps: int, pixels: int = 1) -> machine.Program:
    """Sums of one channel of some patches, once."""
    program = machine.Program()
    functions = machine.Functions(program)
    sums = functions.add(mac16.sums(), ())
    sizes = program.words([taps // 4, taps, 1, pixels])
    room = [program.put(bytes(2 * taps * pixels + 8)) for _ in range(5)]
    program.mark()
    program.read(program.put(bytes(1)), 1)
    functions.call(sums, [*room, sizes])
    return program


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="the smaller embedding alone")
    parser.add_argument("--layers", choices=EMBEDDING_FILES, help="the operators of one, instead")
    options = parser.parse_args()
    if options.layers:
        for board in BOARDS:
            for kernels in board.kernels:
                show_layers(board, kernels, options.layers)
        return
    names = [name for name in EMBEDDING_FILES if name == "tiny" or not options.quick]
    found = {board.name: measure(board, names) for board in BOARDS}
    found["Cortex-M7"]["scalar C"] = in_scalar_c(names)
    loop = in_the_loop()
    if options.json:
        plain = {
            board: {
                kernels: {
                    name: {"instructions": c.instructions} | asdict(c) for name, c in of.items()
                }
                for kernels, of in each.items()
            }
            for board, each in found.items()
        }
        print_json(plain | {"MAC16's loop": loop})
        return
    each = [
        (board, kernels, name, count)
        for board in BOARDS
        for kernels, costs in found[board.name].items()
        for name, count in costs.items()
    ]
    heads = ("core", "kernels", "what", "millions", "cycles, millions", "ms")
    title = f"Instructions; in MAC16's loop {loop:.2f} a multiply-accumulate. Cycles are estimates"
    show_table(title, heads, [[b.name, k, n, *_figures(c, b.mhz)] for b, k, n, c in each])
    shares = [
        [f"{b.name} {k}", *(_percent(c, kind) for kind in issue.KINDS)]
        for b, k, n, c in each
        if n == names[0]
    ]
    show_table(f"Of 100 instructions of {names[0]}", ("kernels", *issue.KINDS), shares)


def show_layers(board: Board, kernels: str, name: str) -> None:
    """Print them, numbered."""
    found = enumerate(by_layer(board, kernels, name))
    rows = [[n, kernel, size, *_figures(each, board.mhz)] for n, (kernel, size, each) in found]
    heads = ("", "operator", "bytes", "millions", "cycles, millions", "ms")
    show_table(f"{board.name}, {kernels}: {name}", heads, rows)


def _figures(count: Cost, mhz: int) -> list[str]:
    cycles = [f"{each / 1e6:.2f}" for each in count.cycles]
    times = [f"{each / mhz / 1000:.0f}" for each in count.cycles]
    return [f"{count.instructions / 1e6:.2f}", " to ".join(cycles), " to ".join(times)]


def _percent(count: Cost, kind: str) -> str:
    return f"{100 * count.kinds.get(kind, 0) / count.instructions:.0f}"


if __name__ == "__main__":
    main()
