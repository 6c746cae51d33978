"""What photographs of unknown would help, or have helped, in a sentence."""

from tinyteach.coded import say
from tinyteach.head.format.rejection import OWN, Rejection
from tinyteach.head.report.advice import photographs

# By `python bench/none_of_these.py` on five sets, 20 photographs a class, 5 % of their own refused:
# other things taken for a class, before and after so many photographs of what is around.
BEFORE, AFTER, COUNT = 0.08, 0.04, 20
WELL = 0.05  # no more than so much is taken for a class: enough was recorded

_NOT_YET = say(
    "record-unknown",
    "Record what else the board will see, such as hands and the empty place, as unknown: on five "
    f"sets, with base, {COUNT} such photographs lowered what was wrongly taken for a class from "
    f"{BEFORE:.0%} to {AFTER:.0%}.",
    **{"count": COUNT, "before": BEFORE, "after": AFTER},
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
    each, more = "", ""
    if gained >= 0.05:
        points = f"{gained:.1f}"
        sentence = f": each photograph takes off {points} points"
        each = say("unknown-each", sentence, points=points)
    if now > WELL:
        more = say("unknown-more", f"; record {COUNT} more of what is around", count=COUNT)
    return [
        say(
            "unknown-helped",
            f"Of your {photographs(count)} of unknown {unaided:.0%} would be taken for a class had "
            "none been recorded, and "
            f"{now:.0%} are by heads that learnt from the others{each}{more}.",
            **{"count": count, "unaided": unaided, "now": now, "each": each, "more": more},
        )
    ]
