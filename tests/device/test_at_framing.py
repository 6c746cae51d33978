"""Replies are found in whatever else comes, however it is split."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tinyteach.device.at import framing
from tinyteach.device.at.framing import ReplyReader
from tinyteach.device.at.replies import Reply, text

VALUES = st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=20), max_size=4)
# Noise that begins nothing and ends nothing.
NOISE = st.binary(max_size=40).map(lambda data: data.replace(b"\r", b".").replace(b"}", b"."))


def framed(value):
    return b"\r" + json.dumps(value).encode() + b"\n"


@given(st.lists(st.tuples(NOISE, VALUES), max_size=5), st.data())
def test_replies_between_noise_split_anywhere(parts, data):
    stream = b"".join(noise + framed(value) for noise, value in parts)
    reader, found, at = ReplyReader(), [], 0
    while at < len(stream):
        size = data.draw(st.integers(1, 30))
        found += reader.feed(stream[at : at + size])
        at += size
    assert found == [value for _, value in parts]


@given(st.binary())
def test_any_bytes_are_taken(data):
    for value in ReplyReader().feed(data):
        Reply.of(value)


def test_a_reply_that_a_restart_cut_off_does_not_take_the_next_along():
    reader = ReplyReader()
    assert reader.feed(b'\r{"type": 1, "name": "SAMPLE", "data": {"image": "/9j/4AA') == []
    assert reader.feed(b"1st BL Modem\r\n" + framed({"type": 0})) == [{"type": 0}]


def test_objects_without_the_carriage_return_are_not_replies():
    assert ReplyReader().feed(b'{"type": 0}\n{"type": 1}\n') == []


def test_what_never_ends_is_not_kept(monkeypatch):
    monkeypatch.setattr(framing, "REPLY_BYTES_MAX", 1000)
    reader = ReplyReader()
    reader.feed(b"\r{" + b"x" * 5000)
    assert reader.dropped_bytes > 4000
    assert reader.feed(framed({"type": 0})) == [{"type": 0}]


def test_nesting_without_an_end_and_huge_numbers_are_dropped():
    reader = ReplyReader()
    deep = b"\r{" + b'"a":[' * 100_000 + b"}\n"
    assert reader.feed(deep + b'\r{"code": ' + b"9" * 5000 + b"}\n") == []
    assert reader.feed(framed({})) == [{}]


def test_line_ends_within_a_text_are_taken():
    log = b'\r{"type": 2, "name": "AT", "code": 5, "data": "Unknown command: \n"}\n'
    assert ReplyReader().feed(log)[0]["code"] == 5


def test_what_is_no_reply_is_none():
    for value in (
        {},
        {"type": 7, "name": "ID?"},
        {"type": 0, "name": 3},
        {"type": True, "name": ""},
    ):
        assert Reply.of(value) is None
    assert Reply.of({"type": 0, "name": "ID?", "code": "0"}) is None


def test_a_name_is_a_tag_a_command_and_whether_it_asks():
    reply = Reply.of({"type": 0, "name": "ABC@INFO?", "code": 0, "data": 1})
    assert (reply.tag, reply.command, reply.is_query) == ("ABC", "INFO", True)
    assert Reply.of({"type": 1, "name": "SAMPLE"}).tag == ""


def test_dialects_are_told_by_shape():
    def dialect(name, data, kind=0):
        return Reply.of({"type": kind, "name": name, "code": 0, "data": data}).dialect

    assert dialect("MODELS?", []) == "el" and dialect("MODELS?", {"models": []}) == "ma"
    assert dialect("SAMPLE", {"resolution": [240, 240]}, 1) == "el"
    assert dialect("SAMPLE", {"width": 240}, 1) == "ma"
    assert dialect("INVOKE", {"algo_tick": [[1]], "resolution": [1, 1]}, 1) == "hx"
    assert dialect("MODEL", {"model": {}}) == ""


def test_texts_are_made_plain_and_short():
    assert text("\x1b[31mred\n") == "[31mred" and len(text("x" * 1000)) == 128
    assert text([1]) == text(None) == text(True) == "" and text(8) == "8"
