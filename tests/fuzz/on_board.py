"""Runs on MicroPython: files of a board, damaged, given to what reads them there.

Argument: a folder. Lines of stdin: kind, and the file's content in hex. Prints for each whether it
was read or refused; an error that is neither ends it.
"""

# MicroPython has no pathlib; printing is how a script answers.
# ruff: noqa: PTH101, PTH102, PTH123, PTH208, T201

import binascii
import gc
import os
import sys


class Pin:
    """A chip's with 40 of them."""

    IN, OUT, PULL_UP, PULL_DOWN = range(4)

    def __init__(self, name, *_, **__):
        if not isinstance(name, int) or not 0 <= name < 40:
            raise ValueError("invalid pin")

    def value(self, *_):
        return 0


class Machine:
    Pin = Pin


sys.modules["machine"] = Machine

from agent import board, files, memory, proof, slots, upload  # noqa: E402
from agent.alone import rules  # noqa: E402
from agent.refused import Refused  # noqa: E402
from agent.teaching import button as _button  # noqa: E402, F401 - it compiles here
from tinyteach_protocol import messages, sealing  # noqa: E402
from tinyteach_protocol.responder import Request, Responder  # noqa: E402

KEY = bytes(range(32))  # that of the seeds
ACCESS = (0, 32, 32 | 64)
CONTENT = bytes(range(256)) * 3  # of uploads
files.free_bytes = lambda: (1 << 20, 1 << 20)  # of a computer's folder it cannot be asked


def read_rules():
    try:
        for rule in rules.load(slots.DIRECTORY + "/rules.bin")[1]:
            rule.begin(["cat"])
    except ValueError:
        return False
    return True


def read_button():
    """What the agent takes for a button is what teaching by it can read."""
    if board.button() is None:
        return False
    pin, level, turn = files.read_whole(board.BUTTON).decode().split("\n")[0].split()
    return int(turn) % 3 >= 0


def read_slots():
    found = slots.HeadSlots()
    assert found.active in ("a", "b", None) and found.previous in ("a", "b", None)
    return found.active is not None


class Keyed:
    """As much of the agent as proofs want."""

    board_id = "e8f60af5541a"

    def __init__(self):
        self.access = proof.access()
        self.nonce = b""
        self.responder = Responder(512, 1200)

    def prove(self, step, number=0, nonce=b"", shown=b""):
        fields = {"step": step, "number": number, "nonce": nonce, "proof": shown}
        answer = proof.handle(self, Request(messages.PROVE, 1, fields, False))
        return messages.decode(messages.PROVE | messages.RESPONSE, 1, answer[10:-4])


def read_key():
    """Whatever it holds, the host with the seeds' key is let in where it is that, and else not.

    Only in its session does more pile up before the board collects: what seals leave.
    """
    memory.allow(0)
    usual_bytes = gc.threshold()
    agent = Keyed()
    assert agent.access in ACCESS
    try:
        told = agent.prove(0, nonce=bytes(16))
    except Refused:
        return False
    content = files.read_whole(slots.DIRECTORY + "/key")
    parts = bytes(16) + bytes(told.nonce), bytes((agent.access,)), agent.board_id.encode()
    try:
        agent.prove(1, shown=sealing.proof(KEY, 1, *parts))
    except Refused:
        assert content[1:] != KEY and gc.threshold() == usual_bytes
        return False
    assert gc.threshold() == memory.usual_bytes > usual_bytes
    assert content[1:] == KEY and agent.responder.seals
    return True


def read_number():
    """What is no number is none: the board goes on, and answers."""
    with open(slots.DIRECTORY + "/key", "wb") as file:
        file.write(b"\0" + KEY)
    number = Keyed().prove(0, nonce=bytes(16)).number
    assert 0 <= number < 1 << 32
    return number > 0


def act(content):
    """An upload's life: five bytes each of what is done, with which file, where, how much.

    What is finished is what was announced, whatever was there and whatever was written.
    """
    sent, finished = None, False
    for at in range(0, len(content) - 4, 5):
        what, size, offset, count, flip = content[at : at + 5]
        whole = CONTENT[: 2 * size]
        if what % 5 == 0:
            if sent:
                sent.suspend()
            sent = upload.Upload(messages.HEAD, len(whole), files.hashlib.sha256(whole).digest())
        elif not sent:
            continue
        elif what % 5 == 1:
            start = sent.offset if offset == 255 else 2 * offset
            data = bytearray(CONTENT[start : start + 2 * count])
            if flip == 255 and data:
                data[0] ^= 1
            try:
                sent.write(start, data)
            except Refused:
                continue
        elif what % 5 == 2:
            try:
                path, digest, sent = sent.finish(), sent.digest, None
                assert files.sha256_of(path) == digest
                finished = True
            except Refused:
                sent = None
        elif what % 5 == 3:  # the power is lost: a beginning is there, or more than all
            path, sent = sent.path, sent.suspend()
            with open(path, "wb") as file:
                file.write(CONTENT[: 2 * count])
        else:
            sent = sent.discard()
    return finished


def read_upload():
    return act(files.read_whole(slots.DIRECTORY + "/acts"))


READERS = {
    "rules": (slots.DIRECTORY + "/rules.bin", read_rules),
    "button": (board.BUTTON, read_button),
    "slots": (slots.STATE, read_slots),
    "key": (slots.DIRECTORY + "/key", read_key),
    "number": (slots.DIRECTORY + "/number", read_number),
    "upload": (slots.DIRECTORY + "/acts", read_upload),
}


def main(folder):
    os.chdir(folder)
    if slots.DIRECTORY not in os.listdir():
        os.mkdir(slots.DIRECTORY)
    for path in slots.HEADS:
        open(path, "wb").close()
    for line in sys.stdin:
        kind, _, content = line.rstrip("\n").partition(" ")
        path, read = READERS[kind]
        with open(path, "wb") as file:
            file.write(binascii.unhexlify(content))
        print("read" if read() else "refused")


main(sys.argv[1])
