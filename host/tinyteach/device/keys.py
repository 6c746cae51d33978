"""The keys of boards that this user's computer has: who holds one may change that board.

Each is a file of its own, which only the user may read.
"""

import os
import re
import secrets
import shlex
from contextlib import suppress
from pathlib import Path

from tinyteach import paths
from tinyteach.errors import ProjectError, UsageError
from tinyteach.files import (
    fits,
    make_folder,
    not_written,
    parse_json,
    read_file,
    reason,
    remedy,
    write_atomically,
)
from tinyteach.files import format_json as as_json
from tinyteach_protocol.sealed_session import KEY_BYTES

# Where a board keeps it, behind one byte: 1 where nothing is done without it (agent/proof.py).
KEY_PATH = "/tinyteach/key"
FOLDER_MODE, FILE_MODE = 0o700, 0o600
# What chips and pairing give as an identity; nothing else may name a file.
IDENTITY = re.compile(r"[0-9a-f]{2,64}")
KEY = re.compile(rf"[0-9a-f]{{{2 * KEY_BYTES}}}")
_SHAPE = {"board": str, "key": str}
DAMAGED = "{path} holds no board's key; delete it, then import the key again or pair the board."
NO_KEY_FILE = "{path} holds no board's key; name a file that 'tinyteach keys export' wrote."
FOR_OTHERS = (
    "{path} can be read by others; run 'chmod 600 {quoted}', and 'tinyteach pair --new-key' where "
    "somebody may have read it."
)
IN_REACH = "The folder {path} can be entered by others; run 'chmod 700 {quoted}'."
NOT_YOURS = (
    "The folder {path} cannot be made yours alone ({why}); check whose it is, or move it away."
)


def key_of(board_id: str) -> bytes | None:
    """The key of that board; None where this computer has none, UsageError for a damaged one."""
    if not IDENTITY.fullmatch(board_id):
        return None
    try:
        owner, key = read_key(_path(board_id), DAMAGED)
    except FileNotFoundError:
        return None
    if owner != board_id:
        raise UsageError(DAMAGED.format(path=_path(board_id)))
    return key


def fault_of(board_id: str) -> str | None:
    """What is wrong with the file of a board's key, in a sentence without anything of it."""
    try:
        key_of(board_id)
        return _open_to_others(board_id)
    except FileNotFoundError:  # forgotten meanwhile
        return None
    except (UsageError, ProjectError) as error:
        return str(error)


def _open_to_others(board_id: str) -> str | None:
    """Which file, or the folder, is not its owner's alone, with the command that mends it."""
    wanted = {_path(board_id): FILE_MODE, _coming(board_id): FILE_MODE, _folder(): FOLDER_MODE}
    for path, mode in wanted.items() if os.name == "posix" else ():
        if path.exists() and path.stat().st_mode & ~mode & 0o777:
            told = FOR_OTHERS if mode == FILE_MODE else IN_REACH
            return told.format(path=path, quoted=shlex.quote(str(path)))
    return None


def keyed_boards() -> list[str]:
    """Identities of the boards whose keys are here; ProjectError where nobody may look."""
    try:
        found = list(_folder().iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ProjectError(
            f"{_folder()} cannot be listed ({reason(error)}); check its permissions, or move it "
            "away."
        ) from error
    return sorted(p.stem for p in found if p.suffix == ".json" and IDENTITY.fullmatch(p.stem))


def made_key() -> bytes:
    """A new one, by chance."""
    return secrets.token_bytes(KEY_BYTES)


def keep_key(board_id: str, key: bytes) -> None:
    """Keep a board's key in place of the one before; UsageError where it is no board of ours."""
    if not IDENTITY.fullmatch(board_id):
        raise UsageError("This board's identity is none that can have a key; pair it again.")
    _write_own(_path(board_id), board_id, key)


def check_room(board_id: str) -> None:
    """ProjectError where no key can be kept now; before a board is changed for one."""
    _make_folder()
    trial = _folder() / f".{board_id}.trial"
    write_key(trial, board_id, bytes(KEY_BYTES))
    with suppress(OSError):
        trial.unlink()


def forget_key(board_id: str) -> bool:
    """Whether there was one."""
    if not IDENTITY.fullmatch(board_id):
        return False
    if not os.path.lexists(_path(board_id)):
        forget_coming(board_id)
        return False
    try:
        _path(board_id).unlink(missing_ok=True)
    except OSError as error:
        raise ProjectError(
            f"{_path(board_id)} cannot be deleted ({reason(error)}); {remedy(error)}."
        ) from error
    forget_coming(board_id)  # last: while there is one, pairing asks the board (`doubt_key`)
    return True


def read_key(path: Path, damaged: str = NO_KEY_FILE) -> tuple[str, bytes]:
    """A board's identity and key, of a file; UsageError, in these words, where it holds none."""
    content = read_file(path)
    try:
        told = parse_json(content)
        if fits(told, _SHAPE) and IDENTITY.fullmatch(told["board"]) and KEY.fullmatch(told["key"]):
            key = bytes.fromhex(told["key"])
            if len(set(key)) > 1:  # else of a damaged file or flash: anybody could name it
                return told["board"], key
    except ValueError:
        pass
    raise UsageError(damaged.format(path=path))


def write_key(path: Path, board_id: str, key: bytes) -> None:
    """A file that only its owner may read."""
    write_atomically(path, as_json({"board": board_id, "key": key.hex()}) + b"\n", FILE_MODE)


def _make_folder() -> None:
    """Where it is missing; the user's alone in any case, ProjectError where it cannot be."""
    make_folder(_folder())
    try:
        _folder().chmod(FOLDER_MODE)
    except OSError as error:
        raise ProjectError(NOT_YOURS.format(path=_folder(), why=reason(error))) from error


def _folder() -> Path:
    return paths.config_dir() / "keys"


def _path(board_id: str) -> Path:
    return _folder() / f"{board_id}.json"


def _write_own(path: Path, board_id: str, key: bytes) -> None:
    _make_folder()
    write_key(path, board_id, key)


# A board that is given a key has it, the one before or, on FAT, none where that is cut short. So
# both are kept until it is known: the one before is not lost, and the next pairing goes on. While a
# board's key is removed, the one that may come is the same.


def keep_coming(board_id: str, key: bytes) -> None:
    """Keep the key that a board is about to get, beside the one that it has."""
    _write_own(_coming(board_id), board_id, key)


def coming_key(board_id: str) -> bytes | None:
    """That of a board whose giving did not come to its end; None where none was cut short."""
    if not IDENTITY.fullmatch(board_id):
        return None
    try:
        return read_key(_coming(board_id))[1]
    except (FileNotFoundError, UsageError):
        return None


def take_coming(board_id: str) -> None:
    """The board has it: from now on it is the board's key."""
    try:
        _coming(board_id).replace(_path(board_id))
    except FileNotFoundError:
        return
    except OSError as error:
        raise not_written(_path(board_id), error) from error


def forget_coming(board_id: str) -> None:
    """The board has not got it."""
    with suppress(OSError):
        _coming(board_id).unlink()


def _coming(board_id: str) -> Path:
    return _folder() / f"{board_id}.coming"
