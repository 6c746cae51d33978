"""The rules of the board that is held: listed, added, removed, over its session."""

from collections.abc import Callable

from tinyteach.device.at.module_client import ModuleClient
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import BoardRefusedError, LinkError
from tinyteach.service.boards.rule_text import parse_rule, rule_text
from tinyteach.service.boards.rules import Alone, add_rule, clear_rules, held_rules, remove_rule
from tinyteach.service.boards.sessions import CANNOT, Session, agent_of
from tinyteach.service.heads.smoothing import WEIGHT
from tinyteach.workbench.bench import Bench


class BoardRules:
    """Publishes the part ``rules``: null without a board, else ``rules`` in order and ``problems``;
    a ``sentence`` where what is held has none.

    Each rule has what `tinyteach rule list --json` says of it, its ``text``, and whether it
    ``rests`` because the head on the board has not its class. ``weight`` is that of a new view
    in 256ths when the board works on its own.
    """

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
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

    def add(self, condition: str, action: str, otherwise: str | None, hold_s: float) -> None:
        """One rule more, in the command line's words; UsageError says what is wrong with them."""
        rule = parse_rule(condition, action, otherwise, hold_s)
        self._change(lambda client: add_rule(client, rule))

    def remove(self, number: int) -> None:
        """Without the rule of that number, counted from 1."""
        self._change(lambda client: remove_rule(client, number))

    def clear(self) -> None:
        """Without any, also where those that are there cannot be read."""

        def clear(client: BoardClient) -> Alone:
            clear_rules(client)
            return held_rules(client)

        self._change(clear)

    def _change(self, change: Callable[[BoardClient], Alone]) -> None:
        self._bench.board.do(lambda client: self._tell(change(agent_of(client)))).result()

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
