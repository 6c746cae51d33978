"""A summary for a pull request."""

import re
from collections.abc import Iterable, Iterator

from tinyteach.hil.report.view import counts, told, verdict
from tinyteach.hil.results import Outcome, Run
from tinyteach.plain_text import plain

MARKS = {"green": "🟢", "passed on retry": "🟡", "red": "🔴"}
SHOWN = 20  # failures; a comment has an end


def summary(run: Run) -> str:
    """Markdown as GitHub and GitLab take it."""
    return "\n".join(_lines(run)) + "\n"


def _lines(run: Run) -> Iterator[str]:
    yield f"### {MARKS[verdict(run)]} Boards: {counts(run)}"
    for board in run.boards:
        about = f"{board.machine}, MicroPython {board.micropython}, agent {board.agent}"
        yield f"\n{_text(board.name)}: {_text(about)}, embedding {_text(board.embedding)}"
    for each in told(run)[:SHOWN]:
        yield from _of_test(each)
    left = len(told(run)) - SHOWN
    if left > 0:
        yield f"\n… and {left} more."
    if run.changes:
        changes = [
            (c.title, f"{c.before:.4g}", f"{c.now:.4g}", c.unit, c.verdict) for c in run.changes
        ]
        yield from _table(("", "before", "now", "unit", ""), changes)
        yield from (f"\n{_text(each.said)}" for each in run.changes if each.said)
    if run.told():
        yield from _table(("measured", ""), run.told().items())


def _of_test(each: Outcome) -> Iterator[str]:
    tries = f" (try {each.tries})" if each.tries > 1 else ""
    yield f"\n**{each.outcome}{tries}**: {_text(each.test)}  \n{_text(each.reason)}"
    yield from (f"- {_text(line)}" for line in each.why)


def _table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    names = list(columns)
    yield "\n| " + " | ".join(names) + " |"
    yield "|" + "---|" * len(names)
    for row in rows:
        yield "| " + " | ".join(_text(str(cell)) for cell in row) + " |"


def _text(text: str) -> str:
    """What Markdown or HTML would take for more than letters, escaped."""
    return re.sub(r"([\\`*_{}\[\]<>#|@~$&!])", r"\\\1", " ".join(plain(text).split()))
