"""A scratch folder belongs to one run: what its lessons and checkpoints were made from."""

import hashlib
import json
from pathlib import Path
from typing import Any

from tinyteach.errors import UsageError


def claim(folder: Path, settings: dict[str, Any]) -> None:
    """Make ``folder`` that of a run with ``settings``; UsageError if it is another's.

    Nothing is written into a folder that is claimed already, and the claim of a new one is
    whole or not there, so that an interruption cannot keep a run from being resumed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "settings.json"
    if not kept.exists():
        unfinished = kept.with_suffix(".part.json")
        unfinished.write_text(json.dumps(settings))
        unfinished.replace(kept)
    elif _read(kept) != json.loads(json.dumps(settings)):
        raise UsageError(
            f"The scratch folder {folder} belongs to a run with other data or settings; "
            "name an empty folder."
        )


def file_facts(path: Path) -> dict[str, str]:
    """Name and SHA-256 of a file, or of a folder's files and their names."""
    try:
        digest = _sha256_of_folder(path) if path.is_dir() else _sha256(path)
    except OSError as error:
        raise UsageError(f"Cannot read {path}; check the path.") from error
    return {"file": path.name, "sha256": digest}


def _read(kept: Path) -> Any:
    try:
        return json.loads(kept.read_text())
    except (OSError, ValueError):
        return None  # whatever it was, it is no claim of this run


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sha256_of_folder(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [f"{_sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
