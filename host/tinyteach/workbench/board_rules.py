"""The rules of the board that is held: listed, added, removed, over its session."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from tinyteach.device.at.module_client import ModuleClient
from tinyteach.device.wire.client import BoardClient
from tinyteach.device.wire.rules import Rule
from tinyteach.errors import BoardRefusedError, LinkError, UsageError
from tinyteach.service.boards.rule_text import parse_rule, rule_text
from tinyteach.service.boards.rules import (
    Alone,
    add_rule,
    clear_rules,
    held_rules,
    read_rules,
    remove_rule,
    replace_rules,
)
from tinyteach.service.boards.sessions import CANNOT, Session, agent_of, identity
from tinyteach.service.heads.smoothing import WEIGHT
from tinyteach.workbench.bench import Bench

CHANGES_MAX = 50  # that can be undone


@dataclass(frozen=True)
class Changed:
    """A board's rules before and after a change."""

    board: str
    before: tuple[Rule, ...]
    after: tuple[Rule, ...]


def _rules_of(client: BoardClient) -> tuple[Rule, ...] | None:
    """None where they cannot be read."""
    try:
        return read_rules(client).rules
    except (BoardRefusedError, LinkError):
        return None


class BoardRules:
    """Publishes the part ``rules``: null without a board, else ``rules`` in order and ``problems``;
    a ``sentence`` where what is held has none.

    Each rule has what `tinyteach rule list --json` says of it, its ``text``, and whether it
    ``rests`` because the head on the board has not its class. ``weight`` is that of a new view
    in 256ths when the board works on its own.
    """

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._changes: dict[str, Changed] = {}
        self.forget()

    def forget(self) -> None:
        """No board is held."""
        self.weight = WEIGHT
        self._bench.feed.publish("rules", None)

    def look(self, client: Session) -> None:
        """Publish what the board has. A link that broke shows at the next request."""
        if isinstance(client, ModuleClient):
            self._publish([], [], CANNOT)
            return
        try:
            self._tell(held_rules(client))
        except (BoardRefusedError, LinkError) as error:
            self._publish([], [str(error)])

    def add(self, condition: str, action: str, otherwise: str | None, hold_s: float) -> str | None:
        """One rule more, in the command line's words; UsageError says what is wrong with them.

        What takes it back is returned, here and by the others; None where nothing does.
        """
        rule = parse_rule(condition, action, otherwise, hold_s)
        return self._change(lambda client: add_rule(client, rule))

    def remove(self, number: int) -> str | None:
        """Without the rule of that number, counted from 1."""
        return self._change(lambda client: remove_rule(client, number))

    def clear(self) -> str | None:
        """Without any, also where those that are there cannot be read."""

        def clear(client: BoardClient) -> Alone:
            clear_rules(client)
            return held_rules(client)

        return self._change(clear)

    def undo(self, number: str) -> None:
        """As they were before a change; UsageError where they were changed again since."""
        change = self._changes.get(number)
        if change is None:
            raise UsageError("This was undone already, or is too long ago to be undone.")

        def go_back(client: BoardClient) -> Alone:
            if identity(client) != change.board:
                raise UsageError("These rules were another board's; connect that one to undo this.")
            return replace_rules(client, change.after, change.before)

        self._bench.board.do(lambda client: self._tell(go_back(agent_of(client)))).result()
        self._changes.pop(number, None)

    def _change(self, change: Callable[[BoardClient], Alone]) -> str | None:
        def job(session: Session) -> str | None:
            client = agent_of(session)
            before = _rules_of(client)
            alone = change(client)
            self._tell(alone)
            if before is None:
                return None
            return self._remember(Changed(identity(client), before, alone.rules))

        return self._bench.board.do(job).result()

    def _remember(self, changed: "Changed") -> str:
        number = secrets.token_hex(6)
        self._changes[number] = changed
        while len(self._changes) > CHANGES_MAX:
            self._changes.pop(next(iter(self._changes)))
        return number

    def _tell(self, alone: Alone) -> None:
        self.weight = alone.settings.weight
        rows = [
            {**row, "text": rule_text(rule), "rests": row["number"] in alone.resting}
            for row, rule in zip(alone.rows(), alone.rules, strict=True)
        ]
        self._publish(rows, alone.problems)

    def _publish(
        self, rules: list[dict[str, object]], problems: list[str], sentence: str = ""
    ) -> None:
        told = {"rules": rules, "problems": problems, "sentence": sentence}
        self._bench.feed.publish("rules", told)
