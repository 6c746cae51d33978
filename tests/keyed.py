"""Boards with a key, and who sits on the line between one and its host."""

import itertools
from contextlib import contextmanager

import pytest

from tinyteach.device.keys import KEY_PATH, keep_key, made_key
from tinyteach.device.repl.pairing import await_agent, free_the_repl
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.device.wire import session
from tinyteach.errors import TinyTeachError
from tinyteach.link.serial_link import SerialLink
from tinyteach_protocol import frame, messages
from tinyteach_protocol.session import is_repl_safe

# What a board shows.
SHOWS = {
    "info": lambda client: client.info(),
    "grab": lambda client: client.grab(),
    "run": lambda client: client.run(messages.SOURCE_CAMERA),
    "results": lambda client: next(client.stream(messages.STREAM_RESULTS)),
    "preview": lambda client: next(client.stream(messages.STREAM_PREVIEW)),
    "head": lambda client: client.read(messages.HEAD, 100),
    "photograph": lambda client: client.send_image(bytes(3 * 96 * 96), 96, messages.RGB888),
}


def give_key(board, private=False, keep=True) -> tuple[str, bytes]:
    """Write a new key onto a board as pairing does, and keep it here; (identity, key)."""
    key = made_key()
    with raw_repl(board.port) as repl:
        repl.write_file(KEY_PATH, bytes((private,)) + key, lambda *_: None)
        repl.reset()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "key_of", lambda board_id: None)
        with await_agent(board.port, "") as client:
            identity = client.board_id
    if keep:
        keep_key(identity, key)
    return identity, key


def take_key(board) -> None:
    """Of a board that other tests use as well, with homes of their own."""
    free_the_repl(board.port)
    with raw_repl(board.port) as repl:
        repl.run(f"import os; os.remove({KEY_PATH!r})")
        repl.reset()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "key_of", lambda board_id: None)
        await_agent(board.port, "").close()


class Tapped(SerialLink):
    """A line on which somebody sees each frame that the host writes, and what they make of it.

    ``change`` is given the frames of one write, and returns those that go on.
    """

    written: list[bytes] = []

    @staticmethod
    def change(frames):
        return frames

    def write(self, data, timeout_s=10.0):
        frames = frames_in(data)
        type(self).written += frames
        for each in self.change(frames):
            super().write(each, timeout_s)


def frames_in(data) -> list[bytes]:
    """Its frames one by one, what is none as it is."""
    decoder, found = frame.Decoder(), []
    view = memoryview(data)
    while len(view):
        view = view[decoder.receive(view) :]
        while (event := decoder.next_event()) is not None:
            if isinstance(event, frame.Frame):
                payload = bytes(event.payload)
                found.append(frame.encode(event.type, event.seq, payload, event.flags))
            elif isinstance(event, frame.Text):
                found.append(event.data)
    return found


@contextmanager
def between(change=None):
    """Somebody is on the line of each session that begins meanwhile; what the host wrote."""
    written: list[bytes] = []
    members = {"written": written, **({"change": staticmethod(change)} if change else {})}
    tapped = type("Tapped", (Tapped,), members)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "open_link", tapped)
        yield written


def flipped(data, at, bit):
    """A frame with a bit of flags, number or payload the other way, its check sums put right.

    A board that listens takes 03 for Ctrl-C. So of a HELLO it is the first bit from that one on
    with which none comes about: of nonces by chance, 2 % would make one.
    """
    changed = (_flipped(data, *divmod(place, 8)) for place in itertools.count(8 * at + bit))
    return next(each for each in changed if data[2] != messages.HELLO or is_repl_safe(each))


def _flipped(data, at, bit):
    type, flags, seq = data[2], data[3], data[4:6]
    body = bytearray([type, flags, *seq, *data[frame.HEADER_BYTES : -frame.TRAILER_BYTES]])
    body[at % len(body)] ^= 1 << bit
    seq = int.from_bytes(body[2:4], "little")
    return bytes(frame.encode(body[0], seq, bytes(body[4:]), body[1]))


def end_of(action):
    """None where it went well, else the sentence of how it ended."""
    try:
        action()
    except TinyTeachError as error:
        return str(error)
    return None
