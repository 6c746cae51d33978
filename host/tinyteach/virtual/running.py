"""Virtual boards and modules that run in the background: find, start, steer and stop them.

Each is a process of its own (``python -m tinyteach.virtual`` or its room ``at``) that writes a
file in the runtime folder and answers JSON lines on a Unix socket, so that any
later command finds it.
"""

import base64
import contextlib
import io
import json
import select
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from tinyteach import errors, paths
from tinyteach.errors import (
    BoardNotFoundError,
    LinkError,
    ProjectError,
    TinyTeachError,
    UsageError,
)
from tinyteach.files import make_folder, not_written, read_json
from tinyteach.locks import LOOK_EVERY_S, try_lock
from tinyteach.virtual.heap import DEFAULT, parse_heap
from tinyteach.virtual.interpreter import micropython
from tinyteach.virtual.photograph import Photograph, open_photograph

ANSWER_TIMEOUT_S = 60.0
START_TIMEOUT_S = 240.0


# A board that runs the agent; a module that runs Seeed's firmware.
BOARD, GROVE = KINDS = ("board", "grove")


@dataclass(frozen=True)
class VirtualInfo:
    """A running virtual board or module; ``control`` is its socket, ``unique_id`` hex digits.

    ``arch`` is Debian's name, of a module the dialect of the firmware that it was made with;
    ``heap_bytes`` is 0 where that is not told, as by a module.
    """

    name: str
    port: str
    pid: int
    arch: str
    control: str
    unique_id: str
    kind: str = BOARD
    heap_bytes: int = 0


def registration(name: str) -> Path:
    """The file that says where the virtual board ``name`` runs."""
    return paths.runtime_dir() / "virtual" / f"{name}.json"


def log_file(name: str) -> Path:
    return paths.state_dir() / "virtual" / f"{name}.log"


def running() -> list[VirtualInfo]:
    """All virtual boards that answer, by name."""
    answers = map(_ask, sorted(registration("any").parent.glob("*.json")))
    return [info for info in answers if info]


def find(name: str = "virtual") -> VirtualInfo | None:
    """The virtual board of that name, if it runs."""
    return _ask(registration(name))


def _ask(path: Path) -> VirtualInfo | None:
    """What the board registered in ``path`` says of itself; forget one that is gone."""
    control = ""
    try:
        control = read_json(path, {"control": str})["control"]
        answer = _request(control, {"do": "info"})
    except (FileNotFoundError, ConnectionRefusedError, ValueError):
        _forget(path, control)
        return None
    except (OSError, ProjectError):
        return None  # busy or just ending, or not ours
    return VirtualInfo(**answer["info"])


def _forget(path: Path, control: str) -> None:
    """Remove what a board left that had no time to clean up."""
    with contextlib.suppress(OSError, ValueError):
        path.unlink(missing_ok=True)
        Path(control).unlink()
        Path(control).parent.rmdir()


def start_daemon(
    arch: str | None = None,
    name: str = "virtual",
    *,
    camera: bool = True,
    heap: str | None = None,
) -> VirtualInfo:
    """Start a virtual board in the background, or give the one of that name that runs.

    ``arch`` is Debian's name (default: this machine's), ``heap`` as in heap.py. Returns when the
    board has started; on failure nothing is left running. Raises MissingToolError without
    MicroPython, UsageError where the name is in use for another architecture or heap, LinkError
    where the board does not start.
    """
    present = find(name)
    if present:
        return _require(present, BOARD, arch, heap)
    # Found here first, so that what it prints while fetching is seen.
    interpreter = micropython.find(arch)
    command = [sys.executable, "-m", "tinyteach.virtual", "--name", name]
    command += [
        "--heap",
        heap or DEFAULT,
        "--arch",
        interpreter.arch,
        *([] if camera else ["--no-camera"]),
    ]
    return _require(_launch(command, name), BOARD, arch, heap)


def start_module(
    dialect: str = "el", name: str = "grove", *, loader: str = "0002000b", firmware: str = ""
) -> VirtualInfo:
    """Start a virtual Grove Vision AI V2 in the background, or give the one of that name.

    ``dialect``, ``loader`` and ``firmware``, the version that it tells, are VirtualModule's.
    Raises UsageError where the name is in use for something else, LinkError where it does not
    start.
    """
    present = find(name)
    if present:
        return _require(present, GROVE, dialect)
    command = [sys.executable, "-m", "tinyteach.virtual.at", "--name", name, "--dialect", dialect]
    command += ["--loader", loader, "--firmware", firmware]
    return _require(_launch(command, name), GROVE, dialect)


