"""What is named where virtual boards are started and steered.

Light, so that what is none is told before any work.
"""

from pathlib import Path

from tinyteach.data.demo_objects import DEMO_OBJECTS
from tinyteach.device.registry import check_name
from tinyteach.errors import PhotoError, UsageError
from tinyteach.virtual.heap import check_heap

GROVE, BOARD = "grove", "board"
ARCHITECTURES = ("amd64", "i386", "armhf", "arm64")
# Named here as well: Windows has not what the modules need in which they are.
MODULE_DIALECTS = ("el", "ma", "hx")
MODULE_LOADERS = ("0002000b", "2.12", "debug-menu", "no-end-ack")


def check_started(
    name: str | None,
    kind: str,
    arch: str | None,
    heap: str | None,
    dialect: str,
    loader: str,
    firmware: str,
) -> None:
    """UsageError for what no virtual board can be, or where what is a Grove's is not one's."""
    if kind not in (GROVE, BOARD):
        raise UsageError(f"There is no kind {kind!r} of virtual board; choose board or grove.")
    if name is not None:
        check_name(name)
    check_arch(arch)
    if heap is not None:
        check_heap(heap)
        if kind == GROVE:
            raise UsageError("--heap is a board's; leave it out, or leave out --kind grove.")
    check_module(dialect, loader)
    if kind == BOARD and (dialect, loader, firmware) != (MODULE_DIALECTS[0], MODULE_LOADERS[0], ""):
        raise UsageError("--dialect, --loader and --firmware are a Grove's; add --kind grove.")


def one_name(word: str | None, option: str | None) -> str | None:
    """A virtual board's, alone or by an option; UsageError where those are two."""
    if word and option and word != option:
        raise UsageError(f"Two boards are named, {word} and {option}; name one.")
    return word or option


def name_and_photo(words: list[str], shown: str | None) -> tuple[str | None, Path | None]:
    """A virtual board's name and a photograph, either of which may be missing.

    A word alone is a photograph, unless an object is ``shown``; UsageError for too many.
    """
    if len(words) > 2 - (shown is not None):
        raise UsageError(
            "Too much is named; name a board, then a photograph, a folder or an object with "
            "--object."
        )
    if shown is not None:
        return (words[0] if words else None), None
    return (words[0] if len(words) > 1 else None), (Path(words[-1]) if words else None)


def check_arch(arch: str | None) -> None:
    """UsageError for an architecture that no virtual board has."""
    if arch is not None:
        _require_one_of(arch, ARCHITECTURES, "architecture")


def check_module(dialect: str, loader: str) -> None:
    """UsageError for what no virtual module speaks or is."""
    _require_one_of(dialect, MODULE_DIALECTS, "dialect")
    _require_one_of(loader, MODULE_LOADERS, "boot loader")


def _require_one_of(name: str, names: tuple[str, ...], what: str) -> None:
    if name not in names:
        raise UsageError(f"There is no {what} {name!r}; choose one of {', '.join(names)}.")


def check_shown(photo: Path | None, shown: str | None) -> None:
    """Raises UsageError unless one of them is named and is there, PhotoError for a missing file."""
    if (photo is None) == (shown is None):
        raise UsageError("Name a photograph or folder to show, or an object with --object.")
    if shown is not None and shown not in DEMO_OBJECTS:
        raise UsageError(f"There is no demo object {shown!r}; there are {', '.join(DEMO_OBJECTS)}.")
    if photo is not None:
        _require_there(photo)


def _require_there(photo: Path) -> None:
    """PhotoError where there is no such file, before a board is looked for."""
    if photo.exists():
        return
    instead = "name a photograph, or a folder of them"
    if str(photo) in DEMO_OBJECTS:
        instead = f"for the demo's object run 'tinyteach boards show --object {photo}'"
    raise PhotoError(f"There is no file {str(photo)!r} here; {instead}.")
