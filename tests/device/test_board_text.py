"""Text of a board becomes lines, whatever pieces it comes in."""

import logging

from hypothesis import given
from hypothesis import strategies as st

from tinyteach.device.wire.board_text import LINE_CHARACTERS_MAX, LineLog


def lines_of(*pieces):
    lines = []
    log = LineLog(lines.append)
    for piece in pieces:
        log.add(piece)
    log.flush()
    return lines


def test_lines_in_pieces():
    assert lines_of("a b", "c\r\nd", "e\n\n", "f") == ["a bc", "de", "f"]


@given(st.text(alphabet="ab\r\n", max_size=60), st.integers(0, 60))
def test_pieces_do_not_matter(text, at):
    assert lines_of(text[:at], text[at:]) == lines_of(text)


def test_nothing_steers_the_terminal():
    assert lines_of("\x1b[31mred\x07\n") == ["[31mred"]


def test_endless_line_is_cut():
    lines = lines_of(*["x" * 100] * 50)
    assert len(lines) > 5 and max(map(len, lines)) <= LINE_CHARACTERS_MAX + 100


def test_goes_to_the_log(caplog):
    with caplog.at_level(logging.INFO, "tinyteach.board"):
        LineLog().add("camera hot\n")
    assert caplog.messages == ["camera hot"]
