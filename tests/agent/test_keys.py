"""Attacks on a board that has a key: without it nobody changes it, whatever they have heard."""

import itertools
import secrets

import pytest

from keyed import SHOWS, between, end_of, frames_in, give_key
from paired import deploy
from patience import PATIENCE_S
from slices import soak
from tinyteach.device import keys
from tinyteach.device.wire import session
from tinyteach.device.wire.client import BoardClient
from tinyteach.device.wire.proving import Proven
from tinyteach.errors import BoardRefusedError, LinkError, NoKeyError
from tinyteach.link.serial_link import SerialLink
from tinyteach_protocol import errors, frame, messages
from tinyteach_protocol.sealed_session import (
    BEGIN,
    CAP_KEYED,
    CAP_PRIVATE,
    END,
    NONCE_BYTES,
    PROVE_HEAD,
)
from tinyteach_protocol.sealing import proof

CHANGES = {
    "deploy": lambda client, head: deploy(client, head),
    "roll back": lambda client, head: client.rollback(),
    "restart": lambda client, head: client.restart(),
    "threshold": lambda client, head: client.set_threshold(1),
    "teach": lambda client, head: client.teach(messages.TEACH_BEGIN, "thief"),
    "button": lambda client, head: client.teach(messages.TEACH_BUTTON, "2 1\nthief"),
    "rules": lambda client, head: client.upload(messages.RULES, b"TTR1" + bytes(10)),
    "embedding": lambda client, head: client.upload(messages.EMBEDDING, bytes(100)),
    "commit": lambda client, head: client.commit(),
}


@pytest.fixture(scope="module")
def keyed(home, switch_on, trained_heads):
    """(board, identity, key) of one with a key, on which two heads have been deployed."""
    with switch_on("i386") as board:
        identity, key = give_key(board)
        with BoardClient(board.port) as client:
            for head in trained_heads:
                deploy(client, head)
        yield board, identity, key


@pytest.fixture
def unchanged(keyed):
    """What is at work is at work afterwards."""

    def state():
        with BoardClient(keyed[0].port) as client:
            info = client.info()
            return info.head, info.previous_head, info.threshold, info.rules_bytes, info.embedding

    before = state()
    yield
    assert state() == before


@pytest.fixture
def stranger(unchanged, monkeypatch):
    """Another computer: it has no board's key, and changes nothing."""
    with monkeypatch.context() as patch:
        patch.setattr(session, "key_of", lambda board_id: None)
        yield


# Who has no key


