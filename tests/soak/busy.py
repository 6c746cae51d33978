"""The whole suite beside processes that do nothing but compute: ``python tests/soak/busy.py``.

Whatever decides pass or fail must follow from progress, not from a clock. Runs ``make test``'s
pytest several times, one after the other, each beside some shell loops; ends with 1 where a run
failed.
"""

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


def pytest_command() -> list[str]:
    """As the Makefile has it."""
    line = re.search(r"^PYTEST := \$\(BIN\)/pytest (.*)$", (ROOT / "Makefile").read_text(), re.M)
    assert line
    return [sys.executable, "-m", "pytest", *line[1].split(), "-q"]


@contextmanager
def loops(count: int) -> Iterator[None]:
    started = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(count)]
    try:
        yield
    finally:
        for each in started:
            each.kill()
            each.wait()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--loops", type=int, default=8)
    parser.add_argument("tests", nargs="*", help="files or folders; the whole suite if none")
    options = parser.parse_args()
    failed = 0
    for number in range(1, options.runs + 1):
        begun = time.monotonic()
        with loops(options.loops):
            done = subprocess.run([*pytest_command(), *options.tests], cwd=ROOT)
        failed += done.returncode != 0
        taken = f"{time.monotonic() - begun:.0f} s"
        print(f"run {number}: {taken}, {failed} failed so far", flush=True)  # noqa: T201
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
