"""``python -m tinyteach.virtual.at``: a virtual module in the background, found by its name."""

import argparse
import sys
from pathlib import Path

from tinyteach.virtual import daemon
from tinyteach.virtual.at.module import VirtualModule


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tinyteach.virtual.at", description=__doc__)
    parser.add_argument("--name", default="grove")
    parser.add_argument("--dialect", default="el")
    parser.add_argument("--loader", default="0002000b")
    parser.add_argument("--firmware", default="", help="the version that it tells")
    options = parser.parse_args()

    def make(flash: Path) -> VirtualModule:
        return VirtualModule(options.dialect, options.loader, None, flash, version=options.firmware)

    return daemon.serve(options.name, f"grove-{options.dialect}", make)


if __name__ == "__main__":
    sys.exit(main())
