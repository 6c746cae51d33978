"""Whether a project could keep what work gives; light, so that a refusal comes before any work.

ProjectError says which folder or file takes nothing.
"""

from tinyteach.data.head_history import history_dir
from tinyteach.data.project import Project
from tinyteach.writable import check_writable


def check_keeps_head(project: Project) -> None:
    """Of a training: the head and its report, once more for the history."""
    check_writable(project.heads_dir, history_dir(project))


def check_keeps_photos(project: Project, class_name: str | None = None) -> None:
    """Of an import, or of a recording of a class that is there."""
    folder = project.photos_dir if class_name is None else project.class_dir(class_name)
    check_writable(folder, project.index_path)


def check_keeps_learnt(project: Project) -> None:
    """What comes from a board, its classes with it."""
    check_writable(project.root, project.photos_dir, project.root / "learnt")
