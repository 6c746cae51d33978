"""Commands on a disk that is full, and in folders that may not be written, for real.

``python tests/soak/small_disks.py``, as root, who alone may mount one. Each command that changes a
project runs on a disk of some megabytes (tmpfs) on which nothing is free, then 4 KB more, and so on
until it has room; then on the disk mounted read-only; then as a user without root's rights, in
folders without the right to write. It ends well or in a sentence, nothing is lost, half or left
behind, and with room again the next command works. Ends with 1 where that is not so.
"""

import argparse
import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import pytest  # noqa: E402

import one_thread  # noqa: E402, F401
from patience import be_patient, be_patient_at_the_repl  # noqa: E402
from project_commands import (  # noqa: E402
    COMMANDS,
    ON_BOARD,
    TAKEN_AWAY,
    Kept,
    made,
    paired_board,
    settle,
)
from project_trials import (  # noqa: E402
    Arm,
    Done,
    faults_in,
    faults_of,
    litter_in,
    pixels_of,
    preload,
    run,
)
from tinyteach.signals import ending_in_order  # noqa: E402
from trained import quick_trainings  # noqa: E402

PAGE_BYTES = 4096  # of a tmpfs
DISK_BYTES = 64 << 20
CAPABILITIES_3 = 0x20080522  # linux/capability.h, _LINUX_CAPABILITY_VERSION_3
READ_ONLY, NOT_OURS = "read-only", "not ours"


@dataclass(frozen=True)
class Trial:
    """A command, and how many bytes are free, or why none may be written."""

    command: str
    room: int | str

    def __str__(self) -> str:
        return f"{self.command}, {self.room}{' bytes free' * isinstance(self.room, int)}"


@contextmanager
def disk() -> Iterator[Path]:
    """One of its own."""
    with tempfile.TemporaryDirectory() as place:
        mount("-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", place)
        try:
            yield Path(place)
        finally:
            subprocess.run(["umount", place], check=True)


def mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)


@contextmanager
def without_room(place: Path, room: int | str) -> Iterator[None]:
    """The disk so full, or so that it may not be written."""
    if room == READ_ONLY:
        mount("-o", "remount,ro", str(place))
        yield
        mount("-o", "remount,rw", str(place))
        return
    if room == NOT_OURS:
        with _modes_of(place, 0o555, 0o444):
            yield
        return
    filler = place / "filler"
    with filler.open("wb") as file:
        about = os.statvfs(place)
        os.posix_fallocate(file.fileno(), 0, about.f_bavail * about.f_frsize - int(room) or 1)
    yield
    filler.unlink()


@contextmanager
def _modes_of(place: Path, folders: int, files: int) -> Iterator[None]:
    paths = [path for path in (place / "copy").rglob("*") if not path.is_symlink()]
    before = {path: path.stat().st_mode for path in paths}
    for path in paths:
        path.chmod(folders if path.is_dir() else files)
    yield
    for path, mode in before.items():
        path.chmod(mode & 0o7777)


def give_up_rights() -> Callable[[], None]:
    """Root may no more than others may from now on (capset(2))."""
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_3, 0)
    assert ctypes.CDLL(None).capset(header, (ctypes.c_uint32 * 6)()) == 0
    return lambda: None


def trial(folder: Path, each: Trial, kept: Kept | None = None) -> tuple[str, Done]:
    """What is wrong after one, empty where nothing is; and how it ended."""
    arm: Arm = give_up_rights if each.room == NOT_OURS else lambda: lambda: None
    board = kept.put_back() if kept and each.command in ON_BOARD else None
    words = ["--board", board.port, *ON_BOARD[each.command]] if board else []
    what = COMMANDS.get(each.command) or words
    with disk() as place:
        project = Path(shutil.copytree(folder, place / "copy")) / "project"
        before = pixels_of(project)
        with without_room(place, each.room):
            done = run(project, what, arm)
        missing = len(before - pixels_of(project))
        wrong = faults_of(done)
        if missing not in TAKEN_AWAY.get(each.command, (0,)):
            wrong = wrong or f"{missing} photographs are gone"
        if left := litter_in(place):
            wrong = wrong or f"it left {left}"
        wrong = wrong or faults_in(project)
        if board and not wrong:
            settle(project, each.command, board)
        return wrong, done


def tried(folder: Path, command: str, kept: Kept | None, pages_max: int) -> tuple[int, int]:
    """How many trials there were of a command, and how many failed."""
    rooms: list[int | str] = [READ_ONLY, NOT_OURS]
    rooms += [page * PAGE_BYTES for page in (*range(8), *range(8, pages_max, 5))]
    count, failed, ended = 0, 0, []
    for room in rooms:
        each = Trial(command, room)
        try:
            wrong, done = trial(folder, each, kept)
        except Exception as error:
            wrong, done = f"{type(error).__name__}: {error}", Done(70, "")
        count, failed = count + 1, failed + bool(wrong)
        ended.append(done.code)
        if wrong:
            sys.stdout.write(f"{each}: {wrong}\n")
        if isinstance(room, int) and done.code == 0:
            break
    told = f"{sum(code != 0 for code in ended)} of {count} ended in a sentence, {failed} failed"
    sys.stdout.write(f"{command:20} {told}\n")
    sys.stdout.flush()
    return count, failed


def main() -> int:
    """Run all that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    every = [*COMMANDS, *ON_BOARD]
    parser.add_argument("--command", nargs="+", choices=every, default=every)
    parser.add_argument("--pages", type=int, default=120, help="of 4 KB that are free at most")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.stdout.write("Nothing was tried: only root may mount a small disk.\n")
        return 0
    preload()
    with ending_in_order(), tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        stack.enter_context(quick_trainings())
        be_patient(patch := stack.enter_context(pytest.MonkeyPatch.context()))
        be_patient_at_the_repl(patch)
        folder, kept = made(Path(name) / "made"), None
        if set(options.command) & set(ON_BOARD):
            kept = paired_board(stack, Path(name), folder)
        found = [tried(folder, command, kept, options.pages) for command in options.command]
    count, failed = map(sum, zip(*found, strict=True))
    sys.stdout.write(f"{count} trials, {failed} failed\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
