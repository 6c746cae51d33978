"""Retrain on new photographs and put the head to work only where it is good enough.

python examples/production_line.py PROJECT NEW_PHOTOS [--board NAME] [--at-least 0.9]

PROJECT is a project folder, NEW_PHOTOS a folder of class folders. Exit code 1: not good enough.
"""

import argparse
import sys

import tinyteach as tt


def retrain(options: argparse.Namespace) -> int:
    project = tt.Project(options.project)
    taken = project.import_photos(options.photos)
    head = project.train()
    print(f"{sum(taken.added.values())} photographs more, {head.accuracy or 0:.0%} right")
    if (head.accuracy or 0) < options.at_least:
        print(f"The board keeps what it has: less than {options.at_least:.0%}.")
        return 1
    with tt.Board(options.board or project.board) as board:
        print(board.deploy(head).sentence())
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("project")
    parser.add_argument("photos")
    parser.add_argument("--board")
    parser.add_argument("--at-least", type=float, default=0.9)
    try:
        return retrain(parser.parse_args())
    except tt.TinyTeachError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
