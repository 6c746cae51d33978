"""What the studio says has a code and values, and the page each sentence in its other language."""

import ast
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentences import sentences, unknown_errors
from tinyteach.coded import codes_of, say
from tinyteach.errors import TinyTeachError
from tinyteach.studio.sentences import CATALOGUE, OF_CODED, SAID, VALUE, catalogue, coded, codes_in
from tinyteach.studio.statuses import error_body

HOST = CATALOGUE.parents[1]
# Who gives what they say a code themselves.
CODED = [*HOST.glob("head/report/*.py"), *HOST.glob("service/doctor/*.py")]
CODED += [
    HOST / "service" / "boards" / f"{name}.py" for name in ("finding", "overview", "rule_text")
]
ANEW = "run python tests/sentences.py, and say what is new in js/strings/zh-said.json"
AMONG = re.compile(r"\{(\w+)(?:\|percent)?\}")


@pytest.fixture(scope="module")
def in_chinese():
    return json.loads(SAID["zh"].read_text(encoding="utf-8"))


def advice():
    """By code the names of the values of each sentence that brings its code."""
    found = {}
    for path in CODED:
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("say", "fill"):
                names = {name for each in call.keywords for name in names_of(each)}
                found |= {each.value: names for each in codes_said(call.args[0])}
    return found


def codes_said(first):
    either = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
    assert all(isinstance(each, ast.Constant) for each in either), ast.unparse(first)
    return either


def names_of(keyword):
    """Of ``name=value`` and of ``**{"name": value}``."""
    if keyword.arg:
        return [keyword.arg]
    if isinstance(keyword.value, ast.Dict):
        return [key.value for key in keyword.value.keys]
    return {"values": VALUES_OF_NEXT, "share": ("accuracy", "low", "high")}[keyword.value.id]


VALUES_OF_NEXT = ("label", "rival", "missed", "tested", "taken")  # enough._about_next


def test_the_catalogue_is_what_the_sources_say():
    assert json.loads(CATALOGUE.read_text()) == sentences(), ANEW
    assert unknown_errors() == set()


def test_each_sentence_and_all_advice_is_there_in_chinese_with_the_same_values(in_chinese):
    wanted = {code: set(VALUE.findall(each)) for code, each in catalogue().items()}
    assert not wanted.keys() & advice().keys()
    wanted |= advice()
    assert in_chinese.keys() == wanted.keys(), ANEW
    assert {code: set(AMONG.findall(each)) for code, each in in_chinese.items()} == wanted
    assert list(in_chinese) == sorted(in_chinese)
    assert len(advice()) > 20  # fewer would mean that none were found


WORDS = st.text(st.characters(codec="utf-8"), max_size=12)


@given(st.sampled_from(sorted(catalogue().keys() - set(OF_CODED))), st.data())
def test_whatever_varies_the_sentence_can_be_made_again(code, data):
    names = dict.fromkeys(VALUE.findall(catalogue()[code]))
    values = {name: data.draw(WORDS) for name in names}
    text = VALUE.sub(lambda found: values[found[1]], catalogue()[code])
    found = coded(text)
    assert found is not None
    assert in_english(found) == text


def in_english(found):
    if isinstance(found, str):
        return found
    return VALUE.sub(lambda name: in_english(found["values"][name[1]]), catalogue()[found["code"]])


@pytest.mark.parametrize(
    "text",
    [
        "cat/my film.mov: it is a film; save the frames that you want as PNG or JPEG",
        "cat/my 1.png: it cannot be read as PNG, JPEG, WebP, GIF, TIFF, PPM or BMP; save it "
        "again in one of these formats or delete it.",
        "my drawing.svg is a drawing, no photograph; save it as PNG.",
        "photos.rar is which cannot be read here; unpack it and name the folder.",
        "There is no rule 3; the board has 2. The old head (cat, mug) is still at work.",
        "'a/b' cannot name a class because it holds '/'; use 1 to 63 bytes of text such as "
        "'red cup', without / \\ : * ? \" < > | and without a dot in front or at the end.",
    ],
)
def test_what_is_said_of_something_is_found_in_it(text):
    found = coded(text)
    assert found["code"] in catalogue() and in_english(found) == text
    assert any(isinstance(each, dict) for each in found["values"].values())


@given(st.text(max_size=200))
def test_any_text_is_looked_at_without_an_error(text):
    found = coded(text)
    assert found is None or in_english(found) == text


def test_nothing_long_is_looked_at():
    assert coded("There is no class " + "x" * 5000 + "; the classes are cat.") is None


def test_an_error_brings_its_code(shared_studio):
    answer = shared_studio.ask("POST", "/api/projects/open", {"name": "none"})
    sentence = answer.value["error"]["sentence"]
    told = answer.value["codes"][sentence]
    assert told["code"] == "there-is-no-project-in-choose-another"
    assert told["values"]["name"] == "'none'"
    assert set(error_body(TinyTeachError("Nobody knows this one."))) == {"error"}


def test_only_sentences_are_looked_at():
    gone, here = (
        "This upload is over; begin it again.",
        {"code": "this-upload-is-over-begin-it-again"},
    )
    told = {gone: {**here, "values": {}}}
    assert codes_in({"part": "sight", "value": gone}) == told
    assert codes_in({"part": "heads", "value": [{"problem": gone}]}) == told
    assert codes_in({"value": {"missing": {"grove": gone}, "skipped": [gone]}}) == told
    assert codes_in({"value": {"name": gone, "photos": [{"problem": gone}]}}) == {}


def test_advice_tells_its_code_and_what_varies():
    inner = say("looks-like", "cat/1.png looks like mug", name="cat/1.png", likely="mug")
    told = codes_of([say("mislabelled", "Look.", count=1, such=[inner]), "uncoded"])
    values = {"count": 1, "such": [{"code": "looks-like", "values": dict(inner.values)}]}
    assert told == {"Look.": {"code": "mislabelled", "values": values}}
