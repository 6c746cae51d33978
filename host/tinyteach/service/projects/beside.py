"""Projects that lie beside each other in one folder: list, find, make, duplicate."""

import os
import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tinyteach.data.names import UNKNOWN, check_project_name
from tinyteach.data.project import DELETED, SETTINGS_NAME
from tinyteach.errors import ProjectError
from tinyteach.files import reason, remedy
from tinyteach.plain_text import plain
from tinyteach.results import JsonResult
from tinyteach.service.projects.opening import create_project, is_bare, open_project

MEND_THAT = "free space, or mend that"
FIRST_NAME = "things"


@dataclass(frozen=True)
class Neighbour(JsonResult):
    """A project; ``name`` is its folder's, ``problem`` a sentence where it is damaged.

    What is none of the classes is none of ``classes``.
    """

    name: str
    classes: list[str]
    problem: str = ""


def is_project(folder: Path) -> bool:
    """Whether a folder has a project's settings, damaged or not."""
    return os.path.isfile(folder / SETTINGS_NAME)  # noqa: PTH113 - no to what may not be read, too


def place_of(folder: Path) -> tuple[Path, str]:
    """Where projects lie for who works in a folder, and what the next one may be called.

    Beside a project; beside an empty folder, which is to become one; else inside of the folder.
    """
    root = folder.resolve()
    if is_project(root):
        return root.parent, ""
    return (root.parent, root.name) if is_bare(root) else (root, FIRST_NAME)


def neighbours(place: Path) -> list[Neighbour]:
    """The projects of a folder, in the order of their names; ProjectError: it cannot be listed."""
    try:
        found = sorted(entry for entry in place.iterdir() if entry.name[0] != ".")
    except OSError as error:
        raise ProjectError(
            f"{place} cannot be listed ({reason(error)}); check its permissions."
        ) from error
    named = (folder for folder in found if plain(folder.name) == folder.name)
    return [_neighbour(folder) for folder in named if is_project(folder)]


def _neighbour(folder: Path) -> Neighbour:
    try:
        classes = open_project(folder).classes()
        return Neighbour(folder.name, [name for name in classes if name != UNKNOWN])
    except ProjectError as error:
        return Neighbour(folder.name, [], str(error))


def neighbour(place: Path, name: str) -> Path:
    """The folder of a project by its name; ProjectError where there is none of it."""
    if name not in (each.name for each in neighbours(place)):
        raise ProjectError(f"There is no project {name!r} in {place}; choose another one.")
    return place / name


def make_beside(place: Path, name: str) -> Path:
    """Make a project in a new or an empty folder; returns that."""
    return create_project(_new_folder(place, name)).root


def duplicate(place: Path, source: str, name: str) -> Path:
    """Copy a project, without what was deleted in it, into a new folder; returns that.

    A link in it stays one. ProjectError where that fails; nothing is left of it then.
    """
    project, target = open_project(neighbour(place, source)), _new_folder(place, name)
    beside = place / f".{secrets.token_hex(8)}.tmp"
    try:
        shutil.copytree(project.root, beside, symlinks=True, ignore=_what_was_deleted(project.root))
        open_project(beside).name = target.name
        if target.exists():  # an empty folder, which Windows lets nothing take the place of
            target.rmdir()
        beside.replace(target)
    except (OSError, ValueError) as error:
        raise ProjectError(
            f"{project.root} could not be copied ({_why(error)}); {remedy(error, MEND_THAT)}."
        ) from error
    finally:
        _remove(beside)
    return target


def _remove(folder: Path) -> None:
    """Also a copy of folders that may not be written, which may not either."""
    for place, _, _ in os.walk(folder):
        with suppress(OSError):
            Path(place).chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


def _what_was_deleted(project: Path) -> Callable[[str, list[str]], set[str]]:
    return lambda folder, names: {DELETED} if Path(folder) == project else set()


def _why(error: OSError | ValueError) -> str:
    """The clause of the first file that could not be copied."""
    if isinstance(error, shutil.Error):
        source, _, why = error.args[0][0]
        return f"{source}: {why}"
    return reason(error)


def _new_folder(place: Path, name: str) -> Path:
    folder = place / check_project_name(name)
    if not is_bare(folder):
        raise ProjectError(f"There is something at {folder} already; choose another name.")
    return folder
