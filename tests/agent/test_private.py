"""A private board does all for who has its key, each frame sealed, and nothing for anybody else."""

import itertools

import pytest

from keyed import SHOWS, between, end_of, flipped, frames_in, give_key
from paired import deploy, do_all, scores_of, teach_all, views_of
from slices import few
from tinyteach.device import keys
from tinyteach.device.repl.pairing import await_agent
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.device.wire import session
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.runtime import load_embedding
from tinyteach.errors import LinkError, NoKeyError
from tinyteach.link.serial_link import SerialLink
from tinyteach.service.heads.recognition import Reference
from tinyteach_protocol import frame, messages
from tinyteach_protocol.sealed_session import BEGIN, END, NONCE_BYTES, PROVE_HEAD
from tinyteach_protocol.sealing import proof

from .conftest import ARCHS

KEYED_PEAK_BYTES = 272 << 10  # 8 KB more than without a key (test_memory.py)


@pytest.fixture(scope="module", params=few(ARCHS, "i386"))
def private(request, home, switch_on, trained_heads):
    """The port of one that is private, with a head."""
    with switch_on(request.param) as board:
        give_key(board, private=True)
        with BoardClient(board.port) as client:
            deploy(client, trained_heads[0])
        yield board


def test_a_private_board_shows_a_stranger_nothing(private, monkeypatch):
    monkeypatch.setattr(session, "key_of", lambda board_id: None)
    with BoardClient(private.port) as client:
        assert client.is_private
        for show in SHOWS.values():
            with pytest.raises(NoKeyError):
                show(client)


def test_a_private_board_does_everything_for_who_has_its_key(private, trained_heads):
    with BoardClient(private.port) as client:
        assert client.is_proven
        for head in trained_heads * 2:
            do_all(client, head)
        client.rollback()
        info = client.info()
        assert info.arch != "x86" or info.heap_peak <= KEYED_PEAK_BYTES
        teach_all(client)
        do_all(client, trained_heads[0])
        info = client.info()
        assert info.arch != "x86" or info.heap_peak <= KEYED_PEAK_BYTES
        assert client._requester.damaged == client._requester.retries == 0


def test_a_bit_flipped_in_each_frame(private, trained_heads, patience):
    """The head is the old one or the new one, and who asked has an answer or a sentence."""
    with between() as written, BoardClient(private.port) as client:
        deploy(client, trained_heads[0])
    ends = []
    assert len(written) > 10
    for number in range(len(written)):
        counter, bit = itertools.count(), number % 8

        def change(frames, number=number, counter=counter, bit=bit):
            return [
                flipped(data, 7 * number + bit, bit) if next(counter) == number else data
                for data in frames
            ]

        head = trained_heads[number % 2]

        def session_of_one(change=change, head=head):
            with between(change), BoardClient(private.port) as client:
                deploy(client, head)

        ends.append(end_of(session_of_one))
        with BoardClient(private.port) as client:
            assert client.info().head in [each.fingerprint for each in trained_heads]
    assert all(end is None or end.endswith(".") for end in ends)
    assert ends.count(None) > len(ends) // 2  # as one frame lost: it is sent again


def test_results_cannot_be_forged(private, patience):
    """What a private board sends is believed as it was sent: with a bit flipped it is lost."""

    class Forging(SerialLink):
        def read(self, timeout_s):
            data = super().read(timeout_s)
            told = frames_in(data) if data.startswith(frame.MAGIC) else []
            is_run = [each[2] == messages.RUN | messages.RESPONSE for each in told]
            if not any(is_run):
                return data
            pairs = zip(told, is_run, strict=True)
            return b"".join(flipped(each, 4, 0) if run else each for each, run in pairs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "open_link", Forging)
        with BoardClient(private.port) as client, pytest.raises(LinkError):
            client.run(messages.SOURCE_CAMERA)


def test_what_the_key_file_holds(switch_on, monkeypatch):
    """A file that holds no key is a key that nobody has: the board opens to nobody."""
    monkeypatch.setattr(session, "key_of", lambda board_id: None)
    with switch_on("i386") as board:
        for content in (b"", bytes(34)):
            with raw_repl(board.port) as repl:
                repl.write_file(keys.KEY_PATH, content, lambda *_: None)
                repl.reset()
            with await_agent(board.port, "") as client:
                assert client.is_keyed
                for step in (BEGIN, END, PROVE_HEAD):
                    with pytest.raises(NoKeyError):
                        nonce = bytes(NONCE_BYTES)
                        shown = proof(content[1:], 1, bytes(32), bytes((32,)), b"")
                        client.request(
                            messages.PROVE, step=step, number=1, nonce=nonce, proof=shown
                        )
                with pytest.raises(NoKeyError):
                    client.rollback()
        for byte in (b"\0", b"\xff"):  # of damaged and of erased flash
            with raw_repl(board.port) as repl:
                repl.write_file(keys.KEY_PATH, 33 * byte, lambda *_: None)
                repl.reset()
            await_agent(board.port, "").close()
            with monkeypatch.context() as patch, pytest.raises(NoKeyError):
                patch.setattr(session, "key_of", lambda board_id, byte=byte: 32 * byte)
                BoardClient(board.port)


def test_the_scores_are_the_same_sealed(private, trained_heads):
    square = views_of("cat", 1, side=96)[0]
    with BoardClient(private.port) as client:
        deploy(client, trained_heads[1])
        expected = Reference(load_embedding(), trained_heads[1]).scores(square)
        assert scores_of(client, square) == expected.tobytes()
