"""The board works on its own for a while, and what it says meanwhile is shown.

Rules rest while a host holds the board, so this is how they are tried: the session ends, and only
the lines that the board prints are read (docs/on-its-own.md).
"""

import contextlib
import json
import threading
from typing import Any

from tinyteach.device.wire.rules import RULES_MAX
from tinyteach.errors import BoardRefusedError, LinkError, TinyTeachError
from tinyteach.link.serial_link import SerialLink
from tinyteach.plain_text import plain
from tinyteach.service.boards.module_overview import ModuleOverview
from tinyteach.service.boards.overview import BoardOverview
from tinyteach.service.boards.sessions import CANNOT
from tinyteach.workbench.bench import Bench

LISTEN_S = 0.2  # until it is noticed that somebody wants the board back
LINE_BYTES_MAX = 4096
SAID_MAX = 4


class AloneLines:
    """What a board's lines say so far: ``state`` is the part ``alone`` but for the board's name."""

    def __init__(self) -> None:
        self._rest = b""
        self.state: dict[str, Any] = {}
        self._begin()

    def _begin(self) -> None:
        self.state = {"label": "", "best_label": "", "probability": None}
        self.state |= {"met": [], "problem": "", "said": []}

    def take(self, data: bytes) -> bool:
        """Add what came; whether a whole line was in it."""
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[-LINE_BYTES_MAX:]
        for line in lines:
            self._take_line(plain(line[-LINE_BYTES_MAX:].decode(errors="replace")).strip())
        return bool(lines)

    def _take_line(self, line: str) -> None:
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError):
            fields = None
        if not isinstance(fields, dict):
            self._say(line)
        elif "tinyteach" in fields:
            self._begin()
        elif "label" in fields:
            probability = fields.get("probability")
            if not (isinstance(probability, int | float) and 0 <= probability <= 1):
                probability = None
            labels = {name: plain(str(fields.get(name, ""))) for name in ("label", "best_label")}
            self.state |= {**labels, "probability": probability, "problem": ""}
        elif fields.get("rule") in range(1, RULES_MAX + 1):
            others = set(self.state["met"]) - {fields["rule"]}
            self.state["met"] = sorted(others | ({fields["rule"]} if fields.get("met") else set()))
        elif "problem" in fields:
            self.state["problem"] = plain(str(fields["problem"]))
            self._say(self.state["problem"])
        else:
            self._say(line)

    def _say(self, line: str) -> None:
        if line:
            self.state["said"] = [*self.state["said"], line][-SAID_MAX:]


class OnItsOwn:
    """Publishes the part ``alone``: null while the board is held or there is none."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._stop = threading.Event()
        self.is_on = False
        bench.feed.publish("alone", None)

    def begin(self) -> None:
        """Let go of the board and listen to it, until `end`; LinkError where none is held."""
        overview = self._bench.board.overview
        if overview is None:
            raise LinkError("No board is connected; choose one under Connect first.")
        if isinstance(overview, ModuleOverview):
            raise BoardRefusedError(CANNOT)
        self.end()
        stop = self._stop = threading.Event()
        self.is_on = True
        self._bench.board.do_without_session("On its own", lambda: self._listen(overview, stop))

    def end(self) -> None:
        """Take the board back, if it works on its own."""
        self._stop.set()

    def _listen(self, overview: BoardOverview, stop: threading.Event) -> None:
        lines = AloneLines()
        about = {"name": overview.name, "machine": overview.info.machine}
        try:
            # A board that is gone meanwhile is looked for by whoever holds it next.
            with contextlib.suppress(TinyTeachError), SerialLink(overview.port) as link:
                self._bench.feed.publish("alone", about | lines.state)
                while not stop.is_set():
                    if lines.take(link.read(LISTEN_S)):
                        self._bench.feed.publish("alone", about | lines.state)
        finally:
            self.is_on = False
            self._bench.feed.publish("alone", None)
