"""Ends a head that taught_head.py began: its self-test's scores, its card, its seal.

Loaded when needed only (seldom.py), beside what reads models.
"""

import binascii
import gc
import struct

from agent import files, memory
from agent.head import MAGIC
from agent.tflite.interpreter import Interpreter

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from hashlib import sha256
    from typing import Any, BinaryIO

_THRESHOLD = const(77)


def finish(
    path: str,
    fingerprint: bytes,
    labels: list[str],
    places: tuple[int, int],
    digest: "sha256",
    _around: tuple[bytes, bytes],
) -> None:
    """Append card (agent/card.py), ``labels`` for other tools and the seal to the file.

    ``fingerprint`` is the embedding's, ``places`` in the file are those of the two examples that
    the head is tested on, ``digest`` has hashed the file so far, ``_around`` stands in front of the
    card and behind it.
    """
    with open(path, "rb") as file:
        found = _scores(file, files.size_of(path), places)
        card = [MAGIC, fingerprint, bytes([len(labels)])]
        for label in labels:
            card += [bytes([len(label.encode())]), label.encode()]
        card.append(struct.pack(b"<BBHH", 1, _THRESHOLD, 2, found[2]))
        for index in range(2):
            file.seek(places[index])
            card += [file.read(found[2]), found[index]]
    with open(path, "ab") as file:
        for piece in [_around[0]] + card + [_around[1]]:
            digest.update(piece)
            file.write(piece)
        file.write(b"sha256:" + binascii.hexlify(digest.digest()))


def _scores(file: "BinaryIO", size: int, places: tuple[int, int]) -> "list[Any]":
    """What the head in the file gives for its two tests, and how many features they have."""
    from agent.tflite.model import Model

    head = Interpreter(Model(file, size))
    gc.collect()
    memory.sample()
    found = []
    for place in places:
        file.seek(place)
        file.readinto(head.input.data)
        head.invoke()
        found.append(bytes(head.output.data))
    return found + [len(head.input.data)]
