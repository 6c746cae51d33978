"""Whether there is the head that is named; light, so that a refusal comes before any work."""

import os
from pathlib import Path

from tinyteach.data.head_history import kept_head
from tinyteach.data.project import Project
from tinyteach.errors import ModelError, ProjectError
from tinyteach.service.projects.opening import open_project


def check_exportable(folder: Path | None, named: str | None) -> None:
    """Raises ModelError for a head's file that is missing, else what `check_head` does."""
    if named is None or not is_file_name(named):
        check_head(open_project(folder or Path()), named)
    elif _is_missing(named):
        raise no_head_file(named)


def check_head(project: Project, digits: str | None = None) -> None:
    """ProjectError where the project has no head yet, or none in its history that begins so."""
    if digits is not None:
        kept_head(project, digits)
    elif _is_missing(project.head_path):
        raise no_head_yet(project)


def _is_missing(path: Path | str) -> bool:
    """Not where nobody may look: whoever opens it says so."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False


def no_head_yet(project: Project) -> ProjectError:
    """The sentence on a project that was not trained."""
    return ProjectError(f"{project.name} has no trained head yet; run 'tinyteach train'.")


def is_file_name(named: str) -> bool:
    """Whether it is a path and no digits of a head in the history."""
    return named.endswith(".tflite") or os.path.basename(named) != named or os.path.exists(named)  # noqa: PTH110, PTH119


def no_head_file(named: str) -> ModelError:
    """The sentence on a head's file that is missing."""
    return ModelError(
        f"There is no head file {named}; name one that 'tinyteach train' wrote, or the digits of "
        "one of 'tinyteach heads'."
    )
