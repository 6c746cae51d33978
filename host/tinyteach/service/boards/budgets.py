"""What a board must reach: one small file of facts per board."""

from dataclasses import dataclass

from tinyteach.firmware import board_facts

STAGES = ("preprocess", "embedding", "head")


@dataclass(frozen=True)
class Budget:
    """Limits of one kind of board. ``latency_p95_ms`` is None where nobody has measured it."""

    name: str
    heap_peak_bytes: int
    latency_p95_ms: dict[str, float] | None


def budget_of(machine: str) -> Budget | None:
    """The budget of the board whose firmware calls itself ``machine``, None for an unknown one."""
    facts = board_facts(machine)
    if facts is None:
        return None
    limits = facts["budget"]
    return Budget(facts["name"], limits["heap_peak_bytes"], limits["latency_p95_ms"])
