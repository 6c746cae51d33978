"""Who is between the two ends of a sealed session can end it, and nothing else."""

import hmac

from hypothesis import given
from hypothesis import strategies as st

from protocol.simulation import KEY, NONCES, Board, Link, connected
from tinyteach_protocol import errors, frame, messages
from tinyteach_protocol.requester import SLOW_TIMEOUT_MS, Refused, Response
from tinyteach_protocol.sealing import Seal, is_same, proof, seals


def grab_frames(requester, count):
    """What a host sends for so many photographs, a frame each."""
    frames = []
    for _ in range(count):
        requester.request(messages.GRAB, 0, kind=messages.GRAB_SQUARE)
        frames.append(requester.data_to_send())
    return frames


@given(st.binary(max_size=64), st.integers(1, 5), st.lists(st.binary(max_size=99), max_size=3))
def test_a_proof_is_python_s_own_hmac(key, role, parts):
    message = b"TinyTeach 1 " + bytes((role,)) + b"".join(parts)
    assert proof(key, role, *parts) == hmac.digest(key, message, "sha256")


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_the_same_is_the_same(one, other):
    assert is_same(one, other) == (one == other)
    assert is_same(one, bytearray(one))


@given(st.lists(st.integers(0, 5), max_size=20))
def test_frames_in_another_order_are_each_done_once_and_none_twice(order):
    board, requester = connected()
    frames = grab_frames(requester, 6)
    newest, done = -1, 0
    for number in order:
        board.exchange(frames[number], 0)
        done += number > newest
        newest = max(newest, number)
        assert board.grabs == done


@given(st.integers(0, 10_000), st.integers(0, 7))
def test_a_frame_with_a_bit_flipped_is_as_one_lost(place, bit):
    """Whoever flips it can put the check sums right, too."""
    board, requester = connected()
    (data,) = grab_frames(requester, 1)
    type, flags, seq = data[2], data[3], int.from_bytes(data[4:6], "little")
    body = bytearray([type, flags, *seq.to_bytes(2, "little"), *data[frame.HEADER_BYTES : -4]])
    body[place % len(body)] ^= 1 << bit
    changed = frame.encode(body[0], int.from_bytes(body[2:4], "little"), body[4:], body[1])
    out = board.exchange(changed, 0)
    assert board.grabs == 0
    assert all(arrived[2] == messages.ERROR for arrived in out)
    board.exchange(data, 0)
    assert board.grabs == 1


@given(st.data())
def test_a_sealed_frame_of_which_bytes_are_lost_takes_none_with_it(data):
    """Its trailer checks the seal alone; what it swallowed instead is found, as ever."""
    board, requester = connected()
    first, second, third = grab_frames(requester, 3)
    start = data.draw(st.integers(0, len(first) - 1))
    end = data.draw(st.integers(start + 1, len(first)))
    board.exchange(first[:start] + first[end:] + second + third, 0)
    assert board.grabs == 2


def test_a_sealed_frame_s_trailer_checks_the_seal():
    _, requester = connected()
    (data,) = grab_frames(requester, 1)
    last = len(data) - frame.TRAILER_BYTES - 1
    for place, kind in ((frame.HEADER_BYTES, frame.Frame), (last, frame.Damaged)):
        changed, decoder = bytearray(data), frame.Decoder()
        changed[place] ^= 1
        decoder.receive(changed)
        assert isinstance(decoder.next_event(), kind)


