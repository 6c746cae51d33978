"""Bytes per second between host and board: photographs and files, each direction.

``make bench`` or ``python bench/link.py [--board NAME|PORT]``; without a board a virtual
one is started. What is measured is what a user waits for: protocol, hashing, flash and
preprocessing included.
"""

import argparse
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

from tinyteach.cli.output import print_json, show_table
from tinyteach.device.wire.client import BoardClient
from tinyteach.service.boards.opening import open_board
from tinyteach.service.boards.virtual_boards import temporary_virtual_board
from tinyteach_protocol import messages

FILE_BYTES = 65_536
IMAGE_SIDE = 240
ROUNDS = 10


def grab(client: BoardClient) -> int:
    """A photograph of the camera, whole."""
    return len(client.grab()[1])


def grab_model_view(client: BoardClient) -> int:
    """A photograph as the model sees it, which `tinyteach capture --small` takes."""
    return len(client.grab(messages.GRAB_MODEL)[1])


def send_image(client: BoardClient) -> int:
    """A photograph to the board, which preprocesses it as it comes."""
    pixels = secrets.token_bytes(IMAGE_SIDE * IMAGE_SIDE * 3)
    client.send_image(pixels, IMAGE_SIDE, messages.RGB888)
    return len(pixels)


def upload(client: BoardClient) -> int:
    """A file to the board's flash, where a head goes; it is dropped again, not put to work."""
    content = secrets.token_bytes(FILE_BYTES)
    client.upload(messages.HEAD, content)
    client.request(messages.ABORT)
    return len(content)


ON_ANY_BOARD = {"send a photograph": send_image, "upload to flash": upload}
WITH_CAMERA = {"grab a photograph": grab, "grab the model's view": grab_model_view}


def measure(transfer: Callable[[BoardClient], int], client: BoardClient, rounds: int) -> dict:
    """Size and median speed of ``rounds`` transfers, after one that does not count."""
    transfer(client)
    speeds = []
    size = 0
    for _ in range(rounds):
        start = time.perf_counter()
        size = transfer(client)
        speeds.append(size / (time.perf_counter() - start))
    return {"bytes": size, "bytes_per_second": round(median(speeds))}


@contextmanager
def board_under_test(name: str | None) -> Iterator[str]:
    """The named board, or a virtual one for this run."""
    if name:
        yield name
        return
    with temporary_virtual_board() as port:
        yield port


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--board", help="name, port or pyserial URL of a paired board")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="one round, to see that it works")
    options = parser.parse_args()
    with board_under_test(options.board) as port, open_board(port) as client:
        transfers = ON_ANY_BOARD | (WITH_CAMERA if client.has_camera else {})
        rounds = 1 if options.quick else ROUNDS
        found = {name: measure(what, client, rounds) for name, what in transfers.items()}
    if options.json:
        print_json(found)
        return
    rows = [(name, row["bytes"], row["bytes_per_second"]) for name, row in found.items()]
    show_table("Between host and board", ("", "bytes", "bytes per second"), rows)


if __name__ == "__main__":
    main()