def test_a_stranger_changes_nothing_and_sees_what_is_not_private(
    unchanged, keyed, trained_heads, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr(session, "key_of", lambda board_id: None)
        with BoardClient(keyed[0].port) as client:
            assert client.is_keyed and not client.is_proven
            for change in CHANGES.values():
                with pytest.raises(NoKeyError) as refused:
                    change(client, trained_heads[0])
                assert refused.value.code == errors.NO_KEY
            for show in SHOWS.values():
                show(client)


def test_another_board_s_key_is_none(unchanged, keyed, monkeypatch):
    monkeypatch.setattr(session, "key_of", lambda board_id: keys.made_key())
    with pytest.raises(NoKeyError):
        BoardClient(keyed[0].port)


def test_a_board_that_has_no_key_does_not_pass_for_one(keyed, board, monkeypatch):
    """Whoever stands in for a board cannot prove that it is that board."""
    monkeypatch.setattr(session, "key_of", lambda board_id: keyed[2])
    with pytest.raises(NoKeyError):
        BoardClient(board.port)


@pytest.mark.parametrize("guesses", [100, soak(10_000)])
def test_guesses(keyed, stranger, guesses):
    """Each against a nonce of its own: 0 let in."""
    let_in = 0
    with BoardClient(keyed[0].port) as client:
        for _ in range(guesses):
            nonce, guess = secrets.token_bytes(NONCE_BYTES), secrets.token_bytes(32)
            client.request(messages.PROVE, step=BEGIN, number=0, nonce=nonce, proof=b"")
            try:
                client.request(messages.PROVE, step=END, number=0, nonce=b"", proof=guess)
                let_in += 1
            except NoKeyError:
                pass
    assert let_in == 0


def test_a_proof_that_is_none(keyed, stranger):
    lengths = (0, 31, 32, 33, 255)
    with BoardClient(keyed[0].port) as client:
        for step, length in itertools.product((END, PROVE_HEAD, 3, 255), lengths):
            shown = bytes(length)
            with pytest.raises(NoKeyError):
                client.request(messages.PROVE, step=step, number=9, nonce=b"", proof=shown)


def test_the_board_s_own_proof_is_not_taken_for_a_host_s(keyed, stranger):
    """A reflection."""
    with BoardClient(keyed[0].port) as client:
        nonce = secrets.token_bytes(NONCE_BYTES)
        begun = client.request(messages.PROVE, step=BEGIN, number=0, nonce=nonce, proof=b"")
        with pytest.raises(NoKeyError):
            client.request(messages.PROVE, step=END, number=0, nonce=b"", proof=begun.proof)


def test_a_nonce_is_good_for_one_proof(keyed, stranger):
    """Also where the first one was right: what was heard cannot be said again."""
    key = keyed[2]
    with BoardClient(keyed[0].port) as client:
        nonce, own = secrets.token_bytes(NONCE_BYTES), client.board_id.encode()
        begun = client.request(messages.PROVE, step=BEGIN, number=0, nonce=nonce, proof=b"")
        shown = proof(key, 1, nonce + begun.nonce, bytes((32,)), own)
        client.request(messages.PROVE, step=END, number=0, nonce=b"", proof=shown)
        with pytest.raises(NoKeyError):
            client.request(messages.PROVE, step=END, number=0, nonce=b"", proof=shown)


# Who has heard what a host with the key said


def test_a_replayed_session(unchanged, keyed, trained_heads):
    """Byte for byte, in one go and frame by frame."""
    with between() as written, BoardClient(keyed[0].port) as client:
        deploy(client, trained_heads[1])
        client.set_threshold(200)
        deploy(client, trained_heads[1])
    for pause_s in (0.0, 0.02):
        with SerialLink(keyed[0].port) as link:
            for data in written:
                link.write(data)
                if data[2] == messages.HELLO:  # its answer first: before it, 03 is Ctrl-C
                    answer_to(link, int.from_bytes(data[4:6], "little"))
                else:
                    link.read(pause_s)
            while link.read(0.3):
                pass


def test_a_replayed_session_behind_the_owner_s(keyed, trained_heads):
    """In the very session, as somebody on the line could: each frame is done once."""

    def twice(frames):
        return [data for each in frames for data in (each, each)]

    with between(twice), BoardClient(keyed[0].port) as client:
        deploy(client, trained_heads[0])
        deploy(client, trained_heads[1])
        assert client.info().previous_head == trained_heads[0].fingerprint
        assert client.rollback().fingerprint == trained_heads[0].fingerprint
        assert client.rollback().fingerprint == trained_heads[1].fingerprint


def test_a_session_that_its_host_left_open_is_no_stranger_s(unchanged, keyed):
    """A host that was killed says no BYE, and its session lasts for seconds."""
    client = BoardClient(keyed[0].port)
    client.let_go()
    with SerialLink(keyed[0].port) as link:
        for seq, verb in enumerate((messages.ROLLBACK, messages.RESTART), 900):
            link.write(frame.encode(verb, seq))
            answer = answer_to(link, seq)
            assert answer[2] == messages.ERROR
            assert int.from_bytes(answer[10:12], "little") == errors.NO_KEY


def answer_to(link, seq):
    """The frame of that sequence number, as soon as it has come."""
    told = b""
    while True:
        piece = link.read(PATIENCE_S)
        assert piece, "the board is silent"
        told += piece
        for data in frames_in(told):
            if data[:2] == frame.MAGIC and data[4:6] == seq.to_bytes(2, "little"):
                return data


def upload_and_prove(client, head, number, shown):
    client._proven, proven = None, client._proven
    try:
        client.upload(messages.HEAD, head.content)
        client.request(messages.PROVE, step=PROVE_HEAD, number=number, nonce=b"", proof=shown)
    finally:
        client._proven = proven


def test_a_replayed_and_a_downgraded_head(unchanged, keyed, trained_heads):
    """From who can open a session, but has only heard how a head was proven."""
    board, identity, key = keyed
    head = trained_heads[0]
    with BoardClient(board.port) as client:
        told = {}
        ask = client.request
        Proven(key, identity, client._proven._number, ()).prove_head(
            lambda verb, **fields: told.update(fields), head.fingerprint
        )
        upload_and_prove(client, head, told["number"], told["proof"])
        client.request(messages.ABORT)
        for number in (told["number"], told["number"] - 1, 0):
            number_bytes = number.to_bytes(4, "little")
            shown = proof(key, 5, number_bytes, head.fingerprint, identity.encode())
            with pytest.raises(BoardRefusedError) as refused:
                upload_and_prove(client, head, number, shown)
            assert refused.value.code == errors.BAD_VALUE
        with pytest.raises(NoKeyError):  # the old proof with a new number
            upload_and_prove(client, head, told["number"] + 1, told["proof"])
        for other in (trained_heads[1].fingerprint, bytes(32)):  # of another head
            with pytest.raises(NoKeyError):
                number = told["number"] + 1
                wrong = proof(key, 5, number.to_bytes(4, "little"), other, identity.encode())
                upload_and_prove(client, head, number, wrong)
        with pytest.raises(NoKeyError):  # and none at all
            client.commit()
        ask(messages.ABORT)


def test_a_head_for_another_board(unchanged, keyed, trained_heads):
    board, _, key = keyed
    with BoardClient(board.port) as client:
        number = client._proven._number + 1
        parts = number.to_bytes(4, "little"), trained_heads[0].fingerprint, b"another"
        with pytest.raises(NoKeyError):
            upload_and_prove(client, trained_heads[0], number, proof(key, 5, *parts))
        client.request(messages.ABORT)


# Who is on the line


def test_frames_in_another_order(keyed, trained_heads, patience):
    """A man in the middle holds each third frame back until the next has gone by."""
    board = keyed[0]
    with BoardClient(board.port) as client:
        at_work = client.info().head
    other = next(head for head in trained_heads if head.fingerprint != at_work)
    held, counter = [], itertools.count()

    def change(frames):
        out = []
        for data in frames:
            if next(counter) % 3 == 2:
                held.append(data)
            else:
                out += [data, *held]
                held.clear()
        return out

    def action():
        with between(change), BoardClient(board.port) as client:
            deploy(client, other)

    end = end_of(action)
    assert end is None or end.endswith(".")
    with BoardClient(board.port) as client:
        assert client.info().head in [head.fingerprint for head in trained_heads]


def test_who_says_another_number_of_heads(keyed, monkeypatch):
    """A number that is too high would be the last that the board ever takes."""

    too_high = lying(messages.PROVE, lambda payload: b"\xfe\xff\xff\xff" + payload[4:])
    monkeypatch.setattr(session, "open_link", too_high)
    with pytest.raises(NoKeyError):
        BoardClient(keyed[0].port)


def test_who_takes_the_board_s_place_while_the_host_is_busy(keyed, monkeypatch):
    """A session that is begun anew is one with the same board, and proven as it was."""
    identity, is_on = keyed[1].encode(), []

    def as_another(payload):
        if not is_on:
            return payload
        other = bytearray(payload.replace(identity, b"0" * len(identity)))
        other[-4] &= ~(CAP_KEYED | CAP_PRIVATE)
        return bytes(other)

    monkeypatch.setattr(session, "open_link", lying(messages.HELLO, as_another))
    client = BoardClient(keyed[0].port)
    monkeypatch.setattr(session, "SESSION_SILENCE_MS", -1)
    client.info()
    is_on.append(True)
    for _ in range(2):
        with pytest.raises(LinkError):
            client.info()
    client.close()


def lying(verb, lie):
    """The class of a line on which somebody changes the fields of the answers to a verb."""

    class Lying(SerialLink):
        def read(self, timeout_s):
            return b"".join(map(lied, frames_in(super().read(timeout_s))))

    def lied(data):
        if data[:3] != frame.MAGIC + bytes((verb | messages.RESPONSE,)):
            return data
        payload = lie(data[frame.HEADER_BYTES : -frame.TRAILER_BYTES])
        return frame.encode(data[2], int.from_bytes(data[4:6], "little"), payload, data[3])

    return Lying


def test_who_says_that_the_board_has_no_key(keyed, monkeypatch):
    """A downgrade: the host holds a key, so it believes no board that says it has none."""
    monkeypatch.setattr(session.WireSession, "is_keyed", False)
    with pytest.raises(NoKeyError):
        BoardClient(keyed[0].port)
