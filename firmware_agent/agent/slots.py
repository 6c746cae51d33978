"""Two head slots and the switch between them.

A new head goes into the slot that is not active; one rename of the state file
makes it active. A power cut at any moment leaves the old state or the new one.
"""

import json
import os

from agent import files

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from typing import Any

# Relative, as firmware looks for main.py: the current folder is / or, with FAT, /flash or a card.
DIRECTORY = "tinyteach"
STATE = DIRECTORY + "/heads.json"
NAMES = ("a", "b")
HEADS = [DIRECTORY + "/head_" + name + ".tflite" for name in NAMES]


class HeadSlots:
    """Which slot is active and which one can be rolled back to (``a``, ``b`` or None)."""

    def __init__(self) -> None:
        state = self._read_state()
        self.active = self._existing(state.get("active"))
        self.previous = self._existing(state.get("previous"))

    @staticmethod
    def _read_state() -> "dict[str, Any]":
        try:
            with open(STATE) as file:
                state = json.load(file)
        except (OSError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}

    @staticmethod
    def path(name: str) -> str:
        """The head file of slot ``name``."""
        return HEADS[NAMES.index(name)]

    def _existing(self, name: object) -> str | None:
        return name if name in NAMES and files.size_of(self.path(name)) >= 0 else None

    def _switch(self, active: str | None, previous: str | None) -> None:
        state = {"active": active, "previous": previous}
        files.replace_text(STATE, json.dumps(state))
        self.active, self.previous = active, previous

    def activate(self, incoming_path: str) -> None:
        """Move a checked head file into the free slot and make it the active one."""
        free = "b" if self.active == "a" else "a"
        if self.previous == free:
            # From here on the free slot's content is no longer what "previous" meant.
            self._switch(self.active, None)
        os.rename(incoming_path, self.path(free))
        self._switch(free, self.active)

    def rollback(self) -> None:
        """Swap the active and the previous head. There must be a previous one."""
        self._switch(self.previous, self.active)
