"""Messages: every one round-trips, garbage is refused, values are checked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyteach_protocol import errors, frame, messages
from tinyteach_protocol.error_sentences import ERRORS, error_sentence
from tinyteach_protocol.errors import ProtocolError

ANSWERED = [v for v, entry in messages.VERBS.items() if not entry[1] & messages.ONE_WAY]
TYPES = [
    *messages.VERBS,
    *(verb | messages.RESPONSE for verb in ANSWERED),
    *messages.EVENTS,
    messages.ERROR,
]

short_text = st.text(max_size=60)
VALUES = {
    messages.U8: st.integers(0, 0xFF),
    messages.U16: st.integers(0, 0xFFFF),
    messages.U32: st.integers(0, 0xFFFFFFFF),
    messages.BYTES: st.binary(max_size=messages.MAX_BYTES),
    messages.STR: short_text,
    messages.STRS: st.lists(short_text, max_size=20),
    messages.DATA: st.binary(max_size=4000),
}


@st.composite
def any_message(draw):
    type = draw(st.sampled_from(TYPES))
    return type, {name: draw(VALUES[kind]) for name, kind in messages.layout(type)}


@given(any_message(), st.binary(max_size=20))
def test_round_trip_with_appended_fields(message, appended):
    type, fields = message
    decoded = messages.decode(type, 5, messages.encode(type, **fields) + appended)
    assert (decoded.type, decoded.seq) == (type, 5)
    assert {name: getattr(decoded, name) for name in fields} == fields


@given(st.integers(0, 255), st.binary(max_size=300))
def test_garbage_raises_nothing_but_protocol_error(type, payload):
    try:
        messages.decode(type, 0, payload)
    except ProtocolError as error:
        assert error.code in (errors.MALFORMED, errors.UNKNOWN_VERB)


@given(any_message(), st.data())
def test_missing_bytes_are_malformed(message, data):
    type, fields = message
    payload = messages.encode(type, **fields)
    if payload:
        cut = data.draw(st.integers(0, len(payload) - 1))
        with pytest.raises(ProtocolError) as caught:
            messages.decode(type, 0, payload[:cut])
        assert caught.value.code == errors.MALFORMED


def test_data_is_not_copied():
    payload = bytearray(messages.encode(messages.WRITE, offset=0, data=b"abc"))
    data = messages.decode(messages.WRITE, 0, memoryview(payload)).data
    payload[-1] = ord("z")
    assert bytes(data) == b"abz"


@pytest.mark.parametrize(
    ("type", "fields"),
    [
        (messages.GRAB, {"kind": 256}),
        (messages.GRAB, {"kind": -1}),
        (messages.GRAB, {}),
        (messages.GRAB, {"kin": 0}),
        (messages.GRAB, {"kind": 0, "more": 0}),
        (messages.CREDIT, {"total": 1 << 32}),
        (messages.ERROR, {"code": 1, "detail": "x" * 256}),
        (messages.WRITE, {"offset": 0, "data": bytes(frame.MAX_PAYLOAD)}),
        (0x3F, {}),
    ],
)
def test_what_cannot_be_sent_is_refused(type, fields):
    with pytest.raises(ProtocolError):
        messages.encode(type, **fields)


def test_ranges_are_checked_on_micropython_too(micropython):
    """Its struct.pack cuts numbers instead of complaining."""
    code = """
from tinyteach_protocol import messages
from tinyteach_protocol.errors import ProtocolError
for total in (-1, 1 << 32):
    try:
        print(messages.encode(messages.CREDIT, total=total))
    except ProtocolError as error:
        print(error)
"""
    assert micropython.run(code) == "total is out of range\n" * 2


@given(st.text(max_size=400))
def test_clip_fits_and_keeps_what_it_can(text):
    clipped = messages.clip(text)
    assert text.startswith(clipped)
    assert len(clipped.encode()) <= messages.MAX_BYTES
    if clipped != text:
        assert len(clipped.encode()) > messages.MAX_BYTES - 8


def test_unknown_attribute_is_an_attribute_error():
    message = messages.decode(messages.BYE, 0, b"")
    assert not hasattr(message, "nonce")


def test_type_names():
    names = [messages.type_name(t) for t in (0x10, 0x90, 0x60, 0xFF, 0x3F)]
    assert names == ["GRAB", "GRAB response", "RESULT", "ERROR", "0x3f"]


def test_every_error_has_a_sentence():
    for code, (name, sentence) in ERRORS.items():
        assert getattr(errors, name) == code
        assert sentence.endswith(".") and sentence[0].isupper()
        assert error_sentence(code) == sentence
    assert "999" in error_sentence(999)
