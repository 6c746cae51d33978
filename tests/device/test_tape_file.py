"""A tape's file: what was written is read, up to where it is cut; what is damaged is said."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyteach.errors import TapeError
from tinyteach.link.tape import tape_file
from tinyteach.link.tape.photographs import Digested, PhotographFinder, digest_of
from tinyteach.link.tape.reading import connections_of
from tinyteach.link.tape.recorder import Recorder, taping
from tinyteach.link.tape.tape_file import (
    ENDED,
    FULL,
    KINDS,
    OPENED,
    RECEIVED,
    SENT,
    Tape,
    TapeEntry,
    read_tape,
)
from tinyteach_protocol import frame, messages

ABOUT = {"tinyteach": "0", "started": "now", "words": ["info"]}
KNOWN = st.tuples(
    st.sampled_from(KINDS), st.integers(0, 300), st.integers(0, 1 << 40), st.binary(max_size=300)
)
BLOCKS = st.lists(st.lists(KNOWN, max_size=5), max_size=5)


def file_of(blocks) -> tuple[bytes, list[TapeEntry]]:
    """A tape's file, and the entries that are to be read of it."""
    content, entries, at_us = tape_file.head_of(ABOUT), [], 0
    for own in blocks:
        content += tape_file.block(b"".join(tape_file.entry_bytes(*each) for each in own))
        for kind, link, after_us, data in own:
            at_us += after_us
            entries.append(TapeEntry(kind, link, at_us, data))
    return content, entries


def read(content: bytes) -> Tape:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.tape"
        path.write_bytes(content)
        return read_tape(path)


@settings(max_examples=40)
@given(BLOCKS)
def test_what_was_written_is_read(blocks):
    content, entries = file_of(blocks)
    tape = read(content)
    assert list(tape.entries) == entries and tape.about == ABOUT
    connections_of(tape)  # nothing that a tape holds is too much for what makes steps of it


@settings(max_examples=40)
@given(BLOCKS, st.data())
def test_a_cut_tape_is_read_up_to_the_cut(blocks, data):
    content, entries = file_of(blocks)
    least = len(tape_file.head_of(ABOUT))
    at = data.draw(st.integers(least, len(content)))
    read_of_it = read(content[:at]).entries
    assert list(read_of_it) == entries[: len(read_of_it)]
    at = data.draw(st.integers(0, least - 1))
    try:
        tape = read(content[:at])
    except TapeError as error:
        assert "is no tape" in str(error)
    else:  # what ends a block's packing may be all that is cut off
        assert at == least - 1 and tape == Tape(ABOUT, (), 0)


@settings(max_examples=40)
@given(BLOCKS, st.data())
def test_a_damaged_tape_is_one_sentence_or_a_beginning(blocks, data):
    content, entries = file_of(blocks)
    at = data.draw(st.integers(0, len(content) - 1))
    damaged = bytearray(content)
    damaged[at] ^= data.draw(st.integers(1, 255))
    try:
        found = list(read(bytes(damaged)).entries)
    except TapeError as error:
        assert str(error).endswith(".") and "\n" not in str(error)
    else:
        assert found == entries[: len(found)]


def test_a_tape_of_nothing_of_a_newer_version_and_none(tmp_path):
    with pytest.raises(TapeError, match="There is no tape"):
        read_tape(tmp_path / "no.tape")
    with pytest.raises(TapeError, match="newer TinyTeach"):
        read(tape_file.MAGIC + b"\x02" + bytes(8))
    with pytest.raises(TapeError, match="is no tape"):
        read(tape_file.HEAD.pack(tape_file.MAGIC, 1) + tape_file.block(b'{"words": 1}'))


def test_a_tape_that_would_fill_memory_is_damaged(monkeypatch):
    monkeypatch.setattr(tape_file, "UNPACKED_BYTES_MAX", 10_000)
    content = tape_file.head_of(ABOUT) + tape_file.block(bytes(9_990))
    with pytest.raises(TapeError, match="no tape holds so much"):
        read(content)


# The recorder


def test_a_recorder_stops_at_its_limit_and_says_so(tmp_path):
    with taping(tmp_path / "a.tape", ["info"], limit_bytes=2000) as recorder:
        link = recorder.link("port", 115_200)
        for number in range(100):
            recorder.add(
                RECEIVED, link, digest_of(bytes([number])) * 8
            )  # which no packing shortens
            recorder.flush()
        assert recorder.is_full
    tape = read_tape(tmp_path / "a.tape")
    assert tape.ending == FULL and 5 < len(tape.entries) < 100
    assert (tmp_path / "a.tape").stat().st_size < 2100


def test_what_has_come_is_on_the_tape_when_nothing_more_comes(tmp_path):
    """Also where the program is killed then."""
    recorder = Recorder(tmp_path / "a.tape")
    recorder.add(SENT, recorder.link("port", 1), b"hello")
    recorder.flush()
    tape = read_tape(tmp_path / "a.tape")
    assert [entry.kind for entry in tape.entries] == [OPENED, SENT] and tape.ending == 0
    recorder.close()
    assert read_tape(tmp_path / "a.tape").ending == ENDED


def test_a_tape_is_a_new_file_and_made_with_the_first_connection(tmp_path):
    there = tmp_path / "there"
    there.write_text("mine")
    with pytest.raises(TapeError, match="is there already"), taping(there):
        pass
    with taping(tmp_path / "none.tape"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
    with taping(tmp_path) as recorder:  # a folder: the name is the recorder's
        recorder.link("port", 1)
    assert recorder.path.parent == tmp_path and read_tape(recorder.path).ending == ENDED
    with (
        pytest.raises(TapeError, match="cannot be recorded to"),
        taping(tmp_path / "no" / "where") as recorder,
    ):
        recorder.link("port", 1)


def test_photographs_alone_are_digests():
    def opening(held):
        fields = {"object": held, "size": 9, "sha256": b"", "side": 0, "pixel_format": 0}
        return frame.encode(messages.OPEN, 1, messages.encode(messages.OPEN, **fields))

    written = messages.encode(messages.WRITE, offset=4, data=b"pixels")
    piece = frame.encode(messages.WRITE, 2, written)
    finder = PhotographFinder()
    image, head = opening(messages.IMAGE), opening(messages.HEAD)
    first, second, third, fourth = finder.parts_of(image + piece + head + piece)
    assert (first, third, fourth) == (image, head, piece)
    assert isinstance(second, Digested) and Digested.of(second.entry()) == second
    assert second.digest == digest_of(written) and second.size == len(written)
    for odd in (b"\r\x02", piece[:-1], b"\0" * 100, piece + b"text", piece[:5] + piece):
        assert b"".join(finder.parts_of(odd)) == odd
