"""The heads of a project, newest first: every training keeps its own.

<project>/heads/history/<time>-<fingerprint>/head.tflite, report.json
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tinyteach.data.project import Project
from tinyteach.errors import ProjectError
from tinyteach.files import (
    made_folder,
    read_file,
    read_json,
    reason,
    write_atomically,
    write_together,
)
from tinyteach.locks import one_at_a_time

KEPT_MAX = 30  # 10 KB of head and some 50 KB of report each
DIGITS = 12  # of a fingerprint in a folder's name
_TIME = "%Y%m%dT%H%M%S%fZ"
_NEXT = timedelta(milliseconds=1)  # to which a head's time is told


@dataclass(frozen=True)
class KeptHead:
    """A head that was trained; ``fingerprint`` are the first hex digits of its SHA-256."""

    folder: Path
    time: str  # ISO 8601, UTC
    fingerprint: str

    @property
    def path(self) -> Path:
        return self.folder / "head.tflite"

    @property
    def content(self) -> bytes:
        return read_file(self.path)

    @property
    def report_path(self) -> Path:
        return self.folder / "report.json"

    @property
    def report(self) -> dict[str, Any]:
        """report.json as it was then; empty where it cannot be read."""
        try:
            report: dict[str, Any] = read_json(self.report_path, dict)
            return report
        except (OSError, ValueError, ProjectError):
            return {}


def keep_head(
    project: Project,
    fingerprint: str,
    files: Mapping[str, bytes],
    present: Mapping[Path, bytes] | None = None,
) -> None:
    """Add a head and its report; of the oldest, those beyond KEPT_MAX go.

    ``present`` are files that are to be written with them, or none of all: as long as one cannot
    be, everything stays as it was. The same head again, of photographs that did not change, is
    kept once.
    """
    with one_at_a_time(history_dir(project)):  # else a head could lie beside another one's report
        folder = _place_of(project, fingerprint[:DIGITS])
        kept = {folder / name: content for name, content in files.items()}
        with made_folder(folder):
            write_together({**(present or {}), **kept})
        for old in kept_heads(project)[KEPT_MAX:]:
            shutil.rmtree(old.folder, ignore_errors=True)


def change_head(project: Project, before: bytes, now: bytes) -> bool:
    """Have the project's head changed, unless a training has put another there; whether it is."""
    with one_at_a_time(history_dir(project)):
        if read_file(project.head_path) != before:
            return False
        write_atomically(project.head_path, now)
        return True


def _place_of(project: Project, digits: str) -> Path:
    """Where a head goes: behind the newest, also where a clock was set back since that one."""
    time, newest = datetime.now(UTC), next(iter(kept_heads(project)), None)
    if newest:
        if newest.fingerprint == digits:
            return newest.folder
        time = max(time, datetime.fromisoformat(newest.time) + _NEXT)
    return history_dir(project) / f"{time.strftime(_TIME)}-{digits}"


def kept_heads(project: Project) -> list[KeptHead]:
    """All that are whole, the newest first."""
    try:
        folders = sorted(history_dir(project).glob("*-*/head.tflite"), reverse=True)
    except OSError as error:
        raise ProjectError(
            f"{history_dir(project)} cannot be listed ({reason(error)}); check its permissions."
        ) from error
    return [kept for path in folders if (kept := _kept(path.parent)) is not None]


def kept_head(project: Project, fingerprint: str) -> KeptHead:
    """The newest whose fingerprint begins so; ProjectError where there is none."""
    for kept in kept_heads(project):
        if fingerprint and kept.fingerprint.startswith(fingerprint[:DIGITS].lower()):
            return kept
    raise ProjectError(
        f"There is no head {fingerprint!r} in this project; 'tinyteach heads' lists those it has."
    )


def history_dir(project: Project) -> Path:
    """Where the heads before lie; missing until one is trained."""
    return project.heads_dir / "history"


def _kept(folder: Path) -> KeptHead | None:
    stamp, _, fingerprint = folder.name.partition("-")
    try:
        time = datetime.strptime(stamp, _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None
    return KeptHead(folder, time.isoformat(timespec="milliseconds"), fingerprint)
