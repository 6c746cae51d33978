"""Keys of boards as files, and what comes over a line to a host that has proven itself."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from fuzz.targets.target import Target, file_with
from protocol.simulation import KEY, connected
from tinyteach.device import keys
from tinyteach.device.wire.proving import prove
from tinyteach.errors import NoKeyError, ProjectError, UsageError
from tinyteach.service.boards.keys import forget, import_key, list_keys
from tinyteach_protocol import errors, frame, messages
from tinyteach_protocol.frame import Damaged, Text
from tinyteach_protocol.messages import Message
from tinyteach_protocol.requester import Refused
from tinyteach_protocol.sealed_session import KEY_BYTES

IDENTITY = "e8f60af5541a"
WORDS = (b'"board":', b'"key":', KEY.hex().encode(), b"../../", b"00" * 32)
ENTRY_BYTES = 4  # of a frame in an input: type, flags, seq, length


@contextmanager
def home(data: bytes) -> Iterator[Path]:
    """A home with one key file that holds these bytes; the file."""
    path = file_with(f"keyed/config/keys/{IDENTITY}.json", data)
    with mock.patch.dict(os.environ, {"TINYTEACH_HOME": str(path.parents[2])}):
        yield path
    shutil.rmtree(path.parents[2])


def decode_kept(data: bytes) -> None:
    with home(data):
        assert list_keys().lines()
        assert keys.keyed_boards() == [IDENTITY]
        key = keys.key_of(IDENTITY)
        assert key is not None and len(key) == KEY_BYTES and len(set(key)) > 1
        forget(IDENTITY)
        assert keys.keyed_boards() == []


def decode_imported(data: bytes) -> None:
    """What is imported is there, for its owner alone; what was damaged there is in nobody's way."""
    carried = file_with("carried.key", data)
    with home(b"{"):
        moved = import_key(carried)
        kept = [path for path in (Path(os.environ["TINYTEACH_HOME"]) / "config/keys").iterdir()]
        assert moved.board_id in keys.keyed_boards() and len(kept) <= 2
        assert (moved.board_id, keys.key_of(moved.board_id)) == keys.read_key(carried)
        path = kept[0].with_name(f"{moved.board_id}.json")
        assert path in kept and path.stat().st_mode & 0o777 == keys.FILE_MODE
        assert import_key(carried) == moved


def decode_answers(data: bytes) -> None:
    """Frames with check sums that fit, by who has no key: none is believed."""
    _, requester = connected()
    for verb, fields in (
        (messages.GRAB, {"kind": 0}),
        (messages.STREAM, {"kind": 0, "credits": 9}),
    ):
        requester.request(verb, 0, **fields)
    requester.data_to_send()
    for sent in _frames_of(data):
        for told in requester.receive(sent, 0):
            is_lost = isinstance(told, Refused) and told.code == errors.NO_SESSION
            assert is_lost or isinstance(told, (Text, Damaged)), "believed without a seal"


def _frames_of(data: bytes) -> Iterator[bytes]:
    while len(data) >= ENTRY_BYTES:
        type, flags, seq, length = data[:ENTRY_BYTES]
        yield frame.encode(type, seq, data[ENTRY_BYTES : ENTRY_BYTES + length], flags)
        data = data[ENTRY_BYTES + length :]


def decode_proof(data: bytes) -> None:
    """PROVE's answer, of what says that it is a board with this key: it never passes for it."""
    told = messages.decode(messages.PROVE | messages.RESPONSE, 0, data)
    welcome = Message(messages.HELLO, 0, {"board_id": IDENTITY, "capabilities": 32})
    try:
        prove(lambda *_, **__: told, welcome, KEY, "port")
    except NoKeyError as error:
        assert str(error)
        return
    raise AssertionError("proven without the key")


def _key_file() -> bytes:
    path = file_with("made.key", b"")
    keys.write_key(path, IDENTITY, KEY)
    return path.read_bytes()


def _answers() -> list[bytes]:
    head = messages.encode(messages.ROLLBACK | messages.RESPONSE, fingerprint=KEY, labels=["cat"])
    no_session = messages.encode(messages.ERROR, code=errors.NO_SESSION, detail="")
    frames = (
        (messages.ROLLBACK | messages.RESPONSE, 0, 2, head),
        (messages.GRAB | messages.RESPONSE, frame.SEALED, 1, bytes(40)),
        (messages.ERROR, 0, 1, no_session),
    )
    return [b"".join(bytes((t, f, s, len(p))) + p for t, f, s, p in frames)]


def _proofs() -> list[bytes]:
    fields = {"number": 7, "nonce": KEY[:16], "proof": KEY}
    return [messages.encode(messages.PROVE | messages.RESPONSE, **fields)]


TARGETS = (
    Target("kept_keys", decode_kept, lambda: [_key_file()], (UsageError,), WORDS, slow=True),
    Target(
        "carried_keys",
        decode_imported,
        lambda: [_key_file()],
        (UsageError, ProjectError),
        WORDS,
        slow=True,
    ),
    Target("forged_answers", decode_answers, _answers, (), (bytes((messages.ERROR, 2, 1, 2)),)),
    Target("forged_proofs", decode_proof, _proofs, (errors.ProtocolError,)),
)
