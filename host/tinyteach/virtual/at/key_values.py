"""What the firmware remembers over a reset, in its part of the flash: the note, thresholds."""

import json
from typing import Any

from tinyteach.virtual.at.flash import KEY_VALUES_ADDRESS, SECTOR_BYTES, ModuleFlash

ROOM_BYTES = 4 * SECTOR_BYTES


class KeyValues:
    """Values by key; each change is in flash when it returns."""

    def __init__(self, flash: ModuleFlash) -> None:
        self._flash = flash

    def get(self, key: str, default: Any) -> Any:
        """The value, or what takes its place."""
        return self._all().get(key, default)

    def put(self, key: str, value: object) -> None:
        """Keep a value."""
        content = json.dumps({**self._all(), key: value}).encode()
        self._flash.erase_sectors(KEY_VALUES_ADDRESS, ROOM_BYTES)
        self._flash.write(KEY_VALUES_ADDRESS, content)

    def _all(self) -> dict[str, Any]:
        content = self._flash.read(KEY_VALUES_ADDRESS, ROOM_BYTES).rstrip(b"\xff")
        try:
            values = json.loads(content)
        except ValueError:
            return {}  # never written, or by something else: the firmware begins anew
        return values if isinstance(values, dict) else {}