def test_what_is_not_sealed_is_not_done_nor_told():
    board, requester = connected()
    requester.receive(b"".join(board.exchange(*grab_frames(requester, 1), 0)), 0)
    for verb, payload in ((messages.GRAB, b"\x00"), (messages.READ, bytes((1, 0, 0, 0, 0, 9, 0)))):
        for seq in range(0x10000 // 512):
            (out,) = board.exchange(frame.encode(verb, seq * 512, payload), 0)
            assert out[2] == messages.ERROR
            assert int.from_bytes(out[10:12], "little") == errors.NO_KEY
    assert board.grabs == 1


def test_an_answer_is_remembered_for_who_asked_sealed():
    """Not for who sends the same number and verb without the key."""
    board, requester = connected()
    (data,) = grab_frames(requester, 1)
    board.exchange(data, 0)
    seq = int.from_bytes(data[4:6], "little")
    (out,) = board.exchange(frame.encode(messages.GRAB, seq, b"\x00", frame.RETRY), 0)
    assert out[2] == messages.ERROR


def test_a_host_believes_no_answer_without_a_seal():
    _, requester = connected()
    seq = requester.request(messages.ROLLBACK, 0)
    told = {"fingerprint": bytes(32), "labels": ["all is well"]}
    answer = messages.encode(messages.ROLLBACK | messages.RESPONSE, **told)
    for flags in (0, frame.SEALED):
        payload = answer + bytes(12 if flags else 0)
        forged = frame.encode(messages.ROLLBACK | messages.RESPONSE, seq, payload, flags)
        assert requester.receive(forged, 0) == []
    refused = messages.encode(messages.ERROR, code=errors.NO_PREVIOUS, detail="")
    assert requester.receive(frame.encode(messages.ERROR, seq, refused), 0) == []
    assert requester.damaged == 3


def test_no_event_without_a_seal():
    board, requester = connected()
    requester.request(messages.STREAM, 0, kind=0, credits=2)
    (answer,) = board.exchange(requester.data_to_send(), 0)
    (event,) = requester.receive(answer, 0)
    assert isinstance(event, Response)
    first, second = board.results()
    assert len(requester.receive(first, 0)) == 1
    plain = frame.encode(second[2], 1, second[10:-16])
    assert requester.receive(plain, 0) == []
    assert requester.receive(first, 0) == []
    assert len(requester.receive(second, 0)) == 1


def test_only_that_there_is_no_session_may_be_said_by_anybody():
    board, requester = connected()
    seq = requester.request(messages.ROLLBACK, 0)
    board.power_cut()
    (event,) = requester.receive(b"".join(board.exchange(requester.data_to_send(), 0)), 0)
    assert isinstance(event, Refused)
    assert (event.seq, event.code) == (seq, errors.NO_SESSION)


def test_another_host_s_hello_ends_the_session_and_opens_nothing():
    board, requester = connected()
    frames = grab_frames(requester, 1)
    board.exchange(frame.encode(messages.HELLO, 9, bytes((7, 0, 0, 0, 1, 1, 0, 0x20))), 0)
    (out,) = board.exchange(frames[0], 0)
    assert int.from_bytes(out[10:12], "little") == errors.NO_SESSION
    assert board.grabs == 0


def test_all_but_the_session_s_end_is_sealed():
    _, requester = connected()
    for verb in (messages.GRAB, messages.COMMIT, messages.INFO, messages.READ, messages.BYE):
        fields = {name: 1 for name, _ in messages.VERBS[verb][2]}
        requester.request(verb, 0, **fields)
        assert bool(requester.data_to_send()[3] & frame.SEALED) == (verb != messages.BYE)


def test_no_sealed_frame_holds_ctrl_c_by_accident():
    """Of which a board that has restarted would make a KeyboardInterrupt (decision 0028)."""
    _, requester = connected()
    for _ in range(1500):
        seq = requester.request(messages.GRAB, 0, kind=0)
        sent = requester.data_to_send()
        assert 3 not in sent or 3 in sent[: frame.HEADER_BYTES]  # of 256 numbers in a row all
        requester.cancel(seq)


def test_a_repetition_has_a_seal_of_its_own():
    link = Link(Board(), 0, 1)
    link.board.key = KEY
    link.connect()
    seq = link.requester.request(messages.GRAB, link.now_ms, kind=0)
    first = link.requester.data_to_send()
    link.now_ms += SLOW_TIMEOUT_MS
    link.requester.tick(link.now_ms)
    again = link.requester.data_to_send()
    assert again
    assert first not in again
    assert link.board.exchange(first, link.now_ms)
    assert link.board.grabs == 1
    assert isinstance(link.wait(seq), Response)
    assert link.board.grabs == 1


def test_seals_of_the_two_directions_differ():
    requests, answers = seals(KEY, NONCES)
    buffer = bytearray(64)
    end = requests.seal(buffer, 0x90, frame.SEALED, 1, frame.HEADER_BYTES)
    echoed = frame.Frame(0x90, frame.SEALED, 1, memoryview(buffer)[frame.HEADER_BYTES : end])
    assert not answers.open(echoed)
    assert not Seal(KEY).open(echoed)
