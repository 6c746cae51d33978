"""What the studio says: a code and values beside it, so that a page says it in its language.

The sentences themselves are the command line's, and English; `sentences.json` has each by its
code, with the names of its values in braces, as `python tests/sentences.py` reads them from the
sources. Advice, the doctor, rules and the list of boards bring codes of their own (coded.py).
"""

import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tinyteach.coded import Coded as OwnCoded

CATALOGUE = Path(__file__).with_name("sentences.json")
# By language of the page but English: each sentence by its code, and its tag.
SAID = {"zh": Path(__file__).parent / "page" / "js" / "strings" / "zh-said.json"}
TAGS = {"en": "en", "zh": "zh-Hans"}
# Where sentences are in what the studio tells; all else is names and numbers.
FIELDS = ("sentence", "problem", "problems", "told", "skipped", "missing", "line")
NAMES_ONLY = ("photos", "tested")  # of thousands
BYTES_MAX = 4096  # a longer one is nobody's but a name's
# These say only what others say.
OF_CODED = ("it", "is", "left-out", "said-of", "both", "halves", "pronoun")
IT = {"code": "pronoun", "values": dict[str, str]()}
VALUE = re.compile(r"\{(\w+)\}")
Coded = dict[str, Any]  # code, and values by name: text, or again such a one


def codes_in(told: object) -> dict[str, Coded]:
    """By sentence its code and values, of those in an answer's or a part's JSON that have one."""
    found = {str(sentence): _own(sentence) or coded(sentence) for sentence in _sentences(told)}
    return {sentence: each for sentence, each in found.items() if each}


def _own(sentence: str) -> Coded | None:
    """Of a sentence that brings its code; what an error says in it has one by the catalogue."""
    return _of_values(sentence.as_dict()) if isinstance(sentence, OwnCoded) else None


def _of_values(told: Coded) -> Coded:
    return {**told, "values": {name: _of_value(value) for name, value in told["values"].items()}}


def _of_value(value: object) -> object:
    if isinstance(value, dict):
        return _of_values(value)
    if isinstance(value, list):
        return [_of_value(each) for each in value]
    return (coded(value) or value) if isinstance(value, str) else value


def with_codes(told: dict[str, Any]) -> dict[str, Any]:
    """The same, with ``codes`` where a sentence of it has one."""
    codes = codes_in(told)
    return {**told, "codes": codes} if codes else told


def _sentences(told: object) -> Iterator[str]:
    if isinstance(told, list):
        for each in told:
            yield from _sentences(each)
    elif isinstance(told, dict):
        for name, value in told.items():
            if name in FIELDS or (name == "value" and isinstance(value, str)):  # part "sight"
                yield from _texts(value)
            elif isinstance(value, OwnCoded):
                yield value
            elif name not in NAMES_ONLY:
                yield from _sentences(value)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)


@functools.lru_cache(maxsize=512)
def coded(text: str) -> Coded | None:
    """The code of a sentence, and its values; None where it is none of the catalogue's.

    Of several that it could be it is the one with the fewest letters in values.
    """
    if " " not in text or len(text) > BYTES_MAX:
        return None
    return _both(text) or _of_it(text) or _whole(text) or _said_of(text) or _halves(text)


def _whole(text: str) -> Coded | None:
    if text.startswith("it ") and (told := _whole(text.removeprefix("it "))):
        return {"code": "it", "values": {"told": told}}
    found = [(code, values) for code in _pieces() if (values := _values(code, text)) is not None]
    if not found:
        return None
    code, values = min(found, key=lambda each: sum(map(len, each[1].values())))
    return {"code": code, "values": {name: coded(each) or each for name, each in values.items()}}


def _of_it(text: str) -> Coded | None:
    """Of a file, a clause that is about it: ``cat/1.png: it cannot be …``."""
    name, is_there, rest = text.partition(": it ")
    told = _whole(f"it {rest}") if is_there else None
    if told is None:
        return None
    values = {key: IT if value == "it" else value for key, value in told["values"].items()}
    return {"code": "left-out", "values": {"name": name, "told": {**told, "values": values}}}


def _said_of(text: str) -> Coded | None:
    """Of a file, say, a clause that has a code of its own."""
    for code, between, end in (("left-out", ": ", ""), ("is", " is ", "."), ("said-of", " ", ".")):
        words = text.removesuffix(end).split(between)
        for count in range(1, len(words) if text.endswith(end) else 0):
            name, told = between.join(words[:count]), _whole(between.join(words[count:]))
            if told:
                return {"code": code, "values": {"name": name, "told": told}}
    return None


def _both(text: str) -> Coded | None:
    """Of two sentences that stand behind each other."""
    for end in re.finditer(r"\. ", text):
        first, then = _whole(text[: end.start() + 1]), _whole(text[end.end() :])
        if first and then:
            return {"code": "both", "values": {"first": first, "then": then}}
    return None


def _halves(text: str) -> Coded | None:
    """Of what is wrong and what to do about it, which stand apart where they are written."""
    for between in re.finditer("; ", text if text.endswith(".") else ""):
        found, fix = _whole(text[: between.start()]), _whole(text[between.end() : -1])
        if found and fix:
            return {"code": "halves", "values": {"found": found, "fix": fix}}
    return None


def _values(code: str, text: str) -> dict[str, str] | None:
    """What stands where the sentence of this code has its values; None where it is another."""
    (first, *between), names = _pieces()[code]
    if not names:
        return {} if text == first else None
    last = between.pop()
    rest = text.removeprefix(first).removesuffix(last)
    if len(first) + len(rest) + len(last) != len(text):
        return None
    values = []
    for piece in between:
        value, is_there, rest = rest.partition(piece)
        if not is_there:
            return None
        values.append(value)
    named = list(zip(names, [*values, rest], strict=True))
    found = dict(named)
    return found if all(found[name] == value for name, value in named) else None


def said_in(language: str, sentence: str) -> tuple[str, str]:
    """A sentence in which nothing varies as the page says it, and the tag of its language.

    In English where it is not known in the other.
    """
    found = coded(sentence) if language in SAID else None
    if found is None or found["values"]:
        return TAGS["en"], sentence
    known = json.loads(SAID[language].read_text(encoding="utf-8"))
    return TAGS[language], known[found["code"]]


@functools.cache
def catalogue() -> dict[str, str]:
    """Each sentence by its code."""
    found: dict[str, str] = json.loads(CATALOGUE.read_text(encoding="utf-8"))
    return found


@functools.cache
def _pieces() -> dict[str, tuple[list[str], list[str]]]:
    """By code what is the same in each such sentence, and the names of what is between."""
    return {
        code: (VALUE.split(sentence)[::2], VALUE.findall(sentence))
        for code, sentence in catalogue().items()
        if code not in OF_CODED
    }
