"""Whether there is something to train on; light, so that a refusal comes before any work."""

from collections.abc import Collection
from pathlib import Path

from tinyteach.data.litter import is_litter
from tinyteach.data.names import is_unknown
from tinyteach.data.project import Project
from tinyteach.head.fit.classes import check_classes
from tinyteach.service.projects.keeping import check_keeps_head


def check_trainable(folder: Path) -> None:
    """TrainingError where no head can be made of the project's classes, by names of files alone.

    Whether the files are photographs is not asked: `training` does, which reads them. ProjectError
    where the head could not be written.
    """
    project = Project.open(folder)
    filled = [name for name in project.classes() if _has_files(project, name)]
    check_classes(filled, to_train(project, filled))
    check_keeps_head(project)


def to_train(project: Project, filled: Collection[str]) -> list[str]:
    """That of what is unknown may be empty: the background set stands for it."""
    return [name for name in project.classes() if name in filled or not is_unknown(name)]


def _has_files(project: Project, name: str) -> bool:
    folders = project.class_dir(name), project.learnt_dir(name)
    try:
        names = [path.name for folder in folders if folder.is_dir() for path in folder.iterdir()]
    except OSError:
        return True  # what reads them says what is amiss
    return not all(map(is_litter, names))
