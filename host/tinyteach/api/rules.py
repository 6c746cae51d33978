"""What a board does without a host."""

from collections.abc import Iterator

from tinyteach.device.wire.client import BoardClient
from tinyteach.service.boards.rule_text import parse_rule, rule_text
from tinyteach.service.boards.rules import add_rule, clear_rules, held_rules, remove_rule


class Rules:
    """A board's rules, in the command line's words: iterate, `add`, `remove`, `clear`."""

    def __init__(self, client: BoardClient) -> None:
        self._client = client

    def __iter__(self) -> Iterator[str]:
        return iter([rule_text(rule) for rule in held_rules(self._client).rules])

    def __len__(self) -> int:
        return len(held_rules(self._client).rules)

    @property
    def problems(self) -> list[str]:
        """Sentences on rules that rest, because the head at work has not their class."""
        return held_rules(self._client).problems

    def add(
        self, condition: str, action: str, otherwise: str | None = None, hold_s: float = 0.0
    ) -> None:
        """One more, such as ``add("cup >= 80% for 3 frames", "pin 21 high")``.

        ``hold_s`` is how long it must hold, in seconds. docs/on-its-own.md has all words.
        UsageError where they or the class are not known.
        """
        add_rule(self._client, parse_rule(condition, action, otherwise, hold_s))

    def remove(self, number: int) -> None:
        """Without the rule of that number, counted from 1; UsageError where there is none."""
        remove_rule(self._client, number)

    def clear(self) -> None:
        """Without any."""
        clear_rules(self._client)

    def __repr__(self) -> str:
        return "\n".join(f"{number}: {text}" for number, text in enumerate(self, 1)) or "no rules"
