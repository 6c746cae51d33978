"""What was deleted and can be put back: moved aside, never erased.

    <project>/deleted/<number>/undo.json         where the classes stood
    <project>/deleted/<number>/<class>/*.png     the photographs

The photographs' lines in the index stay, so what is put back has its record again.
"""

import os
import re
import secrets
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from tinyteach.data.names import same_name
from tinyteach.data.project import Project
from tinyteach.errors import PhotoError, ProjectError
from tinyteach.files import IN_USE, made_folder, make_folder, read_json, reason, remedy, write_json

_NOTE = "undo.json"
_NUMBER = re.compile(r"\d{8}T\d{6}-[0-9a-f]{6}")


def photo_path(project: Project, photo_id: str) -> Path:
    """The file of a photograph named as ``class/file``; PhotoError where there is none."""
    parts = PurePosixPath(photo_id).parts
    inside = len(parts) > 1 and ".." not in parts and parts[0] in project.classes()
    path = project.class_dir(parts[0]).joinpath(*parts[1:]) if inside else None
    if path is None or not os.path.isfile(path):  # noqa: PTH113 - says no to what is no name, too
        raise PhotoError(f"There is no photograph {photo_id!r} any more; reload the page.")
    return path


def delete_photos(project: Project, photo_ids: Sequence[str]) -> str:
    """Move photographs aside; returns the number under which `restore` finds them."""
    with project.changing():
        paths = [(photo_path(project, photo_id), photo_id) for photo_id in photo_ids]
        place = _new_place(project)
        for path, photo_id in paths:
            move_file(path, place / photo_id)
    return place.name


def delete_class(project: Project, name: str) -> str:
    """Move a class and its photographs aside; returns the number for `restore`."""
    with project.changing():
        folder, name = project.class_dir(name), project.class_name(name)
        place = _new_place(project)
        move_file(folder, place / name)
    return place.name


def restore(project: Project, number: str) -> int:
    """Put back what was deleted under this number; how many photographs that were.

    A photograph whose place is taken meanwhile gets another name. ProjectError for a number
    that is none, or whose photographs were put back already.
    """
    with project.changing():
        return _restore(project, number)


def _restore(project: Project, number: str) -> int:
    place = project.deleted_dir / number
    if not _NUMBER.fullmatch(number) or not (place / _NOTE).is_file():
        raise ProjectError("This was put back already, or is gone; there is nothing to undo.")
    order = _order_before(place)
    files = sorted(p for p in place.rglob("*") if p.is_file() and p != place / _NOTE)
    classes = [p.name for p in sorted(place.iterdir()) if p.is_dir()]
    for name in classes:
        if same_name(name, project.classes()) is None:
            make_folder(project.photos_dir / name)
    for file in files:
        name, *below = file.relative_to(place).parts
        move_file(file, free_path(project.class_dir(name).joinpath(*below)))
    project.order_classes(_merged(order, project.classes()))
    shutil.rmtree(place, ignore_errors=True)
    return len(files)


def _new_place(project: Project) -> Path:
    now = datetime.now(UTC)
    place = project.deleted_dir / f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    # First: what is moved after it can be put back, however far the moving comes.
    with made_folder(place):
        write_json(place / _NOTE, {"classes": project.classes()})
    return place


def _order_before(place: Path) -> list[str]:
    try:
        note: dict[str, list[str]] = read_json(place / _NOTE, {"classes": [str]})
        return note["classes"]
    except (OSError, ValueError, ProjectError):
        return []


def _merged(before: list[str], now: list[str]) -> list[str]:
    """The classes of now; one that came back stands behind whom it stood behind before."""
    order = [name for name in now if name not in before]
    known = [name for name in now if name in before]
    back = sorted(known, key=before.index)
    return back + order


def move_file(source: Path, target: Path) -> None:
    """Move a file or folder to where nothing is; ProjectError where that fails."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)
    except OSError as error:
        raise ProjectError(
            f"{source} could not be moved ({reason(error)}); {remedy(error, IN_USE)}."
        ) from error


def free_path(path: Path) -> Path:
    """This path, or one like it where nothing is yet."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free
