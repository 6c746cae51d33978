"""Sessions over a link that spoils what it can: ``python tests/soak/links.py --sessions 2000``.

Capture, deploy, watch, teach, rules, pull and upgrade, as commands, on 64-bit and 32-bit boards,
over USB's pace and over a UART of 115,200 baud with rings of 260 bytes and no flow control. In each
session bits are flipped, bytes left out, doubled, delayed and split, the link stands still, the
cable is out or comes back under another name, drawn from the session's seed. Each must end in
success or in one sentence, no more than 10 s later than without faults; the head at work is the one
before or the new one, no photograph is lost or there twice, and the board answers afterwards. Ends
with 1 where something else came of one; each such is named with the command that runs it again.
"""

import argparse
import faulthandler
import os
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

import one_thread  # noqa: E402, F401
from flashes import make_paired  # noqa: E402
from link_sessions import BOUND_S, SESSIONS, Outcome, bench_on  # noqa: E402
from tinyteach.embedding.runtime import EMBEDDING_FILE  # noqa: E402
from trained import quick_trainings  # noqa: E402

ARCHS = ("amd64", "i386")
LINKS = ("usb", "uart")
HANGS_S = 600


@dataclass(frozen=True)
class Part:
    """Sessions of one kind on one board."""

    arch: str
    link: str
    kind: str
    seeds: range

    def __str__(self) -> str:
        return f"{self.kind} {self.arch} {self.link}"


def run_part(part: Part) -> list[Outcome]:
    """In a process of its own, with a board of its own."""
    with tempfile.TemporaryDirectory() as name, quick_trainings():
        folder = Path(name)
        os.environ["TINYTEACH_HOME"] = str(folder / "home")
        flash = make_paired(part.arch, folder / "flash", EMBEDDING_FILE.read_bytes())
        with bench_on(part.arch, flash, folder, part.link == "uart") as bench:
            return [_watched(bench, part, seed) for seed in part.seeds]


def _watched(bench, part: Part, seed: int) -> Outcome:
    faulthandler.dump_traceback_later(HANGS_S, exit=True)
    try:
        outcome = bench.session(part.kind, seed)
    finally:
        faulthandler.cancel_dump_traceback_later()
    if outcome.wrong or not outcome.is_in_time:
        sys.stderr.write(f"{part}: {outcome}\n")
    return outcome


def planned(options) -> list[Part]:
    """All parts, those that take longest first."""
    kinds = [(a, link, k) for link in reversed(LINKS) for k in reversed(SESSIONS) for a in ARCHS]
    wanted = [each for each in kinds if _is_meant(options, *each)]
    each = -(-options.sessions // len(wanted))
    return [Part(*which, range(options.seed, options.seed + each)) for which in wanted]


def _is_meant(options, arch: str, link: str, kind: str) -> bool:
    return arch in options.arch and link in options.link and kind in options.kind


def line_of(part: Part, outcomes: list[Outcome]) -> str:
    over_s = [outcome.over_s for outcome in outcomes]
    went_well = sum(outcome.code == 0 for outcome in outcomes)
    return (
        f"{part!s:20} {len(outcomes):5} sessions: {went_well} succeeded, "
        f"{len(outcomes) - went_well} ended in a sentence; longer than without faults by "
        f"{median(over_s):.1f} s (median), {max(over_s):.1f} s at most"
    )


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Run, count, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0, help="of the first session of each kind")
    parser.add_argument("--processes", type=int, default=4, help="boards at a time; most wait")
    parser.add_argument("--kind", nargs="+", choices=SESSIONS, default=SESSIONS)
    parser.add_argument("--arch", nargs="+", choices=ARCHS, default=ARCHS)
    parser.add_argument("--link", nargs="+", choices=LINKS, default=LINKS)
    options = parser.parse_args()
    began_s, wrong, late, unmade, codes = time.monotonic(), [], [], [], Counter()
    parts = planned(options)
    with ProcessPoolExecutor(options.processes, get_context("spawn")) as pool:
        running = {pool.submit(run_part, part): part for part in parts}
        for done in as_completed(running):
            part = running[done]
            if done.exception():  # not even what comes before its sessions went well
                unmade.append(part)
                say(f"{part}: {done.exception()}")
                continue
            outcomes = done.result()
            say(line_of(part, outcomes))
            codes.update(outcome.code for outcome in outcomes)
            wrong += [(part, each) for each in outcomes if each.wrong]
            late += [(part, each) for each in outcomes if not each.is_in_time]
    for part, each in wrong + late:
        say(f"{part} {each.seed}: {each.wrong or each.said}, {each.over_s:.1f} s more; again: "
            f"--kind {part.kind} --arch {part.arch} --link {part.link} --seed {each.seed} "
            "--sessions 1")  # fmt: skip
    took_s = time.monotonic() - began_s
    say(
        f"{codes.total()} sessions in {took_s:.0f} s: {len(wrong)} wrong, {len(late)} more than "
        f"{BOUND_S:.0f} s longer; exit codes {dict(sorted(codes.items()))}"
    )
    return 1 if wrong or late or unmade else 0


if __name__ == "__main__":
    sys.exit(main())
