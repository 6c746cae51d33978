"""Frames: found in anything, bounded, without work per byte."""

import gc
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.vector_reader import drain, feed, feed_like_a_board, hex_of
from tinyteach_protocol import messages
from tinyteach_protocol.errors import ProtocolError
from tinyteach_protocol.frame import (
    BAD_CRC,
    HEADER_BYTES,
    MAGIC,
    MAX_PAYLOAD,
    OVERHEAD_BYTES,
    SEALED,
    TOO_LONG,
    TRUNCATED,
    Decoder,
    encode,
)
from tinyteach_protocol.session import hello_frame

FLAGS = st.integers(0, 255)


def frames_with(flags):
    return st.builds(
        encode, st.integers(0, 255), st.integers(0, 0xFFFF), st.binary(max_size=300), flags
    )


frames = frames_with(FLAGS)
# Of sealed ones the seal guards what its check does not (tests/protocol/test_sealing.py).
checked_frames = frames_with(FLAGS.filter(lambda flags: not flags & SEALED))
# Pieces that look like frames more often than random bytes do.
pieces = st.one_of(
    st.binary(max_size=40),
    st.just(MAGIC),
    frames,
    frames.map(lambda data: data[: len(data) // 2]),
    frames.map(lambda data: data[:-1] + bytes([data[-1] ^ 1])),
)
streams = st.lists(pieces, max_size=8).map(b"".join)


def pieces_of(events):
    """The events with all text joined, since its division depends on the feeding."""
    return [event for event in events if event[0] != "text"]


def text_bytes(events):
    return sum(len(event[1]) // 2 for event in events if event[0] == "text")


@given(
    st.integers(0, 255),
    st.integers(0, 0xFFFF),
    st.binary(max_size=MAX_PAYLOAD),
    st.integers(0, 255),
)
def test_round_trip(type, seq, payload, flags):
    data = encode(type, seq, payload, flags)
    assert feed(data, len(data)) == [["frame", type, flags, seq, payload.hex()]]


@given(streams, st.integers(1, 50))
def test_any_feeding_gives_the_same_frames(stream, piece_bytes):
    whole = pieces_of(feed(stream, len(stream) or 1))
    assert pieces_of(feed(stream, piece_bytes)) == whole
    assert pieces_of(feed_like_a_board(stream, piece_bytes)) == whole


@given(streams)
def test_no_byte_is_lost_or_invented(stream):
    decoder, events = Decoder(), []
    rest = stream
    while rest:
        rest = rest[decoder.receive(rest) :]
        drain(decoder, events)
    while decoder.partial:  # the sender falls silent
        decoder.give_up()
        drain(decoder, events)
    framed = sum(OVERHEAD_BYTES + len(e[4]) // 2 for e in events if e[0] == "frame")
    damaged = sum(1 for e in events if e[0] == "damaged")
    assert framed + damaged + text_bytes(events) == len(stream)


@given(st.lists(frames, min_size=1, max_size=5), st.text(max_size=50))
def test_text_around_frames_is_log_and_frames_are_intact(many, text):
    log = text.encode()
    stream = b"".join(log + frame for frame in many) + log
    events = feed(stream, len(stream))
    assert [event[0] for event in events if event[0] != "text"] == ["frame"] * len(many)
    assert text_bytes(events) == len(log) * (len(many) + 1)
    assert all(not event[2] for event in events if event[0] == "text")


@given(checked_frames, frames, st.data())
def test_a_flipped_bit_never_passes_and_the_next_frame_is_found(first, second, data):
    at = data.draw(st.integers(0, len(first) - 1))
    bit = data.draw(st.integers(0, 7))
    damaged = first[:at] + bytes([first[at] ^ 1 << bit]) + first[at + 1 :]
    found = [event for event in feed(damaged + second, 1000) if event[0] == "frame"]
    last = feed(second, len(second))
    assert found == last


def test_memory_is_bounded_and_receive_says_what_it_took():
    decoder = Decoder(100)
    assert decoder.receive(bytes(1000)) == 114
    assert decoder.receive(b"more") == 0
    drain(decoder, [])
    assert decoder.receive(bytes(1000)) == 114


def test_length_over_the_own_limit_is_refused_at_the_header():
    decoder, events = Decoder(100), []
    decoder.receive(encode(1, 1, bytes(101))[:HEADER_BYTES])
    assert drain(decoder, events)[0] == ["damaged", TOO_LONG]


def test_encode_refuses_more_than_a_frame_holds():
    with pytest.raises(ProtocolError):
        encode(1, 1, bytes(MAX_PAYLOAD + 1))


def test_get_buffer_asks_only_for_what_is_surely_coming():
    data = encode(messages.WRITE, 1, bytes(200))
    asked, at, decoder = [], 0, Decoder()
    while at < len(data):
        view = decoder.get_buffer(64)
        asked.append(len(view))
        view[:] = data[at : at + len(view)]
        decoder.advance(len(view))
        at += len(view)
        events = drain(decoder, [])
    assert asked == [1, 1, 8, 54, 64, 64, 22]
    assert at == len(data) and events[0][0] == "frame"
    assert len(decoder.get_buffer()) == 1


def test_hello_inside_a_truncated_write_is_found_by_crc():
    hello, seq, _ = hello_frame(1, 7)
    write = encode(messages.WRITE, 9, bytes(20))[:14]
    events = pieces_of(feed(write + hello, 100))
    assert events == [
        ["damaged", BAD_CRC],
        ["frame", messages.HELLO, 0, seq, hex_of(hello[10:-4])],
    ]


def test_hello_inside_a_truncated_write_is_found_after_silence():
    hello, _, _ = hello_frame(1, 7)
    write = encode(messages.WRITE, 9, bytes(4000))[:100]
    decoder = Decoder()
    decoder.receive(write + hello)
    assert drain(decoder, []) == []
    decoder.give_up()
    events = pieces_of(drain(decoder, []))
    assert events[0] == ["damaged", TRUNCATED]
    assert events[1][:2] == ["frame", messages.HELLO]


def test_frame_after_a_rescan_fits_although_it_began_late_in_the_buffer():
    inner = encode(messages.WRITE, 3, bytes(300))
    outer = encode(messages.WRITE, 2, bytes(200))[:150]
    for feeding in (feed(outer + inner, 10000), feed_like_a_board(outer + inner, 64)):
        assert pieces_of(feeding)[-1] == ["frame", messages.WRITE, 0, 3, bytes(300).hex()]
    decoder = Decoder(300)
    events = []
    rest = outer + inner
    while rest:
        rest = rest[decoder.receive(rest) :]
        drain(decoder, events)
    assert pieces_of(events)[-1][:2] == ["frame", messages.WRITE]


@pytest.fixture
def no_collection():
    """The garbage collector calls back those who watch it, which would be counted."""
    gc.disable()
    yield
    gc.enable()


def count_calls(function):
    """How many calls of Python and of C functions ``function`` makes."""
    calls = 0

    def profile(_frame, event, _argument):
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(None)
    return calls


def count_lines(function):
    """How many lines of Python ``function`` executes, loops counted each time."""
    lines = 0

    def trace(_frame, event, _argument):
        nonlocal lines
        lines += event == "line"
        return trace

    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(None)
    return lines


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize("count", [count_calls, count_lines])
def test_work_does_not_grow_with_the_payload(count):
    def decode(payload_bytes):
        data = encode(messages.WRITE, 1, MAGIC[:1] * payload_bytes)
        return count(lambda: feed(data, len(data)))

    def encoded(payload_bytes):
        data = bytes(payload_bytes)
        return count(lambda: encode(messages.WRITE, 1, data))

    assert decode(MAX_PAYLOAD) == decode(16)
    assert encoded(MAX_PAYLOAD) == encoded(16)


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize("count", [count_calls, count_lines])
def test_junk_costs_no_work_per_byte(count):
    assert count(lambda: feed(bytes(MAX_PAYLOAD), MAX_PAYLOAD)) == count(lambda: feed(b"x", 1))
