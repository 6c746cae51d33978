"""Transfers over a bad link end intact, whatever the seed; on CPython and on MicroPython.

micropython lossy_link.py PERCENT FIRST_SEED SEEDS
"""

import hashlib
import sys

from protocol.simulation import FRAME_BYTES, KEY, Board, Dice, Link
from tinyteach_protocol import messages
from tinyteach_protocol.requester import Response
from tinyteach_protocol.transfer import Download, Upload


def deploy(percent, seed, key=b""):
    """OPEN, WRITEs and COMMIT of 10 KB; reconnects where it must. Returns the repetitions."""
    board = Board()
    board.key = key
    link = Link(board, percent, seed)
    model = Dice(seed + 1).data(500) * 20
    link.connect()
    upload = Upload(link.requester, messages.HEAD, model, hashlib.sha256(model).digest())
    while board.active != model:
        link.run_stubbornly(upload)
        assert bytes(board.flash[hashlib.sha256(model).digest()]) == model
        answer = link.call(messages.COMMIT)
        if not isinstance(answer, Response):
            link.connect()
            upload.resume(link.requester)
        elif board.commits == 1:
            assert answer.message.fingerprint == hashlib.sha256(model).digest()
    return link.requester.retries


def photograph(percent, seed, key=b""):
    """GRAB and READs of 20 KB: intact, and no frame taken for a repeated GRAB."""
    board = Board()
    board.key = key
    link = Link(board, percent, seed)
    link.connect()
    grabs = 0
    while True:
        grabs += 1
        answer = link.call(messages.GRAB, kind=messages.GRAB_SQUARE)
        if not isinstance(answer, Response):
            link.connect()
            continue
        assert board.grabs <= grabs
        download = Download(link.requester, messages.FRAME, FRAME_BYTES, answer.message.crc32)
        link.run_stubbornly(download)
        assert bytes(download.data) == board.frame
        return link.requester.retries


def main(percent, first, count):
    retries = 0
    for seed in range(first, first + count):
        retries += deploy(percent, seed) + photograph(percent, seed)
        retries += deploy(percent, seed, KEY) + photograph(percent, seed, KEY)
    print("intact", count, "retries", retries)  # noqa: T201 - a script, whose output is read


if __name__ == "__main__":
    main(*[int(arg) for arg in sys.argv[1:4]])
