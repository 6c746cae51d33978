"""Kernels and loading between guard pages: ``python tests/soak/guard_bands.py``.

Random operators of shapes at their limits, and damaged model files, on 64-bit and 32-bit
MicroPython: each must run or be refused, write no byte outside of what is its own, read none, never
end the process or compute without end, and give the same everywhere; a valid operator what
LiteRT's reference gives. A case is a seed: each that fails is named with the command that runs it
again. Ends with 1 where one failed.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / "agent" / "tflite"), str(TESTS.parent / "bench")]

import guard_cases  # noqa: E402
import machine_code_of_thumb  # noqa: E402
from guarded import Answer, Guarded  # noqa: E402

from tinyteach.virtual.interpreter import micropython  # noqa: E402

KINDS = {"kernel": guard_cases.kernel_case, "model": guard_cases.damaged_case}
AT_ONCE = 250  # cases made, and on their way to each MicroPython


def runners(stack: ExitStack, targets: list[str]) -> dict[str, Guarded]:
    """A MicroPython for each ``arch-kernels``, such as armhf-thumb."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    machine_code_of_thumb.write(folder)
    found = {}
    for target in targets:
        arch, kernels = target.split("-")
        guarded = Guarded(micropython.find(arch, with_ffi=True), kernels, [folder])
        found[target] = stack.enter_context(guarded)
    return found


def faults(kind: str, seed: int, answers: dict[str, Answer], model: bytes) -> list[str]:
    """What is wrong with the answers to one case, where it went wrong first."""
    wrong = [f"{name}: {a.verdict}: {a.sentence}" for name, a in answers.items() if not a.is_right]
    if wrong:
        return wrong
    if len({(a.verdict, a.output) for a in answers.values()}) > 1:
        return ["differs between " + " and ".join(answers)]
    output = next(iter(answers.values()))
    if kind == "kernel" and output.verdict != "ran":
        return [f"refused: {output.sentence}"]
    if kind == "kernel" and output.output != guard_cases.wanted(model, guard_cases.place_of(seed)):
        return ["other than LiteRT's reference"]
    return []


def run(kind: str, seeds: range, on: dict[str, Guarded]) -> tuple[Counter, list[str]]:
    """(verdicts, what failed) of cases of a kind."""
    counts, failed = Counter(), []
    for start in range(0, len(seeds), AT_ONCE):
        part = seeds[start : start + AT_ONCE]
        cases = [(KINDS[kind](seed), guard_cases.place_of(seed)) for seed in part]
        answers = zip(*(guarded.each(cases) for guarded in on.values()), strict=True)
        for seed, (model, _), each in zip(part, cases, answers, strict=True):
            by_name = dict(zip(on, each, strict=True))
            counts.update(f"{name} {answer.verdict}" for name, answer in by_name.items())
            failed += [f"{kind}:{seed} {fault}" for fault in faults(kind, seed, by_name, model)]
        sys.stderr.write(f"{start + len(part)} {kind} cases, {len(failed)} failed\n")
    return counts, failed


def planned(options) -> dict[str, range]:
    """Seeds of each kind."""
    if options.again:
        kind, seed = options.again.split(":")
        return {kind: range(int(seed), int(seed) + 1)}
    counts = {"kernel": options.kernels, "model": options.models}
    return {kind: range(options.seed, options.seed + n) for kind, n in counts.items() if n}


def main() -> int:
    """Run, count, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernels", type=int, default=20_000, help="random operators")
    parser.add_argument("--models", type=int, default=5_000, help="damaged model files")
    parser.add_argument("--seed", type=int, default=0, help="of the first case of each kind")
    parser.add_argument("--on", nargs="+", default=["amd64-viper", "i386-viper"])
    parser.add_argument("--again", help="one case, such as kernel:17")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    start, report, failed = time.monotonic(), {}, []
    with ExitStack() as stack:
        on = runners(stack, options.on)
        for kind, seeds in planned(options).items():
            counts, wrong = run(kind, seeds, on)
            report[kind] = {"cases": len(seeds), **dict(sorted(counts.items()))}
            failed += wrong
    report |= {"failed": failed, "seconds": round(time.monotonic() - start)}
    sys.stdout.write(json.dumps(report) + "\n" if options.json else told(report))
    return 1 if failed else 0


def told(report: dict) -> str:
    lines = [f"{kind}: {values}" for kind, values in report.items() if kind in KINDS]
    lines += [f"{fault}; again: --again {fault.split()[0]}" for fault in report["failed"]]
    return "\n".join([*lines, f"{len(report['failed'])} failed in {report['seconds']} s", ""])


if __name__ == "__main__":
    sys.exit(main())
