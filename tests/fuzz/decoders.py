"""Fuzzing for as long as it is told: ``python tests/fuzz/decoders.py --minutes 10``.

Every decoder of the host in turn (tests/fuzz/targets/), or those that are named, guided by
coverage. Only errors that a decoder documents may come out, each input within ``--timeout-s`` and
``--memory-mb``. What breaks that is kept in build/fuzz/NAME/ and named with the command that runs
it again; ends with 1 then. What reached new code is kept beside it, and the next run begins there.
Needs atheris, the extra ``fuzz``; without it ``--again`` still runs.
"""

import argparse
import importlib.util
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

FUZZ = Path(__file__).resolve().parent
sys.path.insert(0, str(FUZZ.parent))

from fuzz.targets.every import TARGETS  # noqa: E402
from fuzz.targets.target import CORPUS  # noqa: E402

BUILD = FUZZ.parents[1] / "build" / "fuzz"
MISSING = (
    "Fuzzing needs atheris, which is not installed; run \"pip install -e '.[fuzz]'\" on Linux with "
    "Python 3.11 to 3.13.\n"
)
AGAIN = "python tests/fuzz/decoders.py"
CHATTER = ("#", "INFO", "MS:", "stat:")
# libFuzzer's prefixes of what it keeps.
FOUND = ("crash-", "timeout-", "oom-", "leak-")
INPUT_BYTES_MAX = 1 << 14
STARTING_S = 600  # and ending, beyond the time that libFuzzer is given, on a busy machine


@dataclass(frozen=True)
class Outcome:
    """``places`` are those of the code that inputs told apart; ``said`` is the end of its words."""

    name: str
    inputs: int
    places: int
    kept: list[Path]
    said: str


def fuzz(name: str, seconds: int, options) -> Outcome:
    """One target in a process of its own."""
    folder, corpus = BUILD / name, BUILD / "corpus" / name
    for each in (folder, corpus):
        each.mkdir(parents=True, exist_ok=True)
    before = _findings(folder)
    limits = [f"-timeout={options.timeout_s}", f"-rss_limit_mb={options.memory_mb}"]
    limits += [f"-max_total_time={seconds}", f"-max_len={INPUT_BYTES_MAX}"]
    words = [f"-dict={_words(name, folder)}"] if TARGETS[name].words else []
    command = [sys.executable, str(FUZZ / "guided.py"), name, *limits, *words]
    command += [f"-artifact_prefix={folder}/", "-print_final_stats=1", str(corpus)]
    done = subprocess.run(
        [*command, str(CORPUS / name)], capture_output=True, timeout=seconds + STARTING_S
    )
    said = done.stderr.decode(errors="replace") + done.stdout.decode(errors="replace")
    kept = sorted(_findings(folder) - before)
    if done.returncode and not kept:
        raise RuntimeError(f"{name} did not run: {' '.join(_trace(said)[-3:])}")
    inputs, places = _last(said, r"executed_units: +(\d+)"), _last(said, r"cov: (\d+)")
    return Outcome(name, inputs, places, kept, said)


def _findings(folder: Path) -> set[Path]:
    return {path for path in folder.iterdir() if path.name.startswith(FOUND)}


def _words(name: str, folder: Path) -> Path:
    """libFuzzer's dictionary of a target."""
    path = folder / "words.dict"
    texts = ("".join(f"\\x{byte:02x}" for byte in word) for word in TARGETS[name].words)
    path.write_text("".join(f'"{text}"\n' for text in texts))
    return path


def _last(said: str, pattern: str) -> int:
    found = re.findall(pattern, said)
    return int(found[-1]) if found else 0


def again(name: str, path: Path) -> int:
    """One input, without atheris; what comes out of it comes out here."""
    accepted = TARGETS[name].run(path.read_bytes())
    say(f"{name}: {'accepted' if accepted else 'refused with a sentence'}")
    return 0


def told(outcome: Outcome) -> str:
    """A line, and for each finding its command and the end of what was said."""
    counted = f"{outcome.inputs:9,} inputs, {outcome.places:6,} places of the code"
    lines = [f"{outcome.name:18} {counted}"]
    for path in outcome.kept:
        place = path.relative_to(BUILD.parents[1])
        lines.append(f"  FOUND; again: {AGAIN} --again {outcome.name} {place}")
        lines += [f"    {line}" for line in _trace(outcome.said)]
    return "\n".join(lines)


def _trace(said: str) -> list[str]:
    """Python's, where it raised; else what libFuzzer says."""
    lines = [line for line in said.splitlines() if not line.startswith(CHATTER)]
    start = next((n for n, line in enumerate(lines) if "Uncaught Python exception" in line), 0)
    return lines[start : start + 30]


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Run, count, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="in all, for all targets")
    parser.add_argument("--target", nargs="+", choices=TARGETS, default=list(TARGETS))
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--timeout-s", type=int, default=30, help="for one input")
    parser.add_argument("--memory-mb", type=int, default=2048)
    parser.add_argument("--again", nargs=2, metavar=("NAME", "FILE"), help="one input")
    options = parser.parse_args()
    if options.again:
        return again(options.again[0], Path(options.again[1]))
    if importlib.util.find_spec("atheris") is None:
        sys.stderr.write(MISSING)
        return 1
    began_s, outcomes = time.monotonic(), []
    seconds = max(1, int(options.minutes * 60 * options.processes / len(options.target)))
    with ThreadPoolExecutor(options.processes) as pool:
        for outcome in pool.map(lambda name: fuzz(name, seconds, options), options.target):
            say(told(outcome))
            outcomes.append(outcome)
    findings = sum(len(outcome.kept) for outcome in outcomes)
    inputs = sum(outcome.inputs for outcome in outcomes)
    took_s = time.monotonic() - began_s
    say(f"{len(outcomes)} targets, {inputs:,} inputs in {took_s:.0f} s: {findings} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
