"""Shortens the private names of the agent's modules, whose every name a board keeps in its heap.

A name like ``_heard_ms`` that only one module uses becomes ``_a``, ``_b`` … there; so does one that
each module that uses it sets itself. Others stay, since they may mean the same. Lines stay where
they are. Tracebacks from a board are given their names back.
"""

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping

# One underscore and a letter: ``__init__`` is Python's.
PRIVATE = re.compile(r"_[a-zA-Z]\w*")
CONSTANT = re.compile(r"^(_\w+) = const\(", re.MULTILINE)  # leaves no name
FRAME = re.compile(r'File "(?P<module>[\w.]+)", line \d+, in (?P<name>\w+)')
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def plan(sources: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Module → (its own private names → short ones), of all modules together (module → text)."""
    found = {module: _private_names(text) for module, text in sources.items()}
    shared = _shared(sources, found)
    return {
        module: dict(
            zip([name for name in names if name not in shared], _free_names(names), strict=False)
        )
        for module, names in found.items()
    }


def _shared(sources: Mapping[str, str], found: Mapping[str, list[str]]) -> set[str]:
    """Names in several modules, one of which has them of another."""
    uses = Counter(name for names in found.values() for name in names)
    return {
        name
        for module, names in found.items()
        for name in set(names) - _set_names(ast.parse(sources[module]))
        if uses[name] > 1
    }


def _set_names(module: ast.Module) -> set[str]:
    """What a module itself gives a value: functions, classes, arguments, variables, self's."""
    names = set()
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names |= {node.attr} if ast.unparse(node.value) == "self" else set()
    return names


def _private_names(text: str) -> list[str]:
    """In order of their first use."""
    constants = CONSTANT.findall(text)
    names = dict.fromkeys(token.string for token in _private_tokens(text))
    return [name for name in names if name not in constants]


def _private_tokens(text: str) -> list[tokenize.TokenInfo]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [t for t in tokens if t.type == tokenize.NAME and PRIVATE.fullmatch(t.string)]


def _free_names(taken: list[str]) -> Iterator[str]:
    """``_a`` … ``_z``, ``_aa`` …, without those that the module has already."""
    for first in ("", *LETTERS):
        for letter in LETTERS:
            if f"_{first}{letter}" not in taken:
                yield f"_{first}{letter}"


def shorten(text: str, names: Mapping[str, str]) -> str:
    """The module's text with ``names`` shortened."""
    lines = text.splitlines(keepends=True)
    # From the end, so that earlier places stay right.
    for token in reversed(_private_tokens(text)):
        row, start, end = token.start[0] - 1, token.start[1], token.end[1]
        lines[row] = lines[row][:start] + names.get(token.string, token.string) + lines[row][end:]
    return "".join(lines)


def lengthen(traceback: str, names: Mapping[str, Mapping[str, str]]) -> str:
    """A board's traceback with the functions' full names."""

    def full(match: re.Match[str]) -> str:
        own = {short: name for name, short in names.get(match["module"], {}).items()}
        return match[0][: match.start("name") - match.start()] + own.get(
            match["name"], match["name"]
        )

    return FRAME.sub(full, traceback)
