"""A virtual board or module in a process of its own, steered through a socket."""

import base64
import contextlib
import fcntl
import io
import itertools
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

from tinyteach import paths
from tinyteach.errors import LinkError, PhotoError, TinyTeachError, UsageError, public_kind
from tinyteach.files import reason, remedy
from tinyteach.virtual.photograph import Photograph
from tinyteach.virtual.running import ANSWER_TIMEOUT_S, VirtualInfo, registration

IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif"}
# What is left of 108 bytes for "/tinyteach-XXXXXXXX/control".
TEMPORARY_BYTES_MAX = 75


class Steered(Protocol):
    """What a process of its own holds: a virtual board or module."""

    @property
    def kind(self) -> str: ...  # one of KINDS in running.py
    @property
    def port(self) -> str: ...
    @property
    def arch(self) -> str: ...
    @property
    def heap_bytes(self) -> int: ...  # 0 where there is none to speak of
    @property
    def unique_id(self) -> bytes: ...
    @property
    def has_camera(self) -> bool: ...
    def show(self, photograph: Photograph) -> None: ...
    def show_source(self, source: Callable[[], Photograph]) -> None: ...
    def driven_pins(self) -> Mapping[int, int]: ...
    def reset(self) -> None: ...
    def drop_link(self) -> None: ...
    def set_speed(self, bytes_per_second: float | None) -> None: ...


class Ended(Exception):
    """Asked to end, by a signal."""


def serve(
    name: str,
    arch: str,
    make: Callable[[Path], contextlib.AbstractContextManager[Steered]],
) -> int:
    """Run what ``make`` makes of a file for its flash until told to stop.

    The first line on stdout says ``info`` or ``error``.
    """
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(_only_one(name))
            flash = paths.state_dir() / "virtual" / f"{name}-{arch}.flash"
            board = stack.enter_context(make(flash))
            listener, info = stack.enter_context(_registered(name, board))
            _say({"info": asdict(info)})
            _detach_stdout()
            _Server(board, info).run(listener)
    except TinyTeachError as error:
        _say({"error": str(error)})
        return 1
    except OSError as error:
        what = error.filename or "its place"
        why = f"{reason(error)}); {remedy(error)}"
        _say({"error": f"The virtual board cannot use {what} ({why}."})
        return 1
    except Ended:
        pass
    return 0


def _end(*_: object) -> None:
    raise Ended


@contextlib.contextmanager
def _only_one(name: str) -> Iterator[None]:
    path = registration(name).with_suffix(".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise LinkError(f"A virtual board named {name} runs already.") from error
        yield


@contextlib.contextmanager
def _registered(name: str, board: Steered) -> Iterator[tuple[socket.socket, VirtualInfo]]:
    """Listen on a socket and write down where; both are gone afterwards."""
    # A socket's path may have 108 bytes at most, a runtime folder's may be longer, and TMPDIR's.
    is_long = len(os.fsencode(tempfile.gettempdir())) > TEMPORARY_BYTES_MAX
    folder = tempfile.mkdtemp(prefix="tinyteach-", dir="/tmp" if is_long else None)
    path = registration(name)
    control = f"{folder}/control"
    what = (board.arch, control, board.unique_id.hex(), board.kind, board.heap_bytes)
    info = VirtualInfo(name, board.port, os.getpid(), *what)
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(control)
            listener.listen()
            written = path.with_suffix(".new")
            written.write_text(json.dumps(asdict(info)))
            written.replace(path)
            yield listener, info
    finally:
        path.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)


def _say(answer: Mapping[str, object]) -> None:
    with contextlib.suppress(OSError):
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _detach_stdout() -> None:
    """Whoever started this reads one line; nothing may hold its pipe open later."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


class _Server:
    """Answers one request a connection, one connection after another."""

    def __init__(self, board: Steered, info: VirtualInfo) -> None:
        self._board, self._info = board, info
        self._stopped = False
        self._actions: dict[str, Callable[..., Mapping[str, object] | None]] = {
            "info": self._told,
            "show": self._show,
            "pins": self._pins,
            "reset": board.reset,
            "replug": board.drop_link,
            "speed": board.set_speed,
            "stop": self._stop,
        }

    def run(self, listener: socket.socket) -> None:
        while not self._stopped:
            connection, _ = listener.accept()
            connection.settimeout(ANSWER_TIMEOUT_S)
            with connection, contextlib.suppress(OSError), connection.makefile("rwb") as stream:
                stream.write(json.dumps(self._answer(stream.readline())).encode() + b"\n")

    def _answer(self, line: bytes) -> Mapping[str, object]:
        try:
            request = json.loads(line)
            return self._actions[request.pop("do")](**request) or {}
        except TinyTeachError as error:
            return {"error": str(error), "kind": public_kind(type(error))}
        except OSError as error:
            sentence = f"{error.filename} cannot be used ({reason(error)}); check its permissions."
            return {"error": sentence, "kind": "UsageError"}
        except (ValueError, KeyError, TypeError, AttributeError):
            sentence = (
                "The virtual board does not understand this; stop it with 'tinyteach boards stop' "
                "and start it again."
            )
            return {"error": sentence, "kind": "LinkError"}

    def _told(self) -> Mapping[str, object]:
        return {"info": {**asdict(self._info), "port": self._board.port}}

    def _show(self, path: str = "", png: str = "") -> None:
        if not self._board.has_camera:
            raise UsageError(
                f"The virtual board {self._info.name} was started without a camera, so nothing can "
                "be shown to it; stop it and start it without --no-camera."
            )
        if png:
            self._board.show(_from_png(png))
        elif Path(path).is_dir():
            photographs = itertools.cycle(_photographs(Path(path)))
            self._board.show_source(lambda: next(photographs))
        else:
            self._board.show(path)

    def _pins(self) -> Mapping[str, object]:
        levels = self._board.driven_pins()
        return {"pins": {str(number): level for number, level in levels.items()}}

    def _stop(self) -> None:
        self._stopped = True


def _from_png(text: str) -> Photograph:
    from PIL import Image

    return Image.open(io.BytesIO(base64.b64decode(text)))


def _photographs(folder: Path) -> list[Path]:
    found = sorted(p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)
    if not found:
        raise PhotoError(f"There are no photographs in {folder}; name a folder that has some.")
    return found
