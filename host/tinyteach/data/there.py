"""Whether a path leads to what it is to lead to; light, so that a refusal comes before any work."""

import stat
from pathlib import Path

from tinyteach.errors import PhotoError, UsageError
from tinyteach.files import reason


def check_source(source: Path) -> None:
    """UsageError where there is no folder or file in which photographs could be."""
    if not source.is_dir() and not source.is_file():
        raise UsageError(f"There is no folder or zip {source}; check the name.")


def check_photo(path: Path) -> None:
    """PhotoError where there is no file that could be a photograph."""
    try:
        if stat.S_ISFIFO(path.stat().st_mode):  # opening one waits for somebody who writes
            raise PhotoError(f"{path} is no file but a pipe; name a photograph.")
    except (OSError, ValueError) as error:
        raise not_opened(path, error) from error


def not_opened(path: Path, error: OSError | ValueError) -> PhotoError:
    """The sentence on a photograph that cannot be."""
    return PhotoError(
        f"{path} cannot be opened ({reason(error)}); check the name and the permissions."
    )
