"""Backups of boards' flash on disk: found by the board's MAC address, whole or not there at all.

``MAC-CHIP-TIME.bin`` is the flash byte for byte, ``.json`` beside it says of which board it is
and its SHA-256. ``MAC-CHIP.part`` is one that has not been finished, ``MAC-CHIP.unfinished``
says that the flash of that board is being rewritten: until that has ended well, what is on the
board is no content to be backed up.
"""

import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from tinyteach.device.esp.chip import Chip
from tinyteach.errors import FirmwareError, ProjectError
from tinyteach.files import make_folder, read_json, read_whole, reason, write_json
from tinyteach.paths import backups_dir

_TIME, _TIME_LETTERS = "%Y-%m-%d-%H%M%S", 17


@dataclass(frozen=True)
class BackupOwner:
    """Of which board a backup is; ``sha256`` as hex digits."""

    mac: str
    chip: str
    sha256: str


def part_file(chip: Chip) -> Path:
    """Where a backup grows."""
    return _file(chip, "part")


def _file(chip: Chip, ending: str) -> Path:
    return backups_dir() / f"{chip.mac}-{chip.name.lower()}.{ending}"


def new_name(chip: Chip) -> Path:
    """What a backup of now is called: behind the newest, also where a clock was set back."""
    taken, before = datetime.now(), newest(chip.mac)  # by its owner's clock
    with suppress(ValueError):
        if before:
            told = datetime.strptime(before.stem[-_TIME_LETTERS:], _TIME)
            taken = max(taken, told + timedelta(seconds=1))
    return backups_dir() / f"{chip.mac}-{chip.name.lower()}-{taken.strftime(_TIME)}.bin"


def keep(chip: Chip, path: Path) -> None:
    """The finished part becomes the backup ``path``; its owner stands there before it is."""
    part = part_file(chip)
    owner = BackupOwner(chip.mac, chip.name, sha256(part.read_bytes()).hexdigest())
    try:
        write_json(path.with_suffix(".json"), asdict(owner))
    except ProjectError as error:
        raise FirmwareError(f"{error} Nothing was written to the board.") from error
    part.replace(path)


def newest(mac: str) -> Path | None:
    """The board's latest backup."""
    return max(backups_dir().glob(f"{mac}-*.bin"), default=None)


def read_backup(path: Path) -> tuple[bytes, BackupOwner | None]:
    """Its bytes, compared with what stands beside it; None where there are none, as of other tools.

    Raises FirmwareError where it is missing or damaged.
    """
    try:
        content = read_whole(path)
    except OSError as error:
        raise FirmwareError(f"The backup {path} cannot be read ({reason(error)}).") from error
    owner = _owner_beside(path)
    if owner and sha256(content).hexdigest() != owner.sha256:
        raise FirmwareError(f"The backup {path} is damaged (another SHA-256); take another one.")
    return content, owner


def _owner_beside(path: Path) -> BackupOwner | None:
    try:
        owner = read_json(path.with_suffix(".json"), {"mac": str, "chip": str, "sha256": str})
        return BackupOwner(**owner)
    except (OSError, ValueError, TypeError, ProjectError):
        return None


# Rewriting


def begin_rewriting(chip: Chip, backup: Path | None) -> None:
    """Note that the flash is incomplete from now on, and where its old content is."""
    note = {"backup": str(backup.resolve()) if backup else None}
    try:
        make_folder(backups_dir())
        write_json(_file(chip, "unfinished"), note)
    except ProjectError as error:
        raise FirmwareError(f"{error} Nothing was written to the board.") from error


def end_rewriting(chip: Chip) -> None:
    """Note that the flash is whole again."""
    path = _file(chip, "unfinished")
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise FirmwareError(
            f"The firmware is written, but {path} cannot be removed ({reason(error)}); delete it, "
            "or the next backup will be left out."
        ) from error


def is_unfinished(chip: Chip) -> bool:
    """Whether rewriting the board's flash began and did not end well."""
    return os.path.lexists(_file(chip, "unfinished"))


def backup_before(chip: Chip) -> Path | None:
    """Where the content is that the board had before rewriting began."""
    try:
        named = read_json(_file(chip, "unfinished"), {"backup": (str, None)})["backup"]
    except (OSError, ValueError, KeyError, ProjectError):
        return None
    return Path(named) if named else None
