"""TinyTeach: teach a small camera board to recognise things.

docs/python.md shows it in a page. Importing this loads nothing large; a name does when it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tinyteach.errors import TinyTeachError

if TYPE_CHECKING:
    from tinyteach.api.board import Board, boards
    from tinyteach.api.head import Head
    from tinyteach.api.project import Project
    from tinyteach.api.recognised import Recognised
    from tinyteach.api.virtual_board import VirtualBoard

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
    "Board": "board",
    "Head": "head",
    "Project": "project",
    "Recognised": "recognised",
    "VirtualBoard": "virtual_board",
    "boards": "board",
}


def __getattr__(name: str) -> Any:
    """A name of the face, when it is first used (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"tinyteach.api.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULES])
