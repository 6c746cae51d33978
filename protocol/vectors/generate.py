"""Writes vectors.json: golden frames and messages, good and damaged.

    python protocol/vectors/generate.py

A test runs this and compares, so the file changes only when someone means to
change the wire. The examples are chosen by hand; SPEC.md works one out.
"""

import hmac
import json
import struct
from hashlib import sha256
from pathlib import Path

from tinyteach_protocol import errors, frame, messages, session

PATH = Path(__file__).with_name("vectors.json")

FINGERPRINT = bytes(range(32))
TIMES = {"preprocess_us": 1500, "embedding_us": 80000, "head_us": 120}

# (frame type, fields): every message once, and those whose shapes differ.
EXAMPLES = [
    (messages.HELLO, {"nonce": 7, "min_version": 1, "max_version": 1, "max_payload": 8192}),
    (
        messages.HELLO | messages.RESPONSE,
        {
            "nonce": 7,
            "version": 1,
            "max_payload": 4096,
            "window": 8192,
            "agent_version": "0.1.0",
            "board_id": "e8f60af5541a",
            "capabilities": messages.CAP_CAMERA | messages.CAP_EMBEDDING_READY,
        },
    ),
    (messages.BYE, {}),
    (messages.BYE | messages.RESPONSE, {}),
    (messages.INFO, {}),
    (
        messages.INFO | messages.RESPONSE,
        {
            "board": "xiao_esp32s3_sense",
            "machine": "Generic ESP32S3 module with ESP32S3",
            "micropython": "1.25.0",
            "arch": "xtensawin",
            "sensor": "OV3660",
            "frame_width": 240,
            "frame_height": 240,
            "pixel_format": messages.RGB565_BE,
            "model_side": 64,
            "heap_total": 8257536,
            "heap_free": 8000000,
            "heap_peak": 257536,
            "arena": 98304,
            "flash_total": 6291456,
            "flash_free": 5000000,
            "embedding": FINGERPRINT,
            "head": b"",
            "previous_head": b"",
            "labels": ["Tasse", "Käse", "空"],
            "kernels": "viper",
            "state": errors.CAMERA_FAILED,
            "detail": "kein Bild",
            "threshold": 128,
            "boot": "PWRON",
            "safe_mode": 0,
            "crash_bytes": 0,
            "rules_bytes": 46,
            "kept": 3,
            "camera": '{"xclk_freq": 10000000}',
        },
    ),
    (messages.RESTART, {}),
    (messages.RESTART | messages.RESPONSE, {}),
    (messages.PROVE, {"step": 1, "number": 0, "nonce": b"", "proof": FINGERPRINT}),
    (messages.PROVE | messages.RESPONSE, {"number": 7, "nonce": FINGERPRINT[:16], "proof": b""}),
    (messages.GRAB, {"kind": messages.GRAB_SQUARE}),
    (
        messages.GRAB | messages.RESPONSE,
        {
            "width": 240,
            "height": 240,
            "pixel_format": messages.RGB565_BE,
            "size": 115200,
            "crc32": 0xFFFFFFFF,
            "frame_number": 1,
        },
    ),
    (messages.READ, {"object": messages.FRAME, "offset": 65536, "length": 4090}),
    (messages.READ | messages.RESPONSE, {"offset": 65536, "data": bytes(range(256))}),
    (
        messages.OPEN,
        {
            "object": messages.HEAD,
            "size": 3000,
            "sha256": FINGERPRINT,
            "side": 0,
            "pixel_format": 0,
        },
    ),
    (messages.OPEN | messages.RESPONSE, {"offset": 0}),
    (messages.WRITE, {"offset": 2999, "data": b"\xf5"}),
    (messages.WRITE | messages.RESPONSE, {"offset": 3000}),
    (messages.COMMIT, {}),
    (messages.COMMIT | messages.RESPONSE, {"fingerprint": FINGERPRINT, "activation_us": 350000}),
    (messages.ABORT, {}),
    (messages.ABORT | messages.RESPONSE, {}),
    (messages.RUN, {"source": messages.SOURCE_CAMERA, "stages": messages.STAGES_ALL}),
    (
        messages.RUN | messages.RESPONSE,
        {
            "top": 1,
            "scores": b"\x80\x7f\x00",
            "tensor_crc32": 1,
            "features_crc32": 0x80000000,
            "scores_crc32": 0xFFFFFFFF,
            **TIMES,
            "known": 1,
        },
    ),
    (
        messages.TRACE,
        {"stages": messages.STAGE_EMBEDDING, "steps": 27, "offset": 4096, "length": 4090},
    ),
    (messages.TRACE | messages.RESPONSE, {"offset": 4096, "data": b"\x80\x00\x7f"}),
    (messages.ROLLBACK, {}),
    (
        messages.ROLLBACK | messages.RESPONSE,
        {"fingerprint": FINGERPRINT, "labels": ["mask", "no mask"]},
    ),
    (messages.THRESHOLD, {"threshold": 154}),
    (messages.THRESHOLD | messages.RESPONSE, {"threshold": 154}),
    (messages.TEACH, {"action": messages.TEACH_BEGIN, "source": 0, "label": "Tasse"}),
    (
        messages.TEACH | messages.RESPONSE,
        {
            "labels": ["Käse"],
            "counts": b"\x0a",
            "label": "Tasse",
            "waiting": 3,
            "size": 20480,
            "fingerprint": FINGERPRINT,
        },
    ),
    (messages.STREAM, {"kind": messages.STREAM_RESULTS, "credits": 8}),
    (messages.STREAM | messages.RESPONSE, {}),
    (messages.CREDIT, {"total": 0xFFFFFFFF}),
    (messages.STOP, {}),
    (messages.STOP | messages.RESPONSE, {"events": 12}),
    (messages.RESULT, {"frame_number": 9, "top": 0, "scores": b"\x7f\x80", **TIMES, "known": 0}),
    (
        messages.PREVIEW,
        {
            "frame_number": 9,
            "width": 64,
            "height": 64,
            "pixel_format": messages.RGB_INT8,
            "total": 12288,
            "offset": 12285,
            "data": b"\x80\x00\x7f",
        },
    ),
    (messages.ERROR, {"code": errors.WRONG_EMBEDDING, "detail": "made for 1a2b3c4d5e6f"}),
]


