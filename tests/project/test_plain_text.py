"""Text from elsewhere steers no terminal and no page; the letters of every script stay."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyteach.errors import UsageError
from tinyteach.plain_text import plain, plain_json, plain_lines
from tinyteach.studio.statuses import error_body

JOINERS = "\u200c\u200d"
TEXTS = st.text(st.characters(codec=None), max_size=40) | st.text(
    st.sampled_from("a\x1b[31m\x07\x9b\u202e\u2066\u200f\u200b\ufeff\u2028\r\n\t\ud800\u200d"),
    max_size=30,
)
# What no text needs (UAX 9's directions, unseen spaces, tags), beside control characters.
UNSEEN = (
    "\u200b\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u2060"
)
UNSEEN += "\u00ad\u206a\ufff9\U000e0041\U000e0001"
SCRIPTS = [
    "café Ünïcödé",
    "猫とコーヒー",
    "می\u200cخواهم",
    "क्\u200dष",
    "👩\u200d🔬",
    "قطة",
    "חתול",
    "x\u3000y\u00a0z",
    "[red]not markup[/red]",
    "❤\ufe0f",
]


@given(TEXTS)
def test_one_line_without_controls(text):
    shown = plain(text)
    assert not {c for c in shown if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")}
    assert not set(shown) & set(UNSEEN)
    assert plain(shown) == shown
    shown.encode()


@given(TEXTS)
def test_lines(text):
    assert plain_lines(text).split("\n") == [
        plain(p) for p in text.replace("\r\n", "\n").split("\n")
    ]


@given(
    st.recursive(TEXTS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=8)
)
def test_json_means_the_same_and_is_plain(value):
    line = plain_json(value)
    assert json.loads(line) == value
    assert plain(line) == line


@pytest.mark.parametrize("text", SCRIPTS)
def test_letters_of_every_script_stay(text):
    assert plain(text) == text


@pytest.mark.parametrize("unseen", UNSEEN)
def test_what_is_not_seen_goes(unseen):
    assert plain(f"a{unseen}b") == "ab"


def test_an_error_on_the_web_is_plain():
    assert error_body(UsageError("a\x1b[2J\u202eb"))["error"]["sentence"] == "a[2Jb"
