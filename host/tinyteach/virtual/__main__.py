"""``python -m tinyteach.virtual``: a virtual board in the background, found by its name."""

import argparse
import sys
from pathlib import Path

from tinyteach.virtual import daemon
from tinyteach.virtual.board import VirtualBoard
from tinyteach.virtual.heap import DEFAULT


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tinyteach.virtual", description=__doc__)
    parser.add_argument("--name", default="virtual")
    parser.add_argument("--arch", required=True, help="Debian's name: amd64, i386 …")
    parser.add_argument("--heap", default=DEFAULT, help="what the board's programs have")
    parser.add_argument("--no-camera", dest="camera", action="store_false")
    options = parser.parse_args()

    def make(flash: Path) -> VirtualBoard:
        return VirtualBoard(options.arch, flash, options.heap, camera=options.camera)

    return daemon.serve(options.name, options.arch, make)


if __name__ == "__main__":
    sys.exit(main())
