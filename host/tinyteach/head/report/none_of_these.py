"""What photographs of unknown would help, or have helped, in a sentence."""

from tinyteach.head.format.rejection import OWN, Rejection
from tinyteach.head.report.advice import photographs

# By `python bench/none_of_these.py` on five sets, 20 photographs a class, 5 % of their own refused:
# other things taken for a class, before and after so many photographs of what is around.
BEFORE, AFTER, COUNT = "8%", "4%", 20
WELL = 0.05  # no more than so much is taken for a class: enough was recorded

_NOT_YET = (
    "Record what else the board will see, such as hands and the empty place, as unknown: on five "
    f"sets {COUNT} such photographs lowered what was wrongly taken for a class from {BEFORE} to "
    f"{AFTER}."
)


def asks_for_unknown(rejection: Rejection, unaided: float | None) -> bool:
    """Whether `advise_unknown` asks for photographs."""
    now = rejection.false_accepts.get(OWN)
    return bool(rejection.false_accepts) if now is None or unaided is None else now > WELL


def advise_unknown(rejection: Rejection, count: int, unaided: float | None) -> list[str]:
    """At most one sentence; ``count`` is how many photographs of unknown there are.

    ``unaided``: the share of them that would be taken for a class had none been recorded.
    """
    now, asks = rejection.false_accepts.get(OWN), asks_for_unknown(rejection, unaided)
    if now is None or unaided is None:
        return [_NOT_YET] if asks else []
    gained = 100 * (unaided - now) / count
    each = f": each photograph takes off {gained:.1f} points" if gained >= 0.05 else ""
    more = f"; record {COUNT} more of what is around" if asks else ""
    return [
        f"Of your {photographs(count)} of unknown {unaided:.0%} would be taken for a class had "
        f"none been recorded, and {now:.0%} are by heads that learnt from the others{each}{more}."
    ]
