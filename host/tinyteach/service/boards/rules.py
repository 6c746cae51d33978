"""Rules and settings of a board that works alone: read, change, write back."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from tinyteach.device.wire.client import BoardClient
from tinyteach.device.wire.rules import (
    FILE_BYTES_MAX,
    NO_LINES_S,
    RULES_MAX,
    Rule,
    RuleFile,
    Settings,
)
from tinyteach.device.wire.rules import decode as decode_rules
from tinyteach.errors import BoardRefusedError, LinkError, UsageError
from tinyteach.results import Lines, Table
from tinyteach.service.boards.aftermath import surely
from tinyteach.service.boards.changes import WEIGHT_STEPS, Changes
from tinyteach.service.boards.rule_text import condition_text, missing_labels, rests_with
from tinyteach_protocol import messages

NOT_CHANGED = "The rules were not changed; run the command again."
NOT_KNOWN = "Whether the rules were changed is not known; 'tinyteach rule list' says what there is."


@dataclass(frozen=True)
class Alone:
    """What a board does without a host. ``resting`` are the numbers of rules whose class the
    head has not, ``problems`` sentences on them."""

    settings: Settings
    rules: tuple[Rule, ...]
    problems: list[str]
    resting: list[int]

    def as_dict(self) -> dict[str, object]:
        settings = asdict(self.settings)
        return {"rules": self.rows(), "settings": settings, "problems": self.problems}

    def rows(self) -> list[dict[str, object]]:
        """The rules in order, as JSON has them."""
        return [_rule_dict(number, rule) for number, rule in enumerate(self.rules, 1)]

    def lines(self) -> Lines:
        """The rules, for a person."""
        rows = [
            (row["number"], row["condition"], row["then"], _seconds(row["hold_s"]), row["else"])
            for row in self.rows()
        ]
        columns = ("", "when", "then", "held for", "afterwards")
        return [Table(columns, rows) if rows else "The board has no rules.", *self.problems]

    def setting_lines(self) -> Lines:
        """The settings, for a person."""
        s = self.settings
        lines = {NO_LINES_S: "none", 0: "at changes"}
        lines_text = lines.get(s.line_s, f"at changes and every {s.line_s} s")
        keep = f"the last {s.keep}, one each {s.keep_s} s at most" if s.keep else "no"
        rows = [
            ("weight of a new view (--smoothing)", f"{s.weight / WEIGHT_STEPS:.2f}"),
            ("from view to view (--interval)", f"{s.interval_ms} ms at least"),
            ("JSON lines on the port (--lines)", lines_text),
            ("unsure views kept (--keep)", keep),
            ("watchdog (--watchdog)", f"{s.watchdog_s} s" if s.watchdog_s else "off"),
        ]
        count = f"Rules: {len(self.rules)}"
        return [Table(("setting", "value"), rows), count, *self.problems]


def _seconds(duration_s: object) -> str:
    return f"{duration_s:g} s" if duration_s else "–"


def _rule_dict(number: int, rule: Rule) -> dict[str, object]:
    return {
        "number": number,
        "condition": condition_text(rule),
        "then": rule.then.as_text(),
        "else": rule.otherwise.as_text(),
        "hold_s": rule.hold_ms / 1000,
    }


def read_rules(client: BoardClient) -> RuleFile:
    """The board's rules and settings, its own defaults where it has none."""
    size = client.info().rules_bytes
    if not size:
        return RuleFile()
    return decode_rules(client.read(messages.RULES, size) if size <= FILE_BYTES_MAX else b"")


def write_rules(client: BoardClient, file: RuleFile) -> None:
    """Put rules and settings to work. Raises UsageError where they are too many."""
    content = file.encode()
    if len(file.rules) > RULES_MAX or len(content) > FILE_BYTES_MAX:
        raise UsageError(
            f"A board holds {RULES_MAX} rules and {FILE_BYTES_MAX} bytes of them; remove some "
            "with 'tinyteach rule remove'."
        )
    client.upload(messages.RULES, content)

    def found() -> bytes | None:
        return content if read_rules(client) == file else None

    surely(client, lambda: client.commit().fingerprint, found, NOT_CHANGED, NOT_KNOWN)


def _alone(client: BoardClient, file: RuleFile) -> Alone:
    labels = client.info().labels
    if not labels:
        return Alone(file.settings, file.rules, [], [])
    resting = [number for number, rule in enumerate(file.rules, 1) if rests_with(rule, labels)]
    return Alone(file.settings, file.rules, missing_labels(file.rules, labels), resting)


def held_rules(client: BoardClient) -> Alone:
    """What the board does without a host."""
    return _alone(client, read_rules(client))


def add_rule(client: BoardClient, rule: Rule) -> Alone:
    """One rule more. Raises UsageError where the head has not its class."""
    _check_class(rule, client.info().labels)
    file = read_rules(client)
    file = file.with_rules((*file.rules, rule))
    write_rules(client, file)
    return _alone(client, file)


def _check_class(rule: Rule, labels: Sequence[str]) -> None:
    if rule.label and labels and rule.label not in labels:
        raise UsageError(
            f"The head on the board has no class {rule.label!r}; it has {', '.join(labels)}."
        )


def remove_rule(client: BoardClient, number: int) -> Alone:
    """Without the rule of that number, counted from 1; UsageError where there is none."""
    file = read_rules(client)
    if not 1 <= number <= len(file.rules):
        there = f"1 to {len(file.rules)}" if file.rules else "none"
        raise UsageError(f"There is no rule {number}; the board has {there}.")
    file = file.with_rules(file.rules[: number - 1] + file.rules[number:])
    write_rules(client, file)
    return _alone(client, file)


def clear_rules(client: BoardClient) -> int:
    """Without any rule, the settings kept where they can be read; how many there were."""
    try:
        file = read_rules(client)
    except (BoardRefusedError, LinkError):
        file = RuleFile()
    write_rules(client, file.with_rules(()))
    return len(file.rules)


def replace_rules(client: BoardClient, now: Sequence[Rule], rules: Sequence[Rule]) -> Alone:
    """``rules`` in place of ``now``; UsageError where the board has others by now."""
    file = read_rules(client)
    if file.rules != tuple(now):
        raise UsageError(
            "The board's rules are others by now, so that this cannot be undone; change them as "
            "they are to be."
        )
    file = file.with_rules(tuple(rules))
    write_rules(client, file)
    return _alone(client, file)


def change_settings(client: BoardClient, changes: Changes) -> Alone:
    """The settings with ``changes``."""
    file = read_rules(client)
    file = replace(file, settings=changes.applied_to(file.settings))
    write_rules(client, file)
    return _alone(client, file)


def resting_rules(client: BoardClient, labels: Sequence[str]) -> list[str]:
    """Sentences on the board's rules that rest with a head of these labels."""
    try:
        return missing_labels(read_rules(client).rules, labels)
    except (LinkError, BoardRefusedError) as error:
        return [str(error)]
