"""tinyteach-hil.toml: what a project says of its runs with boards.

Each section is read by one function; a section that nobody reads is an error, as it may be a
misspelt one.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from tinyteach.errors import HilFileError, TinyTeachError
from tinyteach.files import read_file
from tinyteach.hil.budgets import SECTION as BUDGETS
from tinyteach.hil.budgets import Budgets, parse_budgets

FILE = "tinyteach-hil.toml"
SECTIONS = (BUDGETS, "quarantine")
FIELDS = {"test": str, "reason": str, "owner": str, "expires": date}
LIKE = "expires = 2026-12-31"
NOT_TOML = "{path} is no TOML ({error}); mend that line."
NO_SUCH = "There is no file {path}; name one with --tt-config, or leave the option out."
NO_SECTION = "{path} has a section {name!r}, and there is none such; there are: {all}."
NOT_A_LIST = "The quarantine in {path} is no list of tests; begin each with [[quarantine]]."
LACKS = "The quarantine of {test} in {path} has no {name}; add {name}, such as {like}."
NOT_SO = "The quarantine of {test} in {path} has {name} in another form; write it like {like}."
TOO_MUCH = "The quarantine of {test} in {path} has {names}, which it cannot have; take that out."
EXAMPLES = {
    "test": 'test = "tests/test_lamp.py::test_red"',
    "reason": 'reason = "the lamp flickers"',
    "owner": 'owner = "Ada"',
    "expires": LIKE,
}


@dataclass(frozen=True)
class Quarantine:
    """A test whose failing does not count until ``expires``, the last day, is past."""

    test: str
    reason: str
    owner: str
    expires: date

    def concerns(self, test: str) -> bool:
        """With all its parameters where it names none."""
        return test == self.test or test.partition("[")[0] == self.test

    def holds(self, today: date) -> bool:
        return today <= self.expires

    def words(self) -> str:
        """For a person."""
        return f"in quarantine until {self.expires} ({self.reason}; {self.owner})"


@dataclass(frozen=True)
class HilSettings:
    """The file, section by section."""

    quarantine: Sequence[Quarantine] = field(default_factory=list)
    budgets: Budgets = field(default_factory=Budgets)

    def quarantined(self, test: str) -> Quarantine | None:
        """The entry that names a test."""
        return next((each for each in self.quarantine if each.concerns(test)), None)


def settings_of(root: Path, named: str | None) -> HilSettings:
    """Of the file that is named, else the project's, if it has one.

    HilFileError says what is wrong with it.
    """
    path = Path(named) if named else root / FILE
    try:
        content = read_file(path)
    except FileNotFoundError as error:
        if named:
            raise HilFileError(NO_SUCH.format(path=path)) from error
        return HilSettings()
    except TinyTeachError as error:
        raise HilFileError(str(error)) from error
    return parse(content, path)


def parse(content: bytes, path: Path) -> HilSettings:
    """Of the file's content; ``path`` is named in what HilFileError says."""
    try:
        table = tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:  # TOMLDecodeError, UnicodeDecodeError
        said = str(error).rstrip(".").lower() or "it is nested too deeply"
        raise HilFileError(NOT_TOML.format(path=path, error=said)) from error
    for name in table:
        if name not in SECTIONS:
            raise HilFileError(NO_SECTION.format(path=path, name=name, all=", ".join(SECTIONS)))
    return HilSettings(
        _quarantine(table.get("quarantine", []), path), parse_budgets(table.get(BUDGETS, {}), path)
    )


def _quarantine(entries: object, path: Path) -> list[Quarantine]:
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise HilFileError(NOT_A_LIST.format(path=path))
    return [_entry(each, path) for each in entries]


def _entry(entry: Mapping[str, Any], path: Path) -> Quarantine:
    test = str(entry.get("test", "a test"))
    for name, kind in FIELDS.items():
        value = entry.get(name)
        # A date with a time is a date to Python, and not to be compared with one.
        if type(value) is not kind or not value:
            sentence = NOT_SO if value else LACKS
            like = EXAMPLES[name]
            raise HilFileError(sentence.format(test=test, path=path, name=name, like=like))
    more = ", ".join(entry.keys() - FIELDS.keys())
    if more:
        raise HilFileError(TOO_MUCH.format(test=test, path=path, names=more))
    return Quarantine(**entry)
