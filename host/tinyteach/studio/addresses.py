"""Where a project's studio runs, kept in a file that only this user can read.

Whether it runs says a lock, which ends with the process that holds it. So nobody asks a port whose
it is: another program may have taken it meanwhile.
"""

import hashlib
import secrets
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

from tinyteach import paths
from tinyteach.errors import ProjectError, UsageError
from tinyteach.files import format_json, read_json, reason, write_atomically
from tinyteach.locks import try_lock
from tinyteach.studio.codes import new_code, new_key

LOOPBACK = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - where it was asked for
HERE = {EVERYWHERE: LOOPBACK, "::": "::1"}  # where those that listen everywhere are asked from here
ANNOUNCE_S = 60.0  # a studio that starts or ends gets on long before
LOOK_EVERY_S = 0.05


@dataclass(frozen=True)
class Address:
    """Where a studio answers: host, port, the first folder of its addresses; and its key.

    The folder is no secret, but other servers on this computer do not know it, so that a browser
    does not send them the cookie (which it does whatever the port). Folder and key are of one run.
    """

    host: str
    port: int
    folder: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    key: str = field(default_factory=new_key, repr=False)

    @property
    def base(self) -> str:
        """What every address of it begins with on this computer; lets nobody in."""
        return self._base_at(HERE.get(self.host, self.host))

    def _base_at(self, host: str) -> str:
        name = f"[{host}]" if ":" in host else host
        return f"http://{name}:{self.port}/{self.folder}/"

    def opening(self, host: str = "") -> str:
        """An address that lets one browser in, once; ``host`` is what others call this computer."""
        base = self._base_at(host) if host else self.base
        return f"{base}?code={new_code(self.key)}"


class Place:
    """A project's file and lock; a context manager that lets go of them."""

    def __init__(self, project: Path) -> None:
        name = hashlib.sha256(str(project.resolve()).encode()).hexdigest()[:16]
        self.file = paths.state_dir() / "studio" / f"{name}.json"
        self._lock: TextIO | None = None

    def __enter__(self) -> "Place":
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock:
            self._lock.close()
            self._lock = None

    @property
    def is_taken(self) -> bool:
        """Whether it is ours."""
        return self._lock is not None

    def take(self) -> Address | None:
        """Become this project's studio: None. The address of the one that runs, if one does.

        UsageError where another neither says where it runs nor ends, or no file can be kept.
        """
        end_s = time.monotonic() + ANNOUNCE_S
        while not self._locked():
            if address := self.announced():
                return address
            if time.monotonic() > end_s:
                raise UsageError(
                    "Another studio of this project is starting or ending, but does not get on; "
                    "end that process, or wait for it, and try again."
                )
            time.sleep(LOOK_EVERY_S)
        self._withdraw()
        return None

    @contextmanager
    def announced_as(self, address: Address) -> Iterator[None]:
        """Say where this studio runs, as long as it does."""
        self._write(asdict(address))
        try:
            yield
        finally:
            self._withdraw()

    def _withdraw(self) -> None:
        """Keep the port alone: the key is of no use to anybody any more."""
        self._write({"port": self.last_port()})

    def announced(self) -> Address | None:
        """What the file says; it is true while the lock is held."""
        told = self._read({"host": str, "port": int, "folder": str, "key": str})
        return Address(**told) if told else None

    def last_port(self) -> int:
        """The port that this project's studio had when it last ran; 0: none that is known."""
        port = self._read({"port": int}).get("port", 0)
        return port if 0 < port < 65536 else 0

    def _locked(self) -> bool:
        try:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = try_lock(self.file.with_suffix(".lock"))
        except OSError as error:
            raise self._unusable(error) from error
        return self._lock is not None

    def _read(self, shape: dict[str, type]) -> dict[str, Any]:
        """What the file has of this; empty where it has not all of it."""
        try:
            read = read_json(self.file, shape)
        except (OSError, ValueError, ProjectError):
            return {}
        return {name: read[name] for name in shape}

    def _write(self, content: dict[str, object]) -> None:
        try:
            write_atomically(self.file, format_json(content), mode=0o600)
        except ProjectError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError | ProjectError) -> UsageError:
        why = reason(error) if isinstance(error, OSError) else error.happened
        return UsageError(
            f"The studio cannot keep its address in {self.file.parent} ({why}); make that folder "
            "writable."
        )


def listen(host: str, port: int | None, last_port: int) -> tuple[socket.socket, Address]:
    """A listening socket: on ``port``, else where the last one was, else anywhere that is free.

    UsageError where the host or the port cannot be used.
    """
    wanted = [port] if port else [last_port, 0]
    for number, candidate in enumerate(wanted, 1):
        try:
            listener = _bound(host, candidate)
        except OSError as error:
            if number < len(wanted):
                continue
            raise UsageError(
                f"The studio cannot listen on {host}, port {candidate} "
                f"({reason(error)}); choose another with --port."
            ) from error
        break
    return listener, Address(host, listener.getsockname()[1])


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    try:
        if sys.platform != "win32":  # where it would share the port with whoever asks for it
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(64)
    except BaseException:
        listener.close()
        raise
    return listener
