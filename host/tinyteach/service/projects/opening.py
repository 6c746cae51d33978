"""Project folders: make and open; light, so that a refusal comes before any work."""

import os
from importlib import import_module
from pathlib import Path

from tinyteach.data.names import UNKNOWN, check_class_name, is_unknown, same_name
from tinyteach.data.project import COLOURS, DEFAULT_EMBEDDING, SETTINGS_NAME, Project
from tinyteach.errors import ProjectError
from tinyteach.plain_text import as_typed
from tinyteach.service.projects.embedding_files import check_kind, embedding_path

COLOUR_OF_UNKNOWN = COLOURS - 1  # front ends have grey there


def create_project(folder: Path, embedding: str | None = None) -> Project:
    """Make a project folder; ``embedding`` is a name or a file.

    ProjectError inside of another project: who is in things and says things means that one.
    """
    refuse_inside(folder.resolve())
    if embedding is None:
        return Project.create(folder, embedding=DEFAULT_EMBEDDING)
    check_kind(embedding_path(embedding))
    embeddings = import_module("tinyteach.service.projects.embeddings")  # it takes time to import
    return Project.create(folder, embedding=embeddings.as_setting(embedding, folder.resolve()))


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


def reported_project(folder: Path) -> Project:
    """Open a project that has the report of a training; ProjectError where there is none yet."""
    project = open_project(folder)
    if not project.report_path("json").exists():
        raise ProjectError("There is no report yet; run 'tinyteach train' first.")
    return project


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


def class_to_record(project: Project, class_name: str) -> str:
    """The class as it is stored; ProjectError where there is none such.

    That of what is unknown stands in every project: recording into it makes it.
    """
    stored = same_name(class_name, project.classes())
    if stored is None and is_unknown(class_name):
        return UNKNOWN
    if stored is None:
        name = check_class_name(class_name)
        raise ProjectError(
            f"There is no class {name!r}; run 'tinyteach class add {as_typed(name)}' first."
        )
    return stored
