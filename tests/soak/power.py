"""Power lost at every flash operation: ``python tests/soak/power.py``.

Pairing, pairing again, deploy, rollback, teach, rules, settings, kept views, another embedding, a
key, another key, a board made private or open, and a deploy that is proven, each run once on a
virtual 32-bit board with LittleFS. Then every flash is looked at that a cut leaves: before each
operation, with that operation half done (torn), and with the block that was
written first behind all others (reordered) between two syncs. On each there must be the old or the
new, whole, and nothing else changed; once the new is there it stays. On ``--starts`` of each path
the real agent starts and says the same. Ends with 1 where that is not so.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1]))

import one_thread  # noqa: E402, F401
from flash_journal import Left  # noqa: E402
from flashes import make_paired  # noqa: E402
from power_cuts import (  # noqa: E402
    ARCH,
    PATHS,
    Judge,
    Run,
    fault_of_start,
    record,
    three_heads,
)
from tinyteach.embedding.runtime import EMBEDDING_FILE  # noqa: E402
from trained import quick_trainings  # noqa: E402


def tell(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def judged(run: Run, chance: Random, starts: int) -> tuple[Counter, int]:
    """How many flashes of each kind there were, and how many were wrong."""
    judge, counts, failed, chosen = Judge(run), Counter(), 0, list[Left]()
    was_new = False
    for left in run.lefts():
        counts[left.how] += 1
        wrong = judge.fault(left)
        if (is_new := judge.is_new(left)) is not None and not wrong:
            wrong = "the new is gone again" if was_new and not is_new else ""
            was_new = is_new
        if wrong:
            failed += 1
            tell(f"{run.path}, {left.how} at operation {left.at}: {wrong}")
        _choose(chosen, left, sum(counts.values()), chance, starts)
    for left in chosen if PATHS[run.path][0] else ():
        counts["starts"] += 1
        if wrong := fault_of_start(run, left):
            failed += 1
            tell(f"{run.path}, {left.how} at operation {left.at}, started: {wrong}")
    return counts, failed


def _choose(chosen: list[Left], left: Left, seen: int, chance: Random, count: int) -> None:
    """Keep ``count`` of all by chance, of which nobody knows before how many they are."""
    if len(chosen) < count:
        chosen.append(left)
    elif (place := chance.randrange(seen)) < count:
        chosen[place] = left


def main() -> int:
    """Run, count, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--path", nargs="+", choices=PATHS, default=list(PATHS))
    parser.add_argument("--starts", type=int, default=8, help="of each path, with the real agent")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    began_s, failed, chance = time.monotonic(), 0, Random(options.seed)
    with tempfile.TemporaryDirectory() as name, quick_trainings():
        os.environ["TINYTEACH_HOME"] = str(Path(name) / "home")
        paired = make_paired(ARCH, Path(name) / "paired", EMBEDDING_FILE.read_bytes())
        heads = three_heads()
        for path in options.path:
            run = record(path, heads, paired)
            counts, wrong = judged(run, chance, options.starts)
            failed += wrong
            parts = ", ".join(f"{count} {how}" for how, count in counts.items())
            tell(f"{path:14} {parts}, {wrong} wrong")
    tell(f"{failed} wrong, {time.monotonic() - began_s:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
