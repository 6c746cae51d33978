"""The heap: what the agent uses of it, and the most that was seen in use.

Imported before the rest of the agent: what is in use by then is the firmware's
and the user's, and is not counted.
"""

import gc

# Collect after this much has been allocated anew, so that what is in use stays close
# to what is needed.
USUAL_BYTES = 3072

gc.collect()
gc.threshold(USUAL_BYTES)
_before_bytes = gc.mem_alloc()
_peak_bytes = 0


def sample() -> int:
    """Note what the agent uses now, garbage included; return the most ever seen."""
    global _peak_bytes
    _peak_bytes = max(_peak_bytes, gc.mem_alloc() - _before_bytes)
    return _peak_bytes


def total_bytes() -> int:
    """The heap that the agent found (esp32 ports grow theirs on demand)."""
    return gc.mem_alloc() + gc.mem_free() - _before_bytes


def free_bytes() -> int:
    """Free bytes of the heap."""
    return gc.mem_free()
