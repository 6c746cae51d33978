"""An ESP chip, and with its address the one board that it is on."""

from dataclasses import dataclass

# The chip ids in image headers (Espressif, "Firmware Image Format", extended file header).
IMAGE_CHIPS = {0: "ESP32", 2: "ESP32-S2", 5: "ESP32-C3", 9: "ESP32-S3", 12: "ESP32-C2"}
IMAGE_CHIPS |= {13: "ESP32-C6", 16: "ESP32-H2", 18: "ESP32-P4", 20: "ESP32-C61", 23: "ESP32-C5"}


@dataclass(frozen=True)
class Chip:
    """One chip: its images begin in flash at ``offset``, ``mac`` is its address, 12 hex digits."""

    name: str
    offset: int
    mac: str
    flash_bytes: int


def megabytes(count: int) -> str:
    """A size of flash, as it is printed on boards."""
    return f"{count / 2**20:g} MB" if count >= 2**20 else f"{count / 1024:g} KB"
