"""Names that a shell offers, each with a word on it or none, found without what takes time."""

from pathlib import Path

from tinyteach.data.demo_objects import DEMO_OBJECTS
from tinyteach.data.head_history import kept_heads
from tinyteach.data.project import Project
from tinyteach.device.registry import paired_boards
from tinyteach.virtual.running import running

Names = dict[str, str]


def class_names(folder: Path) -> Names:
    """The classes of the project in ``folder``; ProjectError where it is none."""
    return dict.fromkeys(Project.open(folder).classes(), "")


def head_names(folder: Path) -> Names:
    """The fingerprints of the project's heads, the newest first, with the time of each."""
    return {head.fingerprint: head.time for head in kept_heads(Project.open(folder))}


def board_names() -> Names:
    """Paired boards, with their last port, and virtual ones that run."""
    return {board.name: board.port for board in paired_boards()} | virtual_names()


def virtual_names() -> Names:
    """Virtual boards that run."""
    return {info.name: "a virtual board" for info in running()}


def object_names() -> Names:
    """The demo's objects."""
    return dict.fromkeys(DEMO_OBJECTS, "")
