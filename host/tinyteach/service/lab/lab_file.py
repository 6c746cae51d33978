"""The file that says which boards of this computer a lab lends: TOML, docs/lab.md has its keys."""

import shlex
import socket
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tinyteach.errors import ProjectError
from tinyteach.files import fits, read_file
from tinyteach.lab.coordinator import address_meant
from tinyteach.lab.places import HEALTH, LEASE, MARK, NAME, TAG
from tinyteach.link.port_server import PROTOCOLS, RFC2217

MISSING = "There is no file {path}; docs/lab.md has an example of a lab's file."
DAMAGED = "{path} cannot be used ({why}); correct it, docs/lab.md has its keys."
PORT, PORT_MAX = 20410, 65_535
# A lease is kept alive by beats, so it may not be shorter than they take on a busy network.
LEASE_S, LEASE_S_MIN, LEASE_S_MAX = 20.0, 1.0, 50.0

_WORDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "a table",
}
_BOARD_KEYS = {
    "board": str,
    "tags": list,
    "protocol": str,
    "power": str,
    "micropython": str,
    "image": str,
    "repair": bool,
    "open": bool,
}
_KEYS = {
    "name": str,
    "coordinator": str,
    "host": str,
    "port": int,
    "lease_s": float,
    "doctor_every_s": float,
    "retry_s": float,
    "boards": dict,
}


@dataclass(frozen=True)
class LabBoard:
    """A board that is lent as ``name``; ``board`` is what --board takes.

    ``protocol`` is how its port is served: by RFC 2217, or, without modem lines, raw.
    ``power`` is a command that takes its power away and gives it back, as its words;
    ``micropython`` how the version of its firmware must begin, ``image`` what is written to it
    where it is another one. ``repair``: an agent of another version is replaced. ``open``: it is
    lent although it is not private.
    """

    name: str
    board: str
    tags: tuple[str, ...] = ()
    protocol: str = RFC2217
    power: tuple[str, ...] = ()
    micropython: str = ""
    image: str = ""
    repair: bool = True
    open: bool = False


@dataclass(frozen=True)
class LabFile:
    """``host`` and ``port`` are where leases are had; the boards' ports follow, in their order.

    With port 0 each is any free one. ``doctor_every_s``: how old the doctor's last page on a free
    board may be; ``retry_s``: how long a sick board is left alone.
    """

    boards: tuple[LabBoard, ...]
    name: str = field(default_factory=socket.gethostname)
    coordinator: str | None = None
    host: str = "127.0.0.1"
    port: int = PORT
    lease_s: float = LEASE_S
    doctor_every_s: float = 3600.0
    retry_s: float = 60.0

    @property
    def address(self) -> str:
        """The coordinator's."""
        return address_meant(self.coordinator)

    def port_of(self, number: int) -> int:
        """The TCP port of the board with that number, from 0."""
        return self.port + 1 + number if self.port else 0


def read_lab_file(path: Path, coordinator: str | None = None, all_open: bool = False) -> LabFile:
    """With a ``coordinator`` that one; ProjectError where there is no file or it is damaged.

    ``all_open``: as if each of its boards were ``open``.
    """
    try:
        lab = parse_lab_file(read_file(path))
        if all_open:
            lab = replace(lab, boards=tuple(replace(board, open=True) for board in lab.boards))
        return replace(lab, coordinator=coordinator or lab.coordinator)
    except FileNotFoundError as error:
        raise ProjectError(MISSING.format(path=path)) from error
    except ValueError as error:
        raise ProjectError(DAMAGED.format(path=path, why=error)) from error


def parse_lab_file(content: bytes) -> LabFile:
    """ValueError says, as a clause, what is wrong."""
    try:
        told = tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        raise ValueError("it is no text in UTF-8") from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"it is no TOML: {str(error).lower()}") from error
    _check_keys(told, _KEYS, "the file")
    boards = tuple(_board(name, about) for name, about in told.pop("boards", {}).items())
    if not boards:
        raise ValueError("it names no board")
    lab = LabFile(boards, **told)
    _check_numbers(lab)
    return lab


def _check_numbers(lab: LabFile) -> None:
    if lab.port and not 0 < lab.port <= PORT_MAX - len(lab.boards):
        raise ValueError("port is out of range")
    if not LEASE_S_MIN <= lab.lease_s <= LEASE_S_MAX:
        raise ValueError(f"lease_s must be from {LEASE_S_MIN:g} to {LEASE_S_MAX:g}")
    if min(lab.doctor_every_s, lab.retry_s) <= 0:
        raise ValueError("doctor_every_s and retry_s must be more than 0")
    if not lab.name or any(c.isspace() or c in "/*?[]" for c in lab.name):
        raise ValueError("name must be without spaces and any of / * ? [ ]")


def _board(name: str, about: Any) -> LabBoard:
    where = f"boards.{name}"
    if not NAME.fullmatch(name):
        raise ValueError(f"{where}: names have small letters, digits, - and _")
    if not isinstance(about, dict):
        raise ValueError(f"{where} must be a table")
    _check_keys(about, _BOARD_KEYS, where)
    tags = about.get("tags", [])
    wrong = [t for t in tags if not isinstance(t, str) or not TAG.fullmatch(t)]
    if wrong or {MARK, HEALTH, LEASE, "name"} & set(tags):
        raise ValueError(f"{where}: tags have small letters, digits and _; some are taken")
    if not about.get("board"):
        raise ValueError(f"{where} needs 'board', as --board takes it")
    if about.get("protocol", RFC2217) not in PROTOCOLS:
        raise ValueError(f"{where}: protocol is {' or '.join(PROTOCOLS)}")
    if about.get("image") and not about.get("repair", True):
        raise ValueError(f"{where}: image needs repair, since a board is paired after it")
    return LabBoard(name, **{**about, "tags": tuple(tags), "power": _words(where, about)})


def _words(where: str, about: Mapping[str, Any]) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(about.get("power", "")))
    except ValueError as error:
        raise ValueError(f"{where}: power is no command line") from error


def _check_keys(told: Mapping[str, Any], keys: Mapping[str, type], where: str) -> None:
    for key, value in told.items():
        if key not in keys:
            raise ValueError(f"{where} has no key {key!r}; it has {', '.join(keys)}")
        if not fits(value, keys[key]):
            raise ValueError(f"{key!r} of {where} must be {_WORDS[keys[key]]}")
