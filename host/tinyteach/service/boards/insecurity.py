"""Boards over a network without their keys, for those that may not know of links."""

from tinyteach.link.networks import insecurely, is_insecure

__all__ = ["GIVEN_UP", "insecurely", "is_insecure"]
GIVEN_UP = (
    "--insecure: over a network whoever is between you and the board may read, change and forge "
    "all that either sends."
)
