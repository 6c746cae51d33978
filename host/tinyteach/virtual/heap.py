"""How much memory a virtual board's programs have."""

import re

from tinyteach.errors import UsageError

DEFAULT = "512k"
# With less the firmware does not start; more than any board has takes long to sweep.
MIN_BYTES, MAX_BYTES = 64 << 10, 64 << 20
_SIZE = re.compile(r"([0-9]{1,9})([km]?)")
_FACTORS = {"": 1, "k": 1 << 10, "m": 1 << 20}


def parse_heap(heap: int | str) -> int:
    """``512k``, ``2m`` or a number of bytes; UsageError for what is none."""
    found = _SIZE.fullmatch(str(heap).lower())
    if not found:
        raise UsageError(f"{str(heap)!r} is no heap size; write it like 512k.")
    return int(found[1]) * _FACTORS[found[2]]


def check_heap(heap: str) -> None:
    """UsageError for what no virtual board has, either."""
    if not MIN_BYTES <= parse_heap(heap) <= MAX_BYTES:
        raise UsageError(f"A virtual board has a heap from 64k to 64m, not {heap}; write 512k.")
