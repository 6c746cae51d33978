"""Where a project's studio was last, so that a page that is still open finds it again."""

import hashlib
import json
import secrets
import socket
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path

from tinyteach import paths
from tinyteach.errors import UsageError

ANSWER_TIMEOUT_S = 1.0
LOOPBACK = "127.0.0.1"
PAGE_MARK = b"<title>TinyTeach</title>"
PAGE_BYTES_MAX = 4096


@dataclass(frozen=True)
class Address:
    """Host, port and token of a studio."""

    host: str
    port: int
    token: str

    @property
    def url(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{name}:{self.port}/{self.token}/"


def last_address(folder: Path) -> Address | None:
    """The address of this project's studio when it last ran."""
    try:
        return Address(**json.loads(_file(folder).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def remember(folder: Path, address: Address) -> None:
    """Keep an address, readable by this user alone: it holds the token."""
    file = _file(folder)
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(".new")
    beside.touch(mode=0o600)
    beside.write_text(json.dumps(asdict(address)))
    beside.replace(file)


def _file(folder: Path) -> Path:
    name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
    return paths.state_dir() / "studio" / f"{name}.json"


def answers(address: Address) -> bool:
    """Whether this studio runs there now."""
    try:
        with urllib.request.urlopen(address.url, timeout=ANSWER_TIMEOUT_S) as answer:
            return PAGE_MARK in answer.read(PAGE_BYTES_MAX)
    except (OSError, urllib.error.URLError, ValueError):
        return False


def listen(host: str, port: int | None, last: Address | None) -> tuple[socket.socket, Address]:
    """A listening socket: on ``port``, else where the last one was, else anywhere that is free.

    UsageError where the host or the port cannot be used.
    """
    wanted = [port] if port else [last.port if last else 0, 0]
    for number, candidate in enumerate(wanted, 1):
        try:
            listener = _bound(host, candidate or 0)
        except OSError as error:
            if number < len(wanted):
                continue
            raise UsageError(
                f"The studio cannot listen on {host}, port {candidate} "
                f"({(error.strerror or str(error)).lower()}); choose another with --port."
            ) from error
        break
    token = last.token if last else secrets.token_urlsafe(16)
    return listener, Address(host, listener.getsockname()[1], token)


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(64)
    except BaseException:
        listener.close()
        raise
    return listener
