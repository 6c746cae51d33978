"""Writes the seeds of all targets anew: ``python tests/fuzz/make_corpus.py``.

Each is made by the project's own code. The fuzzer adds what it finds in build/fuzz/ only.
"""

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.targets.every import TARGETS  # noqa: E402
from fuzz.targets.target import CORPUS  # noqa: E402


def main() -> None:
    """In place of those that are there."""
    shutil.rmtree(CORPUS, ignore_errors=True)
    for target in TARGETS.values():
        folder = CORPUS / target.name
        folder.mkdir(parents=True)
        for number, seed in enumerate(target.seeds()):
            (folder / f"{number}.seed").write_bytes(seed)


if __name__ == "__main__":
    main()
