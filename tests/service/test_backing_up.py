"""A backup grows from where an earlier try was cut off, as long as the flash is the same."""

import stat
from hashlib import md5

import pytest

from tinyteach.device.esp.chip import Chip
from tinyteach.service.flash import backups
from tinyteach.service.flash.backing_up import PIECE_BYTES, back_up

CHIP = Chip("ESP32-S3", 0, "0123456789ab", 4 * PIECE_BYTES)
CONTENT = bytes(range(256)) * (CHIP.flash_bytes // 256)


class FakeFlash:
    """Says which pieces were read."""

    chip = CHIP

    def __init__(self, content=CONTENT):
        self.content, self.starts = content, []

    def read(self, start, size):
        self.starts.append(start // PIECE_BYTES)
        return self.content[start : start + size]

    def md5(self, start, size):
        return md5(self.content[start : start + size]).hexdigest()


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TINYTEACH_HOME", str(tmp_path))
    backups.backups_dir().mkdir(parents=True)


def take(flash):
    said, seen = [], []
    path = back_up(flash, lambda *progress: seen.append(progress), said.append)
    return path, said, seen


def test_whole():
    flash = FakeFlash()
    path, said, seen = take(flash)
    assert path.read_bytes() == CONTENT and flash.starts == [0, 1, 2, 3]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600  # it may hold a board's key
    assert len(said) == 1 and f"Backing up 256 KB to {path}, which takes about " in said[0]
    assert seen[-1] == ("Backing up", CHIP.flash_bytes, CHIP.flash_bytes)
    assert backups.read_backup(path)[1].mac == CHIP.mac
    assert backups.newest(CHIP.mac) == path and backups.newest("0" * 12) is None


@pytest.mark.parametrize(
    ("part", "starts"),
    [
        (CONTENT[: 2 * PIECE_BYTES], [2, 3]),
        (CONTENT[: 2 * PIECE_BYTES + 77], [2, 3]),
        (b"\1" + CONTENT[1 : 2 * PIECE_BYTES], [0, 1, 2, 3]),
        (b"", [0, 1, 2, 3]),
        (CONTENT, []),
        (CONTENT + b"more", []),
    ],
    ids=["pieces", "cut in a piece", "other content", "empty", "whole", "too long"],
)
def test_resumed(part, starts):
    backups.part_file(CHIP).write_bytes(part)
    flash = FakeFlash()
    path, _, _ = take(flash)
    assert path.read_bytes() == CONTENT and flash.starts == starts
    assert not backups.part_file(CHIP).exists()


def test_incomplete_flash_is_not_backed_up():
    path, _, _ = take(FakeFlash())
    backups.begin_rewriting(CHIP, path)
    flash = FakeFlash(b"half" * (CHIP.flash_bytes // 4))
    again, said, _ = take(flash)
    assert again == path and flash.starts == [] and str(path) in said[0]
    backups.end_rewriting(CHIP)
    later, _, _ = take(flash)
    assert later.read_bytes() == flash.content


def test_newest_is_by_time():
    for name in ("2026-01-09-120000", "2026-01-10-080000", "2025-12-31-235959"):
        (backups.backups_dir() / f"{CHIP.mac}-esp32-s3-{name}.bin").touch()
    assert backups.newest(CHIP.mac).name.endswith("2026-01-10-080000.bin")


def test_a_clock_that_was_set_back_makes_no_backup_older():
    before = backups.backups_dir() / f"{CHIP.mac}-esp32-s3-2999-12-31-235959.bin"
    before.write_bytes(b"older")
    path, _, _ = take(FakeFlash())
    assert path.name.endswith("3000-01-01-000000.bin") and before.read_bytes() == b"older"
    assert backups.newest(CHIP.mac) == path
    before.with_name(f"{CHIP.mac}-esp32-s3-of mine.bin").touch()
    backups.new_name(CHIP)
