"""The heap: what the agent uses of it, and the most that was seen in use.

Imported before the rest of the agent: what is in use by then is the firmware's
and the user's, and is not counted.
"""

import gc

# Collect after this much has been allocated anew, so that what is in use stays close
# to what is needed.
_USUAL_BYTES = const(3072)
usual_bytes = _USUAL_BYTES

gc.collect()
gc.threshold(_USUAL_BYTES)
_before_bytes = gc.mem_alloc()
_peak_bytes = 0


def sample() -> int:
    """Note what the agent uses now, garbage included; return the most ever seen."""
    global _peak_bytes
    _peak_bytes = max(_peak_bytes, gc.mem_alloc() - _before_bytes)
    return _peak_bytes


def allow(garbage_bytes: int) -> None:
    """Collect after so much more than usually: what a session makes that would be collected for.

    Of what a seal costs, most is that it is collected.
    """
    global usual_bytes
    usual_bytes = _USUAL_BYTES + garbage_bytes
    gc.threshold(usual_bytes)


def total_bytes() -> int:
    """The heap that the agent found (esp32 ports grow theirs on demand)."""
    return gc.mem_alloc() + gc.mem_free() - _before_bytes


def free_bytes() -> int:
    """Free bytes of the heap."""
    return gc.mem_free()
