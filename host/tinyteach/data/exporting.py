"""A project's photographs as a zip that TinyTeach and any reader of class folders take."""

import os
import secrets
import zipfile
from dataclasses import replace
from pathlib import Path

from tinyteach.data.entries import unreadable
from tinyteach.data.layouts import INDEX_NAME
from tinyteach.data.names import portable_name
from tinyteach.data.photo_index import format_records
from tinyteach.data.photos import Photo, list_photos
from tinyteach.data.project import Project
from tinyteach.errors import PhotoError, UsageError
from tinyteach.files import reason, remedy

# Fixed, so that the same photographs always give the same bytes.
_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can state
_MODE = 0o100644 << 16
_UNIX = 3


def export_zip(project: Project, target: str | Path) -> Path:
    """Write photos/<class>/… and photos.jsonl to a zip; returns its path.

    ``target`` is the zip or a folder to put it in. Files go in as they are, so
    `import_folder` gives back the same pixels and bursts. UsageError where the
    target exists, PhotoError where there is nothing to export or no room.
    """
    photos = list_photos(project)
    if not photos:
        raise PhotoError(
            f"{project.root} holds no photographs yet; record some with 'tinyteach capture'."
        )
    target = _target(project, Path(target))
    if os.path.lexists(target):
        raise UsageError(f"{target} exists already; name another file or delete it first.")
    temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        try:
            _write(project, photos, temporary)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        raise PhotoError(
            f"{target} could not be written ({reason(error)}); {remedy(error)}."
        ) from error
    return target


def _target(project: Project, target: Path) -> Path:
    if os.path.isdir(target):  # noqa: PTH112 - says no where nobody may look
        return target / f"{portable_name(project.name) or 'photos'}.zip"
    return target


def _write(project: Project, photos: list[Photo], path: Path) -> None:
    places = [f"photos/{_encodable(photo)}" for photo in photos]
    records = [
        replace(photo.record, path=place, class_name=photo.class_name)
        for photo, place in zip(photos, places, strict=True)
        if photo.record is not None
    ]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:  # PNG is compressed already
        archive.writestr(_info(INDEX_NAME), format_records(records))
        for photo, place in zip(photos, places, strict=True):
            archive.writestr(_info(place), _content(photo))


def _encodable(photo: Photo) -> str:
    try:
        photo.id.encode()
    except UnicodeError as error:
        raise PhotoError(f"A zip cannot hold the name {photo.id!r}; rename the file.") from error
    return photo.id


def _content(photo: Photo) -> bytes:
    try:
        return photo.path.read_bytes()
    except OSError as error:
        raise unreadable(photo.path, error) from error


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _TIME)
    info.external_attr = _MODE
    info.create_system = _UNIX
    return info
