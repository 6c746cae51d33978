"""What a board must reach: one small file of facts per board."""

import json
from dataclasses import dataclass
from typing import Any

from tinyteach.firmware import boards_dir

STAGES = ("preprocess", "embedding", "head")


@dataclass(frozen=True)
class Budget:
    """Limits of one kind of board. ``latency_p95_ms`` is None where nobody has measured it."""

    name: str
    heap_peak_bytes: int
    latency_p95_ms: dict[str, float] | None


def budget_of(machine: str) -> Budget | None:
    """The budget of the board whose firmware calls itself ``machine``, None for an unknown one.

    Boards of one chip may run images of one name: only one of their files states it.
    """
    for path in sorted(boards_dir().glob("*.json")):
        facts = json.loads(path.read_text())
        if facts["machine"] and facts["machine"].lower() in machine.lower():
            return _budget(facts)
    return None


def _budget(facts: dict[str, Any]) -> Budget:
    limits = facts["budget"]
    return Budget(facts["name"], limits["heap_peak_bytes"], limits["latency_p95_ms"])
