"""What a page takes along as one file: the photographs, the report, the model for a runtime."""

import shutil
import tempfile
from pathlib import Path

from tinyteach.errors import ProjectError
from tinyteach.files import read_file
from tinyteach.service.heads.exporting import export_model
from tinyteach.service.heads.training import load_report
from tinyteach.service.projects.opening import open_project
from tinyteach.service.projects.zipping import export_photos
from tinyteach.service.words.values import check_runtime

PHOTOGRAPHS, REPORT = "photographs", "report"


def download(folder: Path, what: str) -> tuple[str, bytes]:
    """A file's name and content: "photographs", "report", or the last head's model by its runtime.

    UsageError where there is no such, ProjectError where it is not there yet.
    """
    if what == REPORT:
        return f"{open_project(folder).name}-report.html", _page_of(folder)
    if what != PHOTOGRAPHS:
        check_runtime(what)
    with tempfile.TemporaryDirectory(prefix="tinyteach-export-") as place:
        path = _packed(folder, what, Path(place))
        return path.name, path.read_bytes()


def _page_of(folder: Path) -> bytes:
    page = load_report(folder).page
    try:
        return read_file(page)
    except FileNotFoundError as error:
        raise ProjectError(f"{page} is gone; train again, which writes it anew.") from error


def _packed(folder: Path, what: str, place: Path) -> Path:
    """The same as a zip in a folder that is empty."""
    name = f"{open_project(folder).name}-{what}"
    if what == PHOTOGRAPHS:
        return export_photos(folder, place / f"{name}.zip")
    export_model(folder, what, place / name)
    return Path(shutil.make_archive(str(place / name), "zip", place, name))
