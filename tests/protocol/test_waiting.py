"""How long an answer is waited for, in all: what is asked anew in a silence does not begin anew."""

from protocol.begun import NONCE, answer, connected
from protocol.simulation import Board
from tinyteach_protocol import frame, messages
from tinyteach_protocol.hearing import EARLIER_MS
from tinyteach_protocol.requester import TIMEOUT_MS, TRIES, Requester, Response, Unanswered

# More than any silence lasts.
FOR_EVER_MS = 100_000


def ask(requester, now_ms):
    return requester.request(messages.READ, now_ms, object=messages.FRAME, offset=0, length=1)


def given_up_ms(requester, now_ms):
    """When the last of what is on its way counts as unanswered, nothing being heard."""
    while (wait_ms := requester.next_timeout_ms(now_ms)) is not None:
        now_ms += wait_ms
        assert now_ms < FOR_EVER_MS
        requester.tick(now_ms)
    return now_ms


def sent(requester):
    """(verb, flags, seq) of what is to be sent."""
    decoder, found = frame.Decoder(), []
    decoder.receive(requester.data_to_send())
    while (event := decoder.next_event()) is not None:
        found.append((event.type, event.flags, event.seq))
    return found


def test_asked_once_all_tries_are_had():
    _, requester = connected()
    ask(requester, 0)
    assert given_up_ms(requester, 0) == TRIES * TIMEOUT_MS


def test_asked_anew_in_a_silence_the_tries_that_are_left_are_had():
    _, requester = connected()
    requester.cancel(ask(requester, 0))
    ask(requester, 2 * TIMEOUT_MS)
    assert given_up_ms(requester, 2 * TIMEOUT_MS) == TRIES * TIMEOUT_MS


def test_whoever_asks_after_all_that_asks_once():
    _, requester = connected()
    ask(requester, 0)
    ended_ms = given_up_ms(requester, 0)
    ask(requester, ended_ms)
    assert given_up_ms(requester, ended_ms) == ended_ms + TIMEOUT_MS


def test_an_answer_ends_the_silence():
    board, requester = connected()
    requester.cancel(ask(requester, 0))
    seq, then_ms = ask(requester, TIMEOUT_MS), TIMEOUT_MS
    events = requester.receive(answer(board, requester, then_ms), then_ms)
    assert seq in [event.seq for event in events]
    ask(requester, FOR_EVER_MS // 2)
    assert given_up_ms(requester, FOR_EVER_MS // 2) == FOR_EVER_MS // 2 + TRIES * TIMEOUT_MS


def test_what_was_sent_behind_the_first_waits_for_it():
    board, requester = connected()
    seqs = [ask(requester, 0) for _ in range(3)]
    requester.data_to_send()  # lost, all three
    for turn in (1, 2):
        assert requester.tick(turn * TIMEOUT_MS) == []
        repeated = requester.data_to_send()
        requester._queue.append(repeated)
        assert sent(requester) == [(messages.READ, frame.RETRY, seqs[0])]
    now_ms = 2 * TIMEOUT_MS
    (event,) = requester.receive(b"".join(board.exchange(repeated, now_ms)), now_ms)
    assert event.seq == seqs[0]
    assert sent(requester) == [(messages.READ, frame.RETRY, seq) for seq in seqs[1:]]


def test_what_was_sent_behind_the_first_is_given_up_in_time():
    _, requester = connected()
    seqs = {ask(requester, 0) for _ in range(3)}
    now_ms, ended = 0, set()
    while (wait_ms := requester.next_timeout_ms(now_ms)) is not None and not ended:
        now_ms += wait_ms
        ended |= {each.seq for each in requester.tick(now_ms) if isinstance(each, Unanswered)}
    assert now_ms == TRIES * TIMEOUT_MS and ended <= seqs and ended


def test_a_cut_frame_is_filled_up_before_the_board_is_asked():
    """MicroPython's read of 64 bytes does not end by itself."""
    _, requester = connected()
    requester.request(messages.WRITE, 0, offset=0, data=b"\x03" * 200)
    cut = requester.data_to_send()[:90]
    requester.tick(TIMEOUT_MS)
    ring, decoder, found = cut + requester.data_to_send(), frame.Decoder(), []
    while len(ring) >= len(view := decoder.get_buffer(64)):
        view[:] = ring[: len(view)]
        ring = ring[len(view) :]
        decoder.advance(len(view))
        while (event := decoder.next_event()) is not None:
            found.append(event.type if isinstance(event, frame.Frame) else None)
    assert found[-1] == messages.READ and not ring


def stale_answer(seq):
    """Of a session before: to a READ."""
    payload = messages.encode(messages.READ | messages.RESPONSE, offset=0, data=b"old")
    return frame.encode(messages.READ | messages.RESPONSE, seq, payload)


def test_hello_is_not_repeated_while_the_board_answers_an_earlier_session():
    board, requester = Board(), Requester()
    requester.hello(0, NONCE)
    hello = requester.data_to_send()
    for now_ms in range(900, 4500, 900):
        assert requester.receive(stale_answer(9), now_ms) == []
        assert requester.tick(now_ms + 200) == [] and not requester.data_to_send()
    (event,) = requester.receive(b"".join(board.exchange(hello, 4600)), 4600)
    assert isinstance(event, Response)


def test_hello_is_not_kept_waiting_for_ever():
    requester = Requester()
    requester.hello(0, NONCE, timeout_ms=1000, tries=3)
    now_ms, ended = 0, []
    while not ended:
        now_ms += 500
        requester.receive(stale_answer(9), now_ms)
        ended = requester.tick(now_ms)
        assert now_ms < FOR_EVER_MS
    assert isinstance(ended[0], Unanswered) and now_ms <= EARLIER_MS + 4000
