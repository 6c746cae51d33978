"""Class names: what is allowed, and that anything from elsewhere becomes allowed or None."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyteach.data.names import (
    MAX_NAME_BYTES,
    UNKNOWN,
    check_class_name,
    name_fault,
    portable_name,
    same_name,
)
from tinyteach.errors import ProjectError
from tinyteach.head.fit.classes import check_classes
from tinyteach.head.format.rejection import UNKNOWN as head_unknown

ANY_TEXT = st.text(st.characters(), max_size=80)


@pytest.mark.parametrize("name", ["cup", "Red cup", "0", "ä" * 31, "日本語", "a.b", "👩‍🚀", "_x-1"])
def test_allowed(name):
    assert check_class_name(name) == name


def test_trimmed_and_composed():
    assert check_class_name("  caf\u0065\u0301 ") == "caf\u00e9"


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        ("a/b", "holds '/'"),
        ("a\\b", "holds"),
        ("what?", "holds '?'"),
        (7, "no text"),
        ("two\nlines", "holds"),
        ("nul\0", "holds"),
        ("\ud800", "holds"),
        (".", "dot"),
        ("..", "dot"),
        (".hidden", "dot"),
        ("end.", "dot"),
        ("ä" * 32, "64 bytes"),
        ("con", "device"),
        ("LPT1.x", "device"),
        ("aux .txt", "device"),
    ],
)
def test_refused_with_what_is_allowed(name, complaint):
    with pytest.raises(ProjectError, match=complaint) as caught:
        check_class_name(name)
    assert "use 1 to 63 bytes" in str(caught.value)


@given(ANY_TEXT)
def test_what_is_stored_is_allowed_and_stays_the_same(name):
    try:
        stored = check_class_name(name)
    except ProjectError:
        return
    assert check_class_name(stored) == stored
    assert not name_fault(stored)
    assert 1 <= len(stored.encode()) <= MAX_NAME_BYTES
    assert portable_name(stored) in (stored, None)


@given(ANY_TEXT)
def test_portable_names_are_allowed(name):
    portable = portable_name(name)
    assert portable is None or check_class_name(portable) == portable


@pytest.mark.parametrize(
    ("foreign", "here"),
    [
        ("my:label", "my-label"),
        ("a/b", "a-b"),
        (".hidden", "hidden"),
        ("CON", "_CON"),
        ("ä" * 40, "ä" * 31),
        ("???", None),
        ("", None),
    ],
)
def test_portable(foreign, here):
    assert portable_name(foreign) == here


def test_case_and_composition_do_not_tell_names_apart():
    assert same_name("STRASSE", ["x", "straße"]) == "straße"
    assert same_name("cafe\u0301", ["Café"]) == "Café"
    assert same_name("cup", ["cups"]) is None


@pytest.mark.parametrize(
    "name",
    [
        *(
            "کتاب\u200cخانه",
            "क्\u200dष",
            "👩\u200d🚀",
            "❤️",
            "🏴\U000e0067\U000e007f",
            "e\u0301\u0323",
        ),
        *("ภาษาไทย", "ދިވެހި", "x\u0378", "-", "a&b", "50%", "it's"),
    ],
)
def test_every_script_and_its_joiners(name):
    stored = check_class_name(name)
    assert stored == unicodedata.normalize("NFC", name)
    assert check_classes([stored, "other"], None) == tuple(sorted((stored, "other")))


@given(ANY_TEXT)
def test_what_may_be_a_class_can_be_trained(name):
    try:
        stored = check_class_name(name)
    except ProjectError:
        return
    labels = [stored, "something else"]
    assert check_classes(labels, labels) == tuple(labels)


@pytest.mark.parametrize("space", ["\u00a0", "\u3000", "\u2009", "\u200b \ufeff", "\u00ad \u202e"])
def test_what_looks_like_a_space_is_one(space):
    assert check_class_name(f"red{space}cup{space}") == "red cup"


@pytest.mark.parametrize("name", ["\u200d", "\u0301", "\u200c \u0300", "\u2060"])
def test_names_that_show_nothing(name):
    with pytest.raises(ProjectError, match="shows nothing|is empty"):
        check_class_name(name)
    assert portable_name(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "unknown",
        "Unknown",
        "UNKNOWN ",
        " unKnown",
        "ｕｎｋｎｏｗｎ",
        "un\u200bknown",
        "\u00a0Unknown",
    ],
)
def test_unknown_however_it_is_written(name):
    assert check_class_name(name) == portable_name(name) == UNKNOWN == head_unknown
    assert same_name(name, ["cup", "unknown"]) == "unknown"


def test_a_name_itself_comes_before_one_that_differs_by_case():
    assert same_name("Cup", ["cup", "Cup"]) == "Cup"
    assert same_name("CUP", ["cup", "Cup"]) == "cup"
