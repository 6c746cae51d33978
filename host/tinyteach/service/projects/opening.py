"""Project folders: make, open, look through, import, export."""

import os
from pathlib import Path
from typing import TypedDict

from tinyteach.data.exporting import export_zip
from tinyteach.data.names import UNKNOWN, is_unknown
from tinyteach.data.photos import list_all, recordings
from tinyteach.data.project import COLOURS, DEFAULT_EMBEDDING, SETTINGS_NAME, Project
from tinyteach.errors import ProjectError
from tinyteach.service.projects.embeddings import as_setting

# What a count of recordings joins; to compare looks, all photographs are decoded (3 ms each).
_COUNTED = "Recordings are counted with copies {} as one."
COUNTED_BY_BYTES = _COUNTED.format("of the same bytes")
COLOUR_OF_UNKNOWN = COLOURS - 1  # front ends have grey there
COUNTED_BY_LOOKS = _COUNTED.format("that look the same")


class ClassCount(TypedDict):
    """A class with its photographs and recordings."""

    name: str
    photos: int
    recordings: int


def create_project(folder: Path, embedding: str | None = None) -> Project:
    """Make a project folder; ``embedding`` is a name or a file.

    ProjectError inside of another project: who is in things and says things means that one.
    """
    refuse_inside(folder.resolve())
    if embedding is None:
        return Project.create(folder, embedding=DEFAULT_EMBEDDING)
    return Project.create(folder, embedding=as_setting(embedding, folder.resolve()))


def refuse_inside(root: Path) -> None:
    """ProjectError inside of a project."""
    # os.path says no of what may not be read, too.
    holds = (each for each in root.parents if os.path.isfile(each / SETTINGS_NAME))  # noqa: PTH113
    if above := next(holds, None):
        raise ProjectError(
            f"{root} would be a project inside of the project {above}; run commands in {above} to "
            "use that one, or name a folder outside of it."
        )


def open_project(folder: Path) -> Project:
    """Open a project folder; ProjectError where it is none."""
    return Project.open(folder)


def project_meant(folder: Path | None, or_new: bool = False) -> Project | None:
    """The project ``folder``, or with None the current folder where that is one.

    ProjectError where ``folder`` is none, unless it may yet have to be made (``or_new``), or where
    the project is damaged.
    """
    has_settings = ((folder or Path()) / SETTINGS_NAME).is_file()
    if not has_settings and (folder is None or or_new):
        return None
    return open_project(folder or Path())


def open_or_create_project(folder: Path) -> Project:
    """Open a project folder; one that is missing or empty is made a project, as by the above."""
    root = folder.resolve()
    return create_project(root) if is_bare(root) else open_project(root)


def is_bare(folder: Path) -> bool:
    """Whether nothing is there yet: no such folder, or an empty one."""
    try:
        return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))
    except OSError:  # one that may not be looked into
        return False


def make_if_unknown(project: Project, class_name: str) -> None:
    """Make the class of what is unknown, where that is meant and is not there: it always may be."""
    if is_unknown(class_name) and UNKNOWN not in project.classes():
        project.set_colour(project.add_class(UNKNOWN), COLOUR_OF_UNKNOWN)


def class_summary(project: Project) -> tuple[list[ClassCount], list[str]]:
    """Per class its name, photographs and recordings; and a sentence for each unusable file.

    What counts as one recording says `COUNTED_BY_BYTES`.
    """
    listing = list_all(project)
    found = list(zip(listing.photos, recordings(listing.photos), strict=True))
    summary: list[ClassCount] = []
    for name in project.classes():
        bursts = [burst for photo, burst in found if photo.class_name == name]
        summary.append({"name": name, "photos": len(bursts), "recordings": len(set(bursts))})
    return summary, listing.problems


def export_photos(folder: Path, target: Path) -> Path:
    """Write the project's photographs as a zip of class folders."""
    return export_zip(open_project(folder), target)
