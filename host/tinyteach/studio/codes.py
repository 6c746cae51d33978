"""Codes that let a browser in once, made from a key that only this user's files hold.

Whoever reads the key makes a code, also another process of the same user, and nobody has to be
asked for one: a code is a time, a random part and their HMAC. The studio notes which were used.
The time is since the computer started, which all its processes share and nobody sets.
"""

import hmac
import secrets
from time import monotonic

LIFE_S = 600  # for a browser that starts slowly, or a person who copies the address
AHEAD_S = 5  # no two clocks agree to the last digit
CODE, COOKIE = "code ", "cookie"  # what is sealed, so that neither stands for the other


def new_key() -> str:
    """A secret for one run of a studio."""
    return secrets.token_urlsafe(32)


def new_code(key: str) -> str:
    """What the address carries until the browser has its cookie."""
    told = f"{monotonic():.0f}.{secrets.token_urlsafe(12)}"
    return f"{told}.{sealed(key, CODE + told)}"


def cookie_of(key: str) -> str:
    """What a browser that was let in shows from then on."""
    return sealed(key, COOKIE)


def sealed(key: str, text: str) -> str:
    """``text`` under the key, as hex digits; says nothing about the key."""
    return hmac.new(key.encode(), text.encode(), "sha256").hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal; takes as long for any two."""
    return hmac.compare_digest(one.encode(errors="replace"), other.encode(errors="replace"))


class Codes:
    """Which codes of a key were used; one is good once and for ``LIFE_S``."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._used: set[str] = set()

    def use(self, code: str) -> bool:
        """Whether the code lets somebody in, which it does no more afterwards."""
        told, _, seal = code.rpartition(".")
        if not same(seal, sealed(self._key, CODE + told)):
            return False
        age_s = monotonic() - float(told.partition(".")[0])
        if code in self._used or not -AHEAD_S <= age_s <= LIFE_S:
            return False
        self._used.add(code)
        return True
