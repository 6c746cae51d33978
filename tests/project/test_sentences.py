"""Sentences for users hold no words of Python's: those are a programmer's, and name no way on."""

import ast
import builtins
from pathlib import Path

import tinyteach

ROOT = Path(tinyteach.__file__).parent
# Where what is caught there was raised by TinyTeach itself, with a clause for people.
OWN_WORDS = {"cli/firmware.py", "service/heads/recognition.py", "service/heads/training.py"}


def caught(handler):
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return [ast.unparse(kind) for kind in kinds if kind]


def is_foreign(handler):
    """Whether it catches what others than TinyTeach raise."""
    return any(hasattr(builtins, name) or "." in name for name in caught(handler))


def told_raw(handler):
    """Lines where the error itself is put into a text."""
    raw = {handler.name, f"str({handler.name})", f"repr({handler.name})"}
    for node in ast.walk(handler):
        if isinstance(node, ast.FormattedValue) and ast.unparse(node.value) in raw:
            yield node.lineno


def places():
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler) and node.name and is_foreign(node):
                yield from ((path.relative_to(ROOT).as_posix(), line) for line in told_raw(node))


def test_no_error_of_others_is_shown_raw():
    assert [place for place in places() if place[0] not in OWN_WORDS] == []
