"""The budgets in tinyteach-hil.toml: for any board, and more strictly or less for a kind of them.

[budget.default]
accuracy = 0.9

[budget.xiao_esp32s3_sense]
accuracy_of = { cup = 0.85 }
latency_p95_ms = { total = 120 }
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tinyteach.board_facts import STAGES, all_facts
from tinyteach.errors import HilFileError
from tinyteach.hil.limits import Limit
from tinyteach.hil.quantities import PROCESSOR_TIME
from tinyteach.hil.results import Measurement

SECTION = "budget"
DEFAULT, TOTAL = "default", "total"
LATENCY_STAGES = (*STAGES, TOTAL)


@dataclass(frozen=True)
class Key:
    """A word of the toml: which statistic of which measurement it limits, and to what.

    ``tag`` is what a table below it names, one of ``words`` or, without those, anything.
    """

    name: str
    statistic: str
    most: float = float("inf")
    tag: str = ""
    words: Sequence[str] = ()

    @property
    def allowed(self) -> str:
        """For a sentence."""
        number = "a number of 0 or more" if self.most > 1 else f"a number from 0 to {self.most:g}"
        number = "0" if not self.most else number
        if not self.tag:
            return number
        which = " or ".join(self.words)
        return f"a table with {number} for {which or f'each {self.tag}'}"


FRACTION = 1.0
KEYS = {
    "accuracy": Key("accuracy", "at_least", FRACTION),
    "accuracy_of": Key("accuracy", "at_least", FRACTION, "class"),
    "false_accepts": Key("false_accepts", "at_most", FRACTION),
    "mismatches": Key("mismatches", "at_most", FRACTION),
    "heap_peak_bytes": Key("heap_peak_bytes", "at_most"),
    "link_to_board_kb_s": Key("link_to_board_kb_s", "at_least"),
    "link_from_board_kb_s": Key("link_from_board_kb_s", "at_least"),
    "boot_s": Key("boot_s", "p50"),
    "latency_p50_ms": Key("latency_ms", "p50", tag="stage", words=LATENCY_STAGES),
    "latency_p95_ms": Key("latency_ms", "p95", tag="stage", words=LATENCY_STAGES),
}
NO_TABLE = "The section {section} in {path} is no table; write [{section}] and one line a limit."
NO_KIND = (
    "{path} has a section {section!r}, and there is no such kind of board; there are: {kinds}."
)
NO_KEY = "The section {section} in {path} has {key!r}, which limits nothing; there are: {keys}."
NOT_ALLOWED = "In {path}, section {section}, {key} is {value}; give it {allowed}."


@dataclass(frozen=True)
class Budgets:
    """The limits by kind of board, those for any under DEFAULT."""

    kinds: Mapping[str, Mapping[str, Limit]] = field(default_factory=dict)

    def limits(self, kind: str) -> list[Limit]:
        """Those of a kind of board: its own take the place of the default's, one by one."""
        return [*{**self.kinds.get(DEFAULT, {}), **self.kinds.get(kind, {})}.values()]

    @property
    def any(self) -> bool:
        return bool(self.kinds)


def kinds_of_boards() -> list[str]:
    """What a section can be for."""
    return [DEFAULT, *(facts.key for facts in all_facts())]


def parse_budgets(table: object, path: Path) -> Budgets:
    """Of what stands below [budget]; HilFileError names file, section, key and what is allowed."""
    sections = _table(table, SECTION, path)
    return Budgets({kind: _limits(kind, sections[kind], path) for kind in sections})


def _limits(kind: str, table: object, path: Path) -> dict[str, Limit]:
    section = f"{SECTION}.{kind}"
    kinds = kinds_of_boards()
    if kind not in kinds:
        raise HilFileError(NO_KIND.format(path=path, section=section, kinds=", ".join(kinds)))
    found: dict[str, Limit] = {}
    for word, value in _table(table, section, path).items():
        if word not in KEYS:
            said = NO_KEY.format(section=section, path=path, key=word, keys=", ".join(KEYS))
            raise HilFileError(said)
        found |= _limits_of_key(word, value, section, path)
    return found


def _limits_of_key(word: str, value: object, section: str, path: Path) -> dict[str, Limit]:
    key = KEYS[word]
    entries: Iterable[tuple[str, object]] = [("", value)]
    if key.tag:
        fits = isinstance(value, dict) and value and all(_is_word(key, name) for name in value)
        _require(bool(fits), word, value, section, path)
        assert isinstance(value, dict)
        entries = value.items()
    found = {}
    for name, number in entries:
        _require(_is_number(number, key.most), word, value, section, path)
        tags = {key.tag: name} if key.tag else {}
        found[f"{word} {name}".strip()] = Limit(key.name, key.statistic, float(str(number)), tags)
    return found


def _is_word(key: Key, name: str) -> bool:
    return name in key.words if key.words else bool(name.strip())


def _is_number(value: object, most: float) -> bool:
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    return fits and 0 <= float(str(value)) <= most and float(str(value)) != float("inf")


def _require(is_so: bool, word: str, value: object, section: str, path: Path) -> None:
    if not is_so:
        allowed = KEYS[word].allowed
        said = NOT_ALLOWED.format(
            path=path, section=section, key=word, value=_short(value), allowed=allowed
        )
        raise HilFileError(said)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _table(value: object, section: str, path: Path) -> Mapping[str, object]:
    if isinstance(value, dict):
        return value
    raise HilFileError(NO_TABLE.format(section=section, path=path))


def unkept(limits: Iterable[Limit], measured: Iterable[Measurement]) -> list[str]:
    """A sentence on each limit that something measured does not keep."""
    found = list(measured)
    said = [limit.sentence(each) for limit in limits for each in found if _concerns(limit, each)]
    return [each for each in said if each]


def _concerns(limit: Limit, found: Measurement) -> bool:
    """Of all classes together only where no class is named."""
    own = {name: value for name, value in found.tags.items() if name not in PROCESSOR_TIME}
    return limit.name == found.name and own == limit.tags
