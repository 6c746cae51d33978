"""Project folders: make, open, look through, import, export."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tinyteach.data.project import Project

Progress = Callable[[str, int, int], None]


def create_project(folder: Path, embedding: str | None = None) -> "Project":
    """Make a project folder; ``embedding`` is a name or a file."""
    from tinyteach.data.project import DEFAULT_EMBEDDING, Project
    from tinyteach.service.embeddings import as_setting

    chosen = as_setting(embedding, folder.resolve()) if embedding else DEFAULT_EMBEDDING
    return Project.create(folder, embedding=chosen)


def open_project(folder: Path) -> "Project":
    """Open a project folder; ProjectError where it is none."""
    from tinyteach.data.project import Project

    return Project.open(folder)


def open_or_create_project(folder: Path) -> "Project":
    """Open a project folder; one that is missing or empty is made a project."""
    root = folder.resolve()
    is_new = not root.exists() or (root.is_dir() and not any(root.iterdir()))
    return create_project(root) if is_new else open_project(root)


def class_summary(project: "Project") -> tuple[list[dict[str, Any]], list[str]]:
    """Per class its name, photographs and bursts; and a sentence for each unusable file."""
    from tinyteach.data.photos import recordings, survey

    listing = survey(project)
    found = list(zip(listing.photos, recordings(listing.photos), strict=True))
    summary = []
    for name in project.classes():
        bursts = [burst for photo, burst in found if photo.class_name == name]
        summary.append({"name": name, "photos": len(bursts), "bursts": len(set(bursts))})
    return summary, listing.problems


@dataclass(frozen=True)
class ImportSummary:
    """Photographs added a class, and what was left out with the reason."""

    added: dict[str, int]
    skipped: list[str]


def import_photos(folder: Path, source: Path, progress: Progress) -> ImportSummary:
    """Add the photographs of a folder of class folders, or of a zip of one."""
    from tinyteach.data.importing import import_folder

    project = open_project(folder)
    result = import_folder(
        project, source, on_progress=lambda done, total: progress("Importing", done, total)
    )
    return ImportSummary(result.added, [f"{item.name}: {item.reason}" for item in result.skipped])


def export_photos(folder: Path, target: Path) -> Path:
    """Write the project's photographs as a zip of class folders."""
    from tinyteach.data.exporting import export_zip

    return export_zip(open_project(folder), target)
