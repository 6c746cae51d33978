"""Virtual boards: start, stop and steer them; one for as long as a test or a demo takes."""

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tinyteach import paths
from tinyteach.data.demo_objects import DEMO_OBJECTS
from tinyteach.data.drawing import demo_object
from tinyteach.data.handheld import HandheldCamera
from tinyteach.data.images import decode_square
from tinyteach.device.registry import check_name, find_board
from tinyteach.errors import MissingToolError, UsageError
from tinyteach.files import write_folder
from tinyteach.locks import one_at_a_time
from tinyteach.results import Sentence
from tinyteach.service.boards.finding import BoardEntry, virtual_kind, virtual_meant
from tinyteach.service.boards.opening import is_virtual, pair_for_now
from tinyteach.service.words.virtual import check_arch, check_module, check_shown
from tinyteach.virtual.running import Control, find, running, start_daemon, start_module

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tinyteach.virtual.board import VirtualBoard

DEMO_VIEWS = 60


@dataclass(frozen=True)
class BeforeCamera(Sentence):
    """What a virtual board's camera sees: a photograph or a folder of them, or a demo object."""

    board: str
    photo: str | None
    demo_object: str | None

    def sentence(self) -> str:
        held = f"the {self.demo_object} now, held in a moving hand"
        return f"The camera of {self.board} sees {f'{self.photo} now' if self.photo else held}."


def start_virtual(name: str, arch: str | None, camera: bool, heap: str | None = None) -> BoardEntry:
    """Start a virtual board in the background; UsageError for what no board can be called."""
    _refuse_windows()
    check_name(name)
    check_arch(arch)
    if find(name) is None:
        _refuse_paired_name(name)
    info = start_daemon(arch, name, camera=camera, heap=heap)
    return BoardEntry(info.name, info.port, virtual_kind(info), "running")


def start_virtual_module(name: str, dialect: str, loader: str, firmware: str = "") -> BoardEntry:
    """Start a virtual Grove Vision AI V2 in the background; UsageError for what there is none of.

    ``firmware`` is the version that it tells, empty for the dialect's own.
    """
    _refuse_windows()
    check_name(name)
    check_module(dialect, loader)
    if find(name) is None:
        _refuse_paired_name(name)
    info = start_module(dialect, name, loader=loader, firmware=firmware)
    return BoardEntry(info.name, info.port, virtual_kind(info), "running")


def _refuse_paired_name(name: str) -> None:
    """UsageError for the name of a paired board that is attached, or no virtual one.

    With two of a name --board would find the virtual one.
    """
    known = find_board(name)
    if known is None:
        return
    others = [info for info in running() if info.unique_id == known.board_id]
    if others or not is_virtual(known):
        raise UsageError(f"A paired board is called {name}; choose another name with --name.")


def _refuse_windows() -> None:
    if sys.platform == "win32":
        raise MissingToolError(
            "The virtual board needs Linux or macOS; on Windows use a real board, or WSL."
        )


def start_own_virtual(name: str) -> int | None:
    """Start a virtual board unless it runs; the process that was started, None where it ran."""
    before = find(name)
    start_virtual(name, None, True)
    now = find(name)
    return now.pid if now and (before is None or before.pid != now.pid) else None


def stop_own_virtual(name: str, processes: set[int]) -> None:
    """Stop a virtual board if it is one of these processes."""
    now = find(name)
    if now and now.pid in processes:
        stop_virtual(name)


def stop_virtual(board: str) -> str:
    """Stop a virtual board; its own name."""
    control = _control(board)
    control.stop()
    return control.info.name


def show_to_virtual(name: str, photo: Path | None, shown: str | None) -> BeforeCamera:
    """Put a photograph, a folder of them or a demo object before the camera."""
    check_shown(photo, shown)
    control = _control(name)
    control.show(photo if photo is not None else _demo_views(str(shown)))
    return BeforeCamera(control.info.name, str(photo) if photo is not None else None, shown)


def show_picture_to_virtual(name: str, content: bytes) -> None:
    """Put a picture, a file's bytes, before a virtual board's camera; PhotoError if it is none."""
    _control(name).show(decode_square(content, "The picture"))


def pins_of_virtual(name: str) -> dict[str, int]:
    """Number and level of each pin that a virtual board's program drives."""
    return _control(name).pins()


def _demo_views(name: str) -> Path:
    """A folder of views of a demo object, as a moving hand would show it: all of them or none."""
    folder = paths.state_dir() / "drawn" / f"{name}-{DEMO_VIEWS}"
    with one_at_a_time(folder):
        if not folder.is_dir():  # the same camera shows the same views
            camera = HandheldCamera(demo_object(name))
            views = (_as_bmp(camera.next_view()) for _ in range(DEMO_VIEWS))
            write_folder(folder, {f"{number:03}.bmp": view for number, view in enumerate(views)})
    return folder


def _as_bmp(view: "NDArray[np.uint8]") -> bytes:
    """Packing it as PNG would take as long as drawing it, and somebody waits."""
    from PIL import Image

    picture = io.BytesIO()
    Image.fromarray(view).save(picture, "BMP")
    return picture.getvalue()


def demo_object_names() -> list[str]:
    """What `show_to_virtual` can show without a photograph."""
    return list(DEMO_OBJECTS)


def _control(board: str) -> Control:
    """What steers the running virtual board that is named as `opening.resolve_port` finds it.

    Raises BoardNotFoundError where there is none.
    """
    _refuse_windows()
    return Control(virtual_meant(board))


def processor_clock(port: str) -> Callable[[], int] | None:
    """Nanoseconds that the process of the virtual board at a port computes, until its next start.

    None where there is none, or the system cannot tell.
    """
    if sys.platform == "win32":
        return None
    # Not at the top: Windows has not what it needs.
    from tinyteach.virtual.processor_time import processor_clock as clock_of

    return clock_of(port)


@contextmanager
def virtual_board(arch: str | None = None) -> Iterator["VirtualBoard"]:
    """A virtual board of this process, with a blank flash, gone at the end."""
    _refuse_windows()
    # Not at the top: Windows has not what it needs.
    from tinyteach.virtual.board import VirtualBoard

    with VirtualBoard(arch) as board:
        yield board


@contextmanager
def temporary_virtual_board() -> Iterator[str]:
    """The port of a virtual board that is paired and sees the demo's cat."""
    with virtual_board() as board:
        pair_for_now(board.port, lambda text, done, total: None)
        board.show_source(HandheldCamera(demo_object("cat")).next_view)
        yield board.port
