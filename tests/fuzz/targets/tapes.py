"""Tapes of sessions: as they are, and with their blocks' check sums made to fit."""

from fuzz.targets.target import Target, file_with
from tinyteach.errors import TapeError
from tinyteach.link.tape import tape_file
from tinyteach.link.tape.reading import connections_of
from tinyteach_protocol import frame, messages

ABOUT = {"tinyteach": "0", "started": "now", "words": ["info"]}


def decode_tape(data: bytes) -> None:
    """Down to what was said on its connections."""
    tape = tape_file.read_tape(file_with("a.tape", data))
    assert isinstance(tape.tests, list)
    connections_of(tape)


def decode_entries(data: bytes) -> None:
    """As the one block of a tape."""
    decode_tape(tape_file.head_of(ABOUT) + tape_file.block(data))


def _entries() -> list[bytes]:
    hello = messages.encode(messages.HELLO, nonce=7, min_version=1, max_version=1, max_payload=512)
    said = (
        (tape_file.OPENED, b'{"port": "/dev/ttyACM0", "baud_rate": 115200}'),
        (tape_file.TEST, b"test_parts.py::test_red"),
        (tape_file.SENT, frame.encode(messages.HELLO, 1, hello)),
        (tape_file.RECEIVED, b"boot\n" + frame.encode(messages.BYE | messages.RESPONSE, 2)),
        (tape_file.FAILED, b'{"what": "read", "why": "gone"}'),
        (tape_file.PHOTOGRAPH, bytes(40)),
        (tape_file.CLOSED, b""),
        (tape_file.ENDED, b""),
    )
    return [b"".join(tape_file.entry_bytes(kind, 1, 300, data) for kind, data in said)]


def _tapes() -> list[bytes]:
    return [tape_file.head_of(ABOUT) + tape_file.block(own) for own in _entries()]


TARGETS = (
    Target("tapes", decode_tape, _tapes, (TapeError,), (tape_file.MAGIC,)),
    Target("tape_entries", decode_entries, _entries, (TapeError,), (frame.MAGIC,)),
)
