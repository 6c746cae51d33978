"""What a lab's boards are called, and how labgrid's places say how they are."""

import os
import re
import secrets
import socket
from dataclasses import dataclass
from typing import Any, Self

from tinyteach.plain_text import plain

PREFIX = "lab:"
# Tags of our places. What the lab's file calls a board is one more tag each, with the value YES.
MARK, HEALTH = "tinyteach", "tinyteach_health"
# Where its exporting computer lends it: HOST:PORT. Who asks labgrid for that asks for all that the
# whole lab exports.
LEASE = "tinyteach_lease"
BOARD, YES = "board", "yes"
OK, OFFLINE = "ok", "offline"
# A tag is a key of labgrid's: a small letter, then small letters, digits and _.
TAG = re.compile(r"[a-z][a-z0-9_]+")
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
# Which names of sessions are ours: what they hold may be released where they are dead.
OWNERS = "/tinyteach/"
SERIAL_PORT = "NetworkSerialPort"


@dataclass(frozen=True)
class LabPlace:
    """A place of labgrid's as it is now; ``owner`` is "" where nobody has it."""

    name: str
    tags: dict[str, str]
    comment: str
    owner: str
    exporter: str

    @classmethod
    def of(cls, told: Any) -> Self:
        """From labgrid's message."""
        exporter = told.matches[0].exporter if told.matches else ""
        return cls(told.name, dict(told.tags), plain(told.comment), told.acquired, exporter)

    @property
    def is_board(self) -> bool:
        """Whether it is one of ours."""
        return self.tags.get(MARK) == BOARD

    @property
    def is_well(self) -> bool:
        return self.tags.get(HEALTH) == OK

    @property
    def lease_address(self) -> tuple[str, int] | None:
        """Where it is lent; None where it is not."""
        host, _, port = self.tags.get(LEASE, "").rpartition(":")
        return (host, int(port)) if host and port.isdecimal() and int(port) < 1 << 16 else None

    @property
    def words(self) -> list[str]:
        """The tags that the lab's file gives it."""
        return sorted(tag for tag, value in self.tags.items() if value == YES)

    def is_called(self, wanted: str) -> bool:
        """Whether ``wanted`` is its name or a tag of it; "" is any board."""
        return self.is_board and wanted in ("", self.name, *self.words)


def is_lab(board: str | None) -> bool:
    """Whether a board is named that a lab lends: ``lab:NAME``, ``lab:TAG`` or ``lab:``."""
    return board is not None and board.startswith(PREFIX)


def new_owner() -> str:
    """A name for one borrowing, which no other has ever had."""
    return f"{socket.gethostname()}{OWNERS}{os.getpid()}-{secrets.token_hex(4)}"


def is_ours(owner: str) -> bool:
    return OWNERS in owner
