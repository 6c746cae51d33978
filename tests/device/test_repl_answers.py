"""What a board prints in its raw REPL is taken in the shape that was asked for, or not at all."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lying_repl import LyingRepl
from tinyteach.device.repl import raw_repl as module
from tinyteach.device.repl import repl_answers, survey, trials
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.device.repl.repl_answers import flag, mapping, number, path, record, several
from tinyteach.errors import LinkError

STAT = b"(32768, 0, 0, 0, 0, 0, 99, 0, 0, 0)"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)
SHAPES = {
    "survey": survey.FACTS,
    "boot": trials.BOOT_FACTS,
    "camera": trials.CAMERA_FACTS,
    "modules": trials.MODULE_NAMES,
    "row": trials.ROW,
    "frames": trials.COUNT_AND_MS,
    "flag": flag,
}
SURVEY = {
    **{"name": "micropython", "version": [1, 25, 0], "mpy": 0, "machine": "x", "root": ""},
    **{"path": ["/lib"], "flash_free": 9, "files": {"/main.py": "00" * 32}},
    **{"embedding_bytes": 0, "in_place": "", "is_wide": False},
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@settings(max_examples=25)
@given(value=VALUES)
def test_anything_is_taken_in_shape_or_refused(shape, value):
    with contextlib.suppress(ValueError):
        shape(value)


@given(name=st.sampled_from(sorted(SURVEY)), value=VALUES)
def test_each_field_of_the_survey(name, value):
    try:
        facts = survey.FACTS({**SURVEY, name: value})
    except ValueError:
        return
    assert type(facts[name]) is type(SURVEY[name])


def test_texts_come_out_plain_and_paths_as_they_are():
    shape = record(text=repl_answers.text, lines=repl_answers.lines, files=mapping(path, number))
    said = {"text": "\x1b[1mA\u202e\nB", "lines": "a\x07\nb", "files": {"\x1b.py": 1}}
    expected = {"text": "[1mA B", "lines": "a\nb", "files": {"\x1b.py": 1}}
    assert shape({**said, "more": 1}) == expected


@pytest.mark.parametrize("value", [True, -1, 1 << 41, 1.0, "1", None])
def test_what_is_no_number(value):
    with pytest.raises(ValueError):
        number(value)


def repl_that_says(said, fault=b""):
    return LyingRepl(lambda code: (said, fault))


def test_the_last_line_that_fits_is_taken():
    """Firmware prints lines of its own, also such as are JSON."""
    board = repl_that_says(b'17\r\n[1, 2]\r\n{"a": 3}\r\n"cam_hal"\r\n')
    try:
        with raw_repl(board.port.name) as repl:
            assert repl.evaluate("1", several(number)) == [1, 2]
            assert repl.evaluate("1") == "cam_hal"
    finally:
        board.close()


NONSENSE = {
    "nothing": b"",
    "no JSON": b"\x1b[31mred\x07\r\n",
    "another shape": b'{"a": 1}\r\n',
    "depth": b"[" * 5000 + b"\r\n",
    "digits": b"9" * 5000 + b"\r\n",
    "no number": b"[NaN, Infinity]\r\n",
    "bytes": bytes(set(range(256)) - {4}),
}


@pytest.mark.parametrize("said", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_a_sentence(said):
    board = repl_that_says(said)
    try:
        with raw_repl(board.port.name) as repl, pytest.raises(LinkError, match="no answer that"):
            repl.evaluate("1", several(number))
    finally:
        board.close()


def test_a_refusal_in_any_words_is_one_plain_line():
    board = repl_that_says(b"", b"Traceback\r\n\x1b]0;x\x07OSError: \xe2\x80\xaeno" + b"o" * 9000)
    try:
        with raw_repl(board.port.name) as repl, pytest.raises(LinkError) as refused:
            repl.run("1")
    finally:
        board.close()
    assert str(refused.value).isprintable() and len(str(refused.value)) < 400


def test_text_without_end_ends(monkeypatch):
    from tinyteach.device.repl import bounded_transport

    monkeypatch.setattr(bounded_transport, "ANSWER_BYTES_MAX", 4000)
    board = repl_that_says(b"x" * 20_000)
    try:
        with raw_repl(board.port.name) as repl, pytest.raises(LinkError, match="broke"):
            repl.evaluate("1", number)
    finally:
        board.close()


def test_a_file_without_end_ends(monkeypatch):
    monkeypatch.setattr(module, "FILE_BYTES_MAX", 5000)
    chunk = repr(b"x" * 1024).encode()

    def run(code):
        if "stat(" in code:
            return STAT, b""
        return (chunk if "r(" in code else b""), b""

    board = LyingRepl(run)
    try:
        with raw_repl(board.port.name) as repl, pytest.raises(LinkError):
            repl.read_file("/x", lambda done, total: None)
    finally:
        board.close()


@pytest.mark.parametrize("chunk", [b"(", b"[" * 3000, b"None.x", b"'a' * 10 ** 9", b"\xff"])
def test_a_files_piece_that_is_no_value(chunk):
    board = LyingRepl(
        lambda code: (b"(32768, 0, 0, 0, 0, 0, 99, 0, 0, 0)" * ("stat(" in code) or chunk, b"")
    )
    try:
        with raw_repl(board.port.name) as repl, pytest.raises(LinkError):
            repl.read_file("/x", lambda done, total: None)
    finally:
        board.close()


def test_survey_is_what_json_gives():
    assert survey.FACTS(json.loads(json.dumps(SURVEY))) == SURVEY
