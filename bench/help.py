"""How long the command line takes to answer, beside a Python that does nothing.

    python bench/help.py [--rounds N] [--quick] [--json]

Each in a process of its own, in turns, so that what else the machine does falls on all alike; the
ratios are those of the medians.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from tinyteach.cli.output import print_json, show_table

ROUNDS = 30
TINYTEACH = str(Path(sys.executable).with_name("tinyteach"))
NOTHING = "python -c pass"
COMMANDS = {
    NOTHING: (sys.executable, "-c", "pass"),
    "tinyteach --help": (TINYTEACH, "--help"),
    "tinyteach --version": (TINYTEACH, "--version"),
    "tinyteach class --help": (TINYTEACH, "class", "--help"),
    "tinyteach class add --help": (TINYTEACH, "class", "add", "--help"),
    "tinyteach train --help": (TINYTEACH, "train", "--help"),
}


def took_ms(command: tuple[str, ...]) -> float:
    """How long a command takes from its start to its end."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1000


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """The median of each and its ratio to nothing, after one round that does not count."""
    times = [{name: took_ms(command) for name, command in COMMANDS.items()} for _ in range(rounds)]
    medians = {name: median(each[name] for each in times[1:] or times) for name in COMMANDS}
    return {
        name: {"median_ms": round(ms, 1), "ratio": round(ms / medians[NOTHING], 2)}
        for name, ms in medians.items()
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each is started")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="one round, to see that it works")
    options = parser.parse_args()
    found = measure(1 if options.quick else 1 + options.rounds)
    if options.json:
        print_json(found)
        return
    rows = [(name, row["median_ms"], row["ratio"]) for name, row in found.items()]
    show_table("From start to end", ("", "ms", f"× {NOTHING}"), rows)


if __name__ == "__main__":
    main()
