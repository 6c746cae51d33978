"""Boards over a network without their keys, for those that may not know of links."""

from tinyteach.link.networks import insecurely

__all__ = ["GIVEN_UP", "insecurely"]
GIVEN_UP = (
    "--insecure: over a network whoever is between you and the board may read, change and forge "
    "all that either sends."
)