def message_vectors() -> list:
    """Every example, encoded, with its frame; the sequence number is its place."""
    return [_message(seq, type, fields) for seq, (type, fields) in enumerate(EXAMPLES, 1)]


def _message(seq: int, type: int, fields: dict) -> dict:
    payload = messages.encode(type, **fields)
    return {
        "name": messages.type_name(type),
        "type": type,
        "seq": seq,
        "fields": {key: _plain(value) for key, value in fields.items()},
        "payload": payload.hex(),
        "frame": frame.encode(type, seq, payload).hex(),
    }


def _plain(value):
    return value.hex() if isinstance(value, bytes) else value


def stream_vectors() -> list:
    """Byte streams with damage, and the events that must come of them in order."""
    hello, seq, nonce = session.hello_frame(1, 7)
    hello_event = ["frame", messages.HELLO, 0, seq, hello[10:-4].hex()]
    bye = frame.encode(messages.BYE, 2)
    bye_event = ["frame", messages.BYE, 0, 2, ""]
    retry = frame.encode(messages.GRAB, 3, b"\x00", frame.RETRY)
    write = frame.encode(
        messages.WRITE, 4, messages.encode(messages.WRITE, offset=0, data=b"ABCDEFGH")
    )
    flipped_header = bye[:4] + b"\xff" + bye[5:]
    flipped_payload = write[:16] + b"a" + write[17:]
    too_long = bytearray(frame.OVERHEAD_BYTES + 9000)
    frame.seal(too_long, messages.WRITE, 0, 5, 9000)

    def damaged(reason):
        return ["damaged", reason]

    def text(data, suspect=False):
        return ["text", data.hex(), suspect]

    cases = [
        ("two frames", bye + retry, [bye_event, ["frame", messages.GRAB, 1, 3, "00"]]),
        (
            "log text before, between and after",
            b"boot\r\n" + bye + "größer\n".encode() + bye + b"end",
            [
                text(b"boot\r\n"),
                bye_event,
                text("größer\n".encode()),
                bye_event,
                text(b"end"),
            ],
        ),
        (
            "half a magic before a frame",
            b"\xf5" + bye,
            [text(b"\xf5"), bye_event],
        ),
        (
            "header flipped",
            flipped_header + bye,
            [damaged(frame.BAD_HEADER), text(flipped_header[1:], True), bye_event],
        ),
        (
            "payload flipped",
            flipped_payload + bye,
            [damaged(frame.BAD_CRC), text(flipped_payload[1:], True), bye_event],
        ),
        (
            "length over the limit",
            bytes(too_long[:10]) + bye,
            [damaged(frame.TOO_LONG), text(bytes(too_long[1:10]), True), bye_event],
        ),
        (
            "truncated write swallows HELLO",
            write[:12] + hello + bye,
            [damaged(frame.BAD_CRC), text(write[1:12], True), hello_event, bye_event],
        ),
    ]
    return [{"name": name, "bytes": data.hex(), "events": events} for name, data, events in cases]


