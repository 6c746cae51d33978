"""A board on its own for many frames: ``python tests/soak/always_on.py --frames 10000``.

As fast as it goes, two objects in turn, a rule for each and lines that nobody reads. Prints
frames a second and heap in ten parts; ends with 1 where the heap of the last part is higher
than that of the second by more than what a collection lets gather.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from alone import Shown, set_up  # noqa: E402
from paired import make_head, views_of  # noqa: E402
from tinyteach.device.repl.pairing import Wanted, pair_for_now  # noqa: E402
from tinyteach.device.wire.client import BoardClient  # noqa: E402
from tinyteach.embedding.shipped import EMBEDDING_FILES  # noqa: E402
from tinyteach.service.soak.soaked import ALLOWED_BYTES  # noqa: E402
from tinyteach.virtual.board import VirtualBoard  # noqa: E402

PARTS = 10
RULES = (("cat for 2 frames", "pin 21 high", None, 0), ("coffee", "say coffee", "say none", 1))


def two_objects(each: int = 20) -> Shown:
    """The camera's view: two objects in turn, so many frames each."""
    return Shown([view for name in ("cat", "coffee") for view in views_of(name, 1) * each])


def heap_of(board: VirtualBoard) -> tuple[int, int]:
    """(in use now, most ever seen), bytes of the agent's."""
    with BoardClient(board.port) as client:
        info = client.info()
    return info.heap_total - info.heap_free, info.heap_peak


def part(board: VirtualBoard, camera: Shown, frames: int) -> tuple[float, int, int]:
    """(frames a second, heap in use after them, most ever seen)."""
    start, first = time.monotonic(), camera.count
    camera.wait(frames)
    rate = (camera.count - first) / (time.monotonic() - start)
    return rate, *heap_of(board)


def measure(arch: str, size: str, frames: int) -> list[tuple[float, int, int]]:
    """Figures of each part."""
    embedding = EMBEDDING_FILES[size].read_bytes()
    with tempfile.TemporaryDirectory() as home, VirtualBoard(arch) as board:
        os.environ["TINYTEACH_HOME"] = home
        pair_for_now(board.port, Wanted(embedding), lambda *_: None)
        camera = two_objects()
        board.show_source(camera)
        set_up(board, make_head("cat", "coffee"), *RULES, interval_ms=0, line_s=1)
        return [part(board, camera, frames // PARTS) for _ in range(PARTS)]


def main() -> int:
    """Run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--arch", default="i386")
    options = parser.parse_args()
    figures = measure(options.arch, "base", options.frames)
    for number, (rate, used, peak) in enumerate(figures, 1):
        line = f"{number * options.frames // PARTS:6} frames: {rate:5.1f} a second, "
        sys.stdout.write(line + f"{used} bytes in use, {peak} at most\n")
    return 1 if figures[-1][2] > figures[1][2] + ALLOWED_BYTES else 0


if __name__ == "__main__":
    sys.exit(main())
