"""What of the agent stays in a 32-bit board's heap, names included: 56 KB."""

import runpy

from tinyteach.device.repl.raw_repl import raw_repl

STAYS_BYTES = 56 << 10


def test_what_stays(switch_on, root):
    stays = runpy.run_path(str(root / "bench" / "heap.py"))["STAYS"]
    with switch_on("i386") as board, raw_repl(board.port) as repl:
        assert 40 << 10 < repl.evaluate(stays) <= STAYS_BYTES
