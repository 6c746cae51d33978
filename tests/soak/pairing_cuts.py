"""Cut pairing at many moments: ``python tests/soak/pairing_cuts.py --trials 200``.

After each file in turn, then at bytes by chance, cable and power in turn. Every trial
begins with a blank board that has a user's main.py, and must leave one that starts and
that the next pairing completes. Ends in one line, and with 1 where a trial failed.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from pairing_trials import Cut, cuts, file_sizes, trial  # noqa: E402
from tinyteach.embedding.runtime import EMBEDDING_FILES  # noqa: E402
from tinyteach.virtual.board import VirtualBoard  # noqa: E402


def outcome(cut: Cut, embedding: bytes, **board_options: str) -> str:
    """Whose main.py the cut left, ``no cut``, or what failed."""
    try:
        with VirtualBoard(**board_options) as board:
            return trial(board, embedding, cut) or "no cut"
    except Exception as error:
        sys.stderr.write(f"{cut}: {error!r}\n")
        return "failed"


def main() -> int:
    """Run, count, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--arch", default="i386")
    parser.add_argument("--file-system", default="littlefs", help="littlefs or fat")
    options = parser.parse_args()
    embedding = EMBEDDING_FILES["tiny"].read_bytes()
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as home:
        os.environ["TINYTEACH_HOME"] = home
        kind = {"arch": options.arch, "file_system": options.file_system}
        with VirtualBoard(**kind) as board:
            file_count = len(file_sizes(board, embedding))
        planned = cuts(options.trials, options.seed, file_count)
        counts = Counter(outcome(cut, embedding, **kind) for cut in planned)
    left = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    took_s = time.monotonic() - start
    sys.stdout.write(f"{options.trials} trials in {took_s:.0f} s; main.py was: {left}\n")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
