"""Reads protocol/vectors/vectors.json by every reader, on CPython and on MicroPython.

    micropython vector_reader.py vectors.json

Uses only what both runtimes have. Every stream is fed whole, byte by byte,
through ``get_buffer`` as a board does, with bytes after it and with text
before, after and between.
"""

import json
import sys
from binascii import hexlify, unhexlify

from tinyteach_protocol import messages
from tinyteach_protocol.errors import ProtocolError
from tinyteach_protocol.frame import HEADER_BYTES, Damaged, Decoder, Encoder, Frame, encode
from tinyteach_protocol.sealing import Seal, is_same, proof

BYTES_KINDS = (messages.BYTES, messages.DATA)


def unhex(text):
    return unhexlify(text.encode())


def hex_of(data):
    return hexlify(bytes(data)).decode()


def drain(decoder, events):
    while True:
        event = decoder.next_event()
        if event is None:
            return events
        if isinstance(event, Frame):
            events.append(["frame", event.type, event.flags, event.seq, hex_of(event.payload)])
        elif isinstance(event, Damaged):
            events.append(["damaged", event.reason])
        elif events and events[-1][0] == "text" and events[-1][2] == event.suspect:
            events[-1][1] += hex_of(event.data)
        else:
            events.append(["text", hex_of(event.data), event.suspect])


def feed(data, piece_bytes):
    """Through ``receive``, in pieces."""
    decoder, events = Decoder(), []
    for at in range(0, len(data), piece_bytes):
        piece = data[at : at + piece_bytes]
        while piece:
            piece = piece[decoder.receive(piece) :]
            drain(decoder, events)
    return events


def feed_like_a_board(data, limit=64):
    """Through ``get_buffer``, filling each view to the end, as a blocking readinto does."""
    decoder, events, at = Decoder(), [], 0
    while True:
        view = decoder.get_buffer(limit)
        piece = data[at : at + len(view)]
        view[: len(piece)] = piece
        decoder.advance(len(piece))
        drain(decoder, events)
        at += len(piece)
        if len(piece) < len(view):
            return events


def check(condition, name, *what):
    if not condition:
        raise AssertionError(f"{name}: {what!r}")


def check_message(vector):
    name, type = vector["name"], vector["type"]
    kinds = dict(messages.layout(type))
    fields = {
        key: unhex(value) if kinds[key] in BYTES_KINDS else value
        for key, value in vector["fields"].items()
    }
    payload = unhex(vector["payload"])
    check(messages.encode(type, **fields) == payload, name, "payload")
    check(encode(type, vector["seq"], payload) == unhex(vector["frame"]), name, "frame")
    encoder = Encoder(512)
    end = messages.write_fields(type, fields, encoder.buffer, 10, 10 + 512)
    in_place = encoder.seal(type, vector["seq"], end)
    check(bytes(in_place) == unhex(vector["frame"]), name, "frame in place")
    for extra in (b"", b"\x00", b"appended by a later version"):
        check_fields(messages.decode(type, 0, payload + extra), fields, name)
    for cut in range(len(payload)):
        check(refusal(type, payload[:cut]) == 1, name, "cut at", cut)


def check_fields(message, fields, name):
    for key, value in fields.items():
        got = getattr(message, key)
        got = bytes(got) if isinstance(value, bytes) else got
        check(got == value, name, key, got, value)


def refusal(type, payload):
    """The code of the ProtocolError that decoding raises, or None."""
    try:
        messages.decode(type, 0, payload)
    except ProtocolError as error:
        return error.code
    return None


def check_stream(name, data, events):
    whole = feed(data, len(data))
    check(whole == events, name, "whole", whole)
    check(feed(data, 1) == events, name, "byte by byte")
    check(feed(data, 7) == events, name, "in sevens")
    check(feed_like_a_board(data) == events, name, "get_buffer")
    check(feed_like_a_board(data, 1) == events, name, "get_buffer by ones")


def check_frame(vector):
    """The message's frame alone, with garbage around it, with another frame behind."""
    name, data = vector["name"], unhex(vector["frame"])
    event = ["frame", vector["type"], 0, vector["seq"], vector["payload"]]
    log = ["text", hex_of(b"log\n"), False]
    check_stream(name, data, [event])
    check_stream(name, data + data, [event, event])
    check_stream(name, b"log\n" + data + b"log\n" + data + b"log\n", [log, event, log, event, log])
    for cut in (1, 2, 9, 10, len(data) - 1):
        check(feed(data[:cut], cut) == [], name, "cut at", cut)


def check_proof(vector):
    parts = [unhex(part) for part in vector["parts"]]
    got = proof(unhex(vector["key"]), vector["role"], *parts)
    check(is_same(got, unhex(vector["proof"])), "proof", vector["role"], got)
    for at in range(len(got)):
        changed = bytearray(got)
        changed[at] ^= 1
        check(not is_same(got, changed) and not is_same(got, got[:at]), "another proof", at)


def check_sealed(vectors):
    """One side makes these very frames, the other opens each once, and none that is changed."""
    seal, opener = Seal(unhex(vectors[0]["key"])), Seal(unhex(vectors[0]["key"]))
    for vector in vectors:
        type, flags, seq = vector["type"], vector["flags"], vector["seq"]
        fields, data = unhex(vector["fields"]), unhex(vector["frame"])
        encoder = Encoder(64)
        end = HEADER_BYTES + len(fields)
        encoder.buffer[HEADER_BYTES:end] = fields
        end = seal.seal(encoder.buffer, type, flags, seq, end)
        check(bytes(encoder.seal(type, seq, end, flags)) == data, "sealed", seq, flags)
        payload = data[HEADER_BYTES:-4]
        for at in range(len(payload)):
            changed = bytearray(payload)
            changed[at] ^= 0x10
            check(not opener.open(Frame(type, flags, seq, memoryview(changed))), "changed", at)
        for other in ((type ^ 1, flags, seq), (type, flags ^ 1, seq), (type, flags, seq ^ 1)):
            check(not opener.open(Frame(*other, memoryview(payload))), "another header", other)
        arrived = Frame(type, flags, seq, memoryview(payload))
        check(opener.open(arrived) and bytes(arrived.payload) == fields, "opened", seq)
        check(not opener.open(Frame(type, flags, seq, memoryview(payload))), "again", seq)


def main(path):
    with open(path) as file:  # noqa: PTH123 - MicroPython has no pathlib
        vectors = json.load(file)
    for vector in vectors["messages"]:
        check_message(vector)
        check_frame(vector)
    for vector in vectors["streams"]:
        check_stream(vector["name"], unhex(vector["bytes"]), vector["events"])
    for vector in vectors["malformed"]:
        got = refusal(vector["type"], unhex(vector["payload"]))
        check(got == vector["code"], vector["name"], got)
    for vector in vectors["proofs"]:
        check_proof(vector)
    check_sealed(vectors["sealed"])
    kinds = ("messages", "streams", "malformed", "proofs", "sealed")
    counts = [len(vectors[key]) for key in kinds]
    print("read", *counts)  # noqa: T201 - a script, whose output the test reads


if __name__ == "__main__":
    main(sys.argv[1])
