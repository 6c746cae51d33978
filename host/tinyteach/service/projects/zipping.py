"""A project's photographs in one file."""

from pathlib import Path

from tinyteach.data.exporting import export_zip
from tinyteach.service.projects.opening import open_project


def export_photos(folder: Path, target: Path) -> Path:
    """Write the project's photographs as a zip of class folders."""
    return export_zip(open_project(folder), target)