def _require(
    info: VirtualInfo, kind: str, arch: str | None, heap: str | None = None
) -> VirtualInfo:
    same_heap = heap is None or info.heap_bytes in (0, parse_heap(heap))
    if info.kind == kind and arch in (None, info.arch) and same_heap:
        return info
    its_heap = "" if same_heap else f" with a heap of {info.heap_bytes} bytes"
    raise UsageError(
        f"A virtual board named {info.name} runs already, as {info.arch}{its_heap}; stop it first "
        "or give the new one another name."
    )


def _launch(command: list[str], name: str) -> VirtualInfo:
    log = log_file(name)
    make_folder(log.parent)
    make_folder(registration(name).parent)
    with _open_log(log) as log_output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log_output,
            start_new_session=True,
        )
    try:
        answer = _first_line(process)
    except BaseException:
        process.kill()
        process.wait()
        raise
    if "error" in answer:
        process.wait()
        if present := _of_another(name):
            return present
        raise LinkError(answer["error"])
    return VirtualInfo(**answer["info"])


def _of_another(name: str) -> VirtualInfo | None:
    """The same board that another process starts or has started in the meantime, once it answers.

    That may have been killed itself, and what it started is not ready yet. None: there is none.
    """
    end_s = time.monotonic() + START_TIMEOUT_S
    while not (present := find(name)) and time.monotonic() < end_s:
        if lock := try_lock(registration(name).with_suffix(".lock")):
            lock.close()
            break
        time.sleep(LOOK_EVERY_S)
    return present


def _open_log(log: Path) -> BinaryIO:
    try:
        return log.open("wb")
    except OSError as error:
        raise not_written(log, error) from error


def _first_line(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """The daemon's line that it is ready, or why it is not."""
    assert process.stdout
    with process.stdout:
        ready, _, _ = select.select([process.stdout], [], [], START_TIMEOUT_S)
        line = process.stdout.readline() if ready else b""
    if not line:
        raise LinkError("The virtual board did not start; see its log in the state folder.")
    answer: dict[str, Any] = json.loads(line)
    return answer


class Control:
    """Steers one running virtual board."""

    def __init__(self, info: VirtualInfo) -> None:
        self.info = info

    def show(self, photograph: Photograph) -> None:
        """Put a photograph before its camera: path, Pillow image or uint8 array.

        A folder shows its photographs in order of name, the next at every grab.
        """
        if isinstance(photograph, str | Path):
            self._do(do="show", path=str(Path(photograph).resolve()))
        else:
            self._do(do="show", png=_as_png(photograph))

    def pins(self) -> dict[str, int]:
        """Number and level of each pin that its program drives."""
        levels: dict[str, int] = self._do(do="pins")["pins"]
        return levels

    def reset(self) -> None:
        self._do(do="reset")

    def replug(self) -> None:
        """Pull its cable and put it in again; its port has another name then."""
        self._do(do="replug")

    def set_speed(self, bytes_per_second: float | None) -> None:
        """Limit the line in each direction, as a UART does; None: no limit."""
        self._do(do="speed", bytes_per_second=bytes_per_second)

    def stop(self) -> None:
        """End it; returns when it is gone."""
        self._do(do="stop")
        _wait_released(registration(self.info.name).with_suffix(".lock"))

    def _do(self, **request: object) -> dict[str, Any]:
        try:
            answer = _request(self.info.control, request)
        except OSError as error:
            raise BoardNotFoundError(
                f"The virtual board {self.info.name} does not answer; start it again."
            ) from error
        if "error" in answer:
            raise getattr(errors, answer["kind"], TinyTeachError)(answer["error"])
        return answer


def stop_all() -> None:
    """End every running virtual board."""
    for info in running():
        Control(info).stop()


def _wait_released(lock: Path) -> None:
    """Wait until the process that holds this lock has ended."""
    import fcntl

    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)


def _as_png(photograph: Photograph) -> str:
    file = io.BytesIO()
    open_photograph(photograph).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def _request(path: str, request: Mapping[str, object]) -> dict[str, Any]:
    """One question, one answer. Raises OSError."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_TIMEOUT_S)
        connection.connect(path)
        with connection.makefile("rwb") as stream:
            stream.write(json.dumps(request).encode() + b"\n")
            stream.flush()
            line = stream.readline()
    if not line:
        raise ConnectionResetError("no answer")
    answer: dict[str, Any] = json.loads(line)
    return answer