def malformed_vectors() -> list:
    """Payloads that must be refused, with the code."""
    cases = [
        ("HELLO cut short", messages.HELLO, b"\x07\x00\x00\x00\x01\x01\x00", errors.MALFORMED),
        ("GRAB empty", messages.GRAB, b"", errors.MALFORMED),
        ("WRITE with more length than data", messages.WRITE, bytes(4) + b"\x02\x00A", 1),
        ("text that is no UTF-8", messages.ERROR, b"\x01\x00\x01\xff", errors.MALFORMED),
        ("strings fewer than counted", messages.ROLLBACK | 0x80, b"\x00\x02\x01A", 1),
        ("unknown verb", 0x3F, b"", errors.UNKNOWN_VERB),
        ("response to an unknown verb", 0xBF, b"", errors.UNKNOWN_VERB),
    ]
    return [
        {"name": name, "type": type, "payload": payload.hex(), "code": code}
        for name, type, payload, code in cases
    ]


KEY = bytes(range(100, 132))
SESSION = [bytes(range(32)), b"\x20", b"e8f60af5541a"]
HEAD = [struct.pack("<I", 7), FINGERPRINT, b"e8f60af5541a"]


def _proof(role: int, *parts: bytes) -> bytes:
    """By Python's own HMAC, so that the file does not come of what is tested with it."""
    return hmac.digest(KEY, b"TinyTeach 1 " + bytes((role,)) + b"".join(parts), "sha256")


def proof_vectors() -> list:
    """What a key proves."""
    cases = [(role, SESSION) for role in (1, 3, 4)]
    cases += [(2, [*SESSION, struct.pack("<I", 7)]), (5, HEAD)]
    return [
        {
            "key": KEY.hex(),
            "role": role,
            "parts": [part.hex() for part in parts],
            "proof": _proof(role, *parts).hex(),
        }
        for role, parts in cases
    ]


def sealed_vectors() -> list:
    """Sealed frames of one direction, in their order."""
    key = _proof(3, *SESSION)
    cases = [
        (messages.ROLLBACK, frame.SEALED, 9, b""),
        (messages.ROLLBACK, frame.SEALED | frame.RETRY, 9, b""),
        (messages.THRESHOLD, frame.SEALED, 10, b"\x9a"),
    ]
    return [_sealed(key, count, *case) for count, case in enumerate(cases, 1)]


def _sealed(key: bytes, count: int, type: int, flags: int, seq: int, fields: bytes) -> dict:
    told = key.ljust(64, b"\0") + struct.pack("<BBHI", type, flags, seq, count) + fields
    seal = struct.pack("<I", count) + sha256(told).digest()[:8]
    sealed = frame.encode(type, seq, fields + seal, flags)
    about = {"type": type, "flags": flags, "seq": seq, "fields": fields.hex()}
    return {"key": key.hex(), **about, "frame": sealed.hex()}


def document() -> str:
    """The whole file."""
    vectors = {
        "messages": message_vectors(),
        "streams": stream_vectors(),
        "malformed": malformed_vectors(),
        "proofs": proof_vectors(),
        "sealed": sealed_vectors(),
    }
    return json.dumps(vectors, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(document(), encoding="utf-8")
