"""Sentences with a code and what varies beside them, for who says them in another language."""

from collections.abc import Iterable, Mapping
from typing import Any


class Coded(str):
    """A sentence, or a part of one; ``code`` says which, ``values`` what varies in it, by name."""

    code: str
    values: Mapping[str, object]  # text, numbers, such sentences, or lists of them

    def as_dict(self) -> dict[str, Any]:
        """As JSON types."""
        return {"code": self.code, "values": {k: _told(value) for k, value in self.values.items()}}


def say(code: str, sentence: str, /, **values: object) -> Coded:
    """The sentence, with its code and values."""
    said = Coded(sentence)
    said.code, said.values = code, values
    return said


def fill(code: str, sentence: str, /, **values: object) -> Coded:
    """`say` of a sentence that has its values' names in braces."""
    return say(code, sentence.format(**values), **values)


def codes_of(sentences: Iterable[str]) -> dict[str, dict[str, Any]]:
    """By sentence its code and values, of those that have them."""
    return {str(each): each.as_dict() for each in sentences if isinstance(each, Coded)}


def _told(value: object) -> Any:
    if isinstance(value, Coded):
        return value.as_dict()
    return [_told(each) for each in value] if isinstance(value, list) else value
