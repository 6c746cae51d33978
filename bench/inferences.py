"""Instructions of a whole inference on an ESP32-S3, and estimates of its time.

``python bench/inferences.py``. QEMU runs the machine code that such a board gets, called as the
agent calls it (bench/xtensa), and tells what it executes; Python between the calls is not counted.
A time is an estimate, at one instruction a cycle: loads, jumps and slow memory take longer.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent / "xtensa"))

import executed  # noqa: E402
import machine  # noqa: E402
import recording  # noqa: E402
import replay  # noqa: E402

from tinyteach.cli.output import print_json, show_table  # noqa: E402
from tinyteach.embedding.runtime import EMBEDDING_FILES  # noqa: E402
from tinyteach.native import mac16  # noqa: E402
from tinyteach.virtual.interpreter import micropython  # noqa: E402

SIDE, MHZ = 64, 240
FRAME_SIDE, RGB565_BE = 240, 1
KERNELS = ("viper", "mac16")


def counted(
    notes: replay.Notes, functions: replay.NativeFunctions, vector_bytes: int
) -> Counter[str]:
    """Instructions of one more vector, by name: loading is not counted."""
    counts = [
        executed.instructions(replay.Replay(notes, functions).program, bytes(times * vector_bytes))
        for times in (1, 2)
    ]
    return counts[1] - counts[0]


def in_the_loop(short: int = 256, long: int = 512) -> float:
    """Instructions of the unit's loop a multiply-accumulate: what a longer product takes more.

    Of a second patch, since a channel's weights are widened once, outside of that loop.
    """

    def of_a_patch(taps: int) -> int:
        one, two = (
            sum(executed.instructions(product_of(taps, pixels), b"?").values()) for pixels in (1, 2)
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


def measure(names: list[str]) -> dict[str, dict[str, Counter[str]]]:
    """Kernels → embedding, or a frame's preprocessing → instructions."""
    functions = replay.native_functions()
    i386 = micropython.find("i386", with_ffi=True).argv
    found: dict[str, dict[str, Counter[str]]] = {kernels: {} for kernels in KERNELS}
    for kernels in KERNELS:
        models = [EMBEDDING_FILES[name].read_bytes() for name in names]
        notes = recording.record_models(i386, models, kernels, functions)
        for name, noted in zip(names, notes, strict=True):
            found[kernels][name] = counted(noted, functions, 3 * SIDE * SIDE)
    picture = [(FRAME_SIDE, SIDE, RGB565_BE, FRAME_SIDE)]
    noted = recording.record_pictures(i386, picture, functions)[0]
    found["viper"]["preprocessing"] = counted(noted, functions, 2 * FRAME_SIDE * FRAME_SIDE)
    return found


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="the smaller embedding alone")
    options = parser.parse_args()
    found = measure([name for name in EMBEDDING_FILES if name == "tiny" or not options.quick])
    if options.json:
        print_json(found)
        return
    rows = []
    for kernels, each in found.items():
        for name, counts in each.items():
            count = sum(counts.values())
            rows.append([kernels, name, f"{count / 1e6:.2f}", f"{count / MHZ / 1000:.0f}"])
    rows.append(["mac16", "a multiply-accumulate, in the loop", f"{in_the_loop() / 1e6:.6f}", ""])
    heads = ("kernels", "what", "instructions, millions", f"ms at {MHZ} MHz, one a cycle")
    show_table("One inference on an ESP32-S3, counted", heads, rows)


if __name__ == "__main__":
    main()
