"""TinyTeach: teach a small camera board to recognise things.

docs/python.md shows it in a page. Importing this loads nothing large; a name does when it is used.
"""

from importlib import import_module

TYPE_CHECKING = False  # as type checkers know it; importing typing takes as long as all else here
if TYPE_CHECKING:
    from typing import Any

    from tinyteach.api.board import Board, boards
    from tinyteach.api.head import Head
    from tinyteach.api.project import Project
    from tinyteach.api.recognised import Recognised
    from tinyteach.api.virtual_board import VirtualBoard
    from tinyteach.errors import TinyTeachError

__version__ = "0.1.0"
__all__ = [
    "Board",
    "Head",
    "Project",
    "Recognised",
    "TinyTeachError",
    "VirtualBoard",
    "boards",
]
_MODULES = {
    "Board": "api.board",
    "Head": "api.head",
    "Project": "api.project",
    "Recognised": "api.recognised",
    "TinyTeachError": "errors",
    "VirtualBoard": "api.virtual_board",
    "boards": "api.board",
}


def __getattr__(name: str) -> "Any":
    """A name of the face, when it is first used (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"tinyteach.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULES])
