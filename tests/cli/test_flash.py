"""flash and restore: the real esptool against an emulated boot loader, with and without faults."""

import json
import random
import re
import sys

import pytest
import serial
from serial.tools.list_ports_common import ListPortInfo

from esp_images import firmware
from rom_loader import FLASH_BYTES, MAC, EmulatedBoard
from tinyteach import paths
from tinyteach.cli.exit_codes import exit_code_of
from tinyteach.errors import (
    BoardNotFoundError,
    BoardRefusedError,
    FirmwareError,
    LinkError,
    MissingToolError,
    VerificationError,
)
from tinyteach.extras import how_to_add

# What was on the board: a firmware and, far behind it, somebody's files.
OLD = (random.Random(1).randbytes(30_000) + b"\xff" * 150_000 + b"files").ljust(
    FLASH_BYTES, b"\xff"
)
NEW = firmware(seed=2)
WRITTEN = NEW.ljust(FLASH_BYTES, b"\xff")


@pytest.fixture(autouse=True)
def untraced(monkeypatch):
    """esptool writes down each byte for a trace that nobody sees: most of these tests' time."""
    monkeypatch.setattr("esptool.loader.HexFormatter.__str__", lambda self: "")


@pytest.fixture
def esp():
    """A board in its boot loader."""
    board = EmulatedBoard(OLD)
    yield board
    board.port.pull()


@pytest.fixture
def image(tmp_path):
    file = tmp_path / "firmware.bin"
    file.write_bytes(NEW)
    return file


@pytest.fixture
def flash(tinyteach, esp, image):
    """flash(*options) writes NEW to the board."""
    return lambda *options: tinyteach("-b", esp.port.name, "flash", image, *options)


@pytest.fixture
def restore(tinyteach, esp):
    return lambda *options: tinyteach("-b", esp.port.name, "restore", *options)


def kept():
    """The contents of all backups."""
    return [path.read_bytes() for path in sorted(paths.backups_dir().glob("*.bin"))]


def sentence(result) -> str:
    """The one sentence of a command that failed."""
    assert result.code != 0 and result.err.startswith("tinyteach: "), result
    assert result.err.count("\n") == 1 and result.err.endswith(".\n"), result.err
    return result.err


def test_there_and_back(flash, restore, esp):
    done = flash()
    assert (done.code, done.err) == (0, "") and esp.flash == WRITTEN
    assert kept() == [OLD] and not list(paths.backups_dir().glob("*.part"))
    assert "Backing up 256 KB to " in done.out and "'tinyteach restore' puts it back" in done.out
    assert f"Next: tinyteach --board {esp.port.name} pair" in done.out
    back = restore()
    assert (back.code, back.err) == (0, "") and esp.flash == OLD
    assert "has again what it had" in back.out


def test_json(flash, restore, esp, put_backup):
    put_backup(OLD)
    said = json.loads(flash("--no-backup", "--json").out)
    assert (said["chip"], said["mac"], said["bytes"]) == ("ESP32-S3", MAC, len(NEW))
    assert said["port"] == esp.port.name and said["backup"] is None
    said = json.loads(restore("--json").out)
    assert said["bytes"] == FLASH_BYTES and esp.flash == OLD


def test_no_backup(flash, esp):
    assert flash("--no-backup").code == 0
    assert esp.flash == WRITTEN and kept() == []


def test_which_image(tinyteach):
    done = tinyteach("flash")
    assert done.code == 0 and "XIAO_ESP32S3 in its name" in done.out and "https://" in done.out
    assert "BOOTSEL" in done.out and "OpenMV IDE" in done.out and "AI_THINKER" in done.out
    chips = {hint["chip"] for hint in json.loads(tinyteach("flash", "--json").out)}
    assert {"ESP32", "ESP32-S3", "RP2040", "RP2350", "STM32H743"} <= chips


OTHER_BOARDS = [
    ((0x2E8A, 0x0005), "hold its BOOTSEL button while you connect it, and copy"),
    ((0x37C5, 0x1204), "connect it in OpenMV IDE, which writes OpenMV's firmware"),
    ((0x2341, 0x045F), "connect it in OpenMV IDE"),
    ((0xF055, 0x9800), r"as micropython\.org/download says"),
]


@pytest.mark.parametrize(("ids", "way"), OTHER_BOARDS, ids=lambda value: str(value))
@pytest.mark.parametrize("command", [("flash", "firmware.bin"), ("restore",)])
def test_board_that_is_no_esp_board(tinyteach, monkeypatch, tmp_path, ids, way, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "firmware.bin").touch()
    port = ListPortInfo("/dev/ttyACM7")
    port.vid, port.pid = ids
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: [port])
    result = tinyteach("-b", "/dev/ttyACM7", *command)
    assert re.search(way, sentence(result)) and "BOOT button" not in result.err
    assert result.code == exit_code_of(BoardRefusedError)


def test_virtual_board_has_no_firmware_to_be_written(tinyteach, image):
    assert tinyteach("boards", "start", "--name", "desk").code == 0
    try:
        result = tinyteach("-b", "desk", "flash", image)
        assert "is a virtual board" in sentence(result) and "--board desk pair" in result.err
    finally:
        tinyteach("boards", "stop", "--name", "desk")


# A pulled cable: the same command again completes


def test_pulled_while_backing_up(flash, esp):
    at = random.Random(3).randrange(10_000, FLASH_BYTES)
    esp.port.pull_at = {"to_host": at}
    result = flash()
    assert "goes on where this one stopped" in sentence(result)
    assert result.code == exit_code_of(LinkError) and kept() == [] and esp.flash == OLD
    esp.replug()
    assert flash().code == 0
    assert kept() == [OLD] and esp.flash == WRITTEN
    # What the first try had read was not read again, but for the piece that was cut.
    assert esp.port.counts["to_host"] < FLASH_BYTES - at + 65_536 + 10_000


@pytest.mark.parametrize("at", random.Random(4).sample(range(25_000, 55_000), 2))
def test_pulled_while_writing(flash, esp, at):
    """What is half-written is never taken for what was on the board."""
    esp.port.pull_at = {"to_board": at}
    result = flash("--no-backup")
    assert "what is on it is incomplete" in sentence(result)
    assert result.code == exit_code_of(LinkError) and esp.flash != WRITTEN
    esp.replug()
    done = flash()
    assert done.code == 0 and esp.flash == WRITTEN and kept() == []
    assert "so what is on it now is not backed up; there is no backup" in done.out


def test_pulled_while_writing_after_a_backup(flash, restore, esp):
    esp.port.pull_at = {"to_board": 40_000}
    assert "incomplete" in sentence(flash())
    esp.replug()
    assert restore().code == 0 and esp.flash == OLD and len(kept()) == 1


@pytest.mark.parametrize("at", [22_000, 38_000])
def test_pulled_while_restoring(restore, esp, put_backup, at):
    put_backup(OLD)
    esp.flash[:] = WRITTEN
    esp.port.pull_at = {"to_board": at}
    assert "incomplete" in sentence(restore())
    esp.replug()
    assert restore().code == 0 and esp.flash == OLD


def test_pulled_while_connecting(flash, esp):
    esp.port.pull_at = {"to_board": 3000}
    result = flash()
    assert "hold the board's BOOT button" in sentence(result) and esp.flash == OLD
    assert result.code == exit_code_of(BoardNotFoundError)


# Bytes that get lost, flash that fails


def test_byte_lost_while_backing_up(flash, esp):
    esp.port.lose_at = 150_000
    result = flash()
    assert "Reading the flash" in sentence(result) and result.code == exit_code_of(LinkError)
    assert flash().code == 0 and kept() == [OLD] and esp.flash == WRITTEN


def test_answer_lost_while_writing(flash, esp, monkeypatch):
    """esptool sends that block again."""
    begin = esp._begin

    def and_lose(*arguments):
        begin(*arguments)
        esp.port.lose_at = esp.port.counts["to_host"] + 5

    monkeypatch.setitem(EmulatedBoard._commands, 16, lambda board, *rest: and_lose(*rest))
    assert flash("--no-backup").code == 0 and esp.flash == WRITTEN
    assert esp.port.lose_at is None


def test_wrong_md5(flash, esp):
    esp.wrong_md5 = True
    result = flash("--no-backup")
    assert "another MD5" in sentence(result) and result.code == exit_code_of(VerificationError)
    esp.wrong_md5 = False
    assert flash("--no-backup").code == 0 and esp.flash == WRITTEN


def test_flash_that_cannot_be_written(flash, esp):
    esp.write_error = True
    result = flash("--no-backup")
    assert "Writing the flash" in sentence(result) and "again" in result.err
    assert result.code == exit_code_of(LinkError)


# What is refused before anything is written


def refused(result, esp, error=FirmwareError) -> str:
    assert result.code == exit_code_of(error) and esp.flash == OLD
    return sentence(result)


def test_image_for_another_chip(flash, esp, image):
    image.write_bytes(firmware(chip_id=0))
    assert "is for ESP32, but the board has ESP32-S3" in refused(flash(), esp)


def test_board_with_another_chip(tinyteach, image):
    board = EmulatedBoard(OLD, chip_id=5)
    try:
        result = tinyteach("-b", board.port.name, "flash", image)
        assert "is for ESP32-S3, but the board has ESP32-C3" in refused(result, board)
    finally:
        board.port.pull()


def test_locked_board(flash, esp):
    esp.locked = True
    assert "locked" in refused(flash(), esp, BoardRefusedError)


def test_missing_image(flash, esp, image):
    image.unlink()
    assert "cannot be read (no such file or directory)" in refused(flash(), esp)


def test_silent_port(tinyteach, image, esp, monkeypatch):
    from tinyteach.device.esp import flash as esp_flash

    monkeypatch.setattr(esp_flash, "CONNECT_ATTEMPTS", 1)
    monkeypatch.setattr(esp, "_handle", lambda frame: None)
    result = tinyteach("-b", esp.port.name, "flash", image)
    assert "hold the board's BOOT button" in refused(result, esp, BoardNotFoundError)


def test_busy_port(flash, esp):
    with serial.Serial(esp.port.name, exclusive=True):
        assert "is in use" in refused(flash(), esp, BoardNotFoundError)


def test_esptool_is_missing(flash, restore, esp, monkeypatch):
    monkeypatch.setitem(sys.modules, "tinyteach.device.esp.flash", None)
    for command in (flash, restore):
        assert how_to_add("flash") in refused(command(), esp, MissingToolError)


def test_backup_that_has_no_room(flash, esp):
    paths.backups_dir().parent.mkdir(parents=True)
    paths.backups_dir().write_text("in the way")
    assert "The backup cannot be written" in refused(flash(), esp)
    assert "backups cannot be made (file exists)" in refused(flash("--no-backup"), esp)


# Ctrl-C


def test_stopped_while_backing_up(flash, esp, monkeypatch):
    stop(monkeypatch, "read")
    result = flash()
    assert result.code == 130 and "nothing was written to the board" in sentence(result)
    assert esp.flash == OLD and kept() == []


def test_stopped_while_writing(flash, esp, monkeypatch):
    with monkeypatch.context() as patch:
        stop(patch, "write")
        result = flash("--no-backup")
        assert result.code == 130 and "incomplete, so run the same command" in sentence(result)
    assert flash("--no-backup").code == 0 and esp.flash == WRITTEN


def stop(monkeypatch, method):
    """Ctrl-C comes while the board is read, or written."""
    from tinyteach.device.esp.flash import EspFlash

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(EspFlash, method, interrupt)


# Which backup


@pytest.fixture
def put_backup():
    """put_backup(content) keeps a backup of the emulated board, or of ``mac``."""
    from tinyteach.device.esp.chip import Chip
    from tinyteach.service.flash import backups

    def put(content, mac=MAC, chip="ESP32-S3"):
        of = Chip(chip, 0, mac, len(content))
        paths.backups_dir().mkdir(parents=True, exist_ok=True)
        backups.part_file(of).write_bytes(content)
        path = backups.new_name(of)
        backups.keep(of, path)
        return path

    return put


def test_no_backup_of_this_board(restore, esp, put_backup):
    put_backup(WRITTEN, mac="0" * 12)
    assert f"no backup of this board ({MAC})" in refused(restore(), esp)


def test_backup_of_another_board(restore, esp, put_backup):
    path = put_backup(WRITTEN, mac="0" * 12)
    assert "is of another board (000000000000)" in refused(restore(path), esp)
    assert restore(path, "--any-board").code == 0 and esp.flash == WRITTEN


def test_backup_by_another_tool(restore, esp, tmp_path):
    path = tmp_path / "dump.bin"
    path.write_bytes(WRITTEN)
    assert "is of an unknown board" in refused(restore(path), esp)
    assert restore(path, "--any-board").code == 0 and esp.flash == WRITTEN


def test_backup_for_another_chip_or_size(restore, esp, put_backup, tmp_path):
    path = put_backup(WRITTEN, chip="ESP32")
    assert "is 256 KB of ESP32, but" in refused(restore(path, "--any-board"), esp)
    path = put_backup(WRITTEN[:-4096])
    assert "choose a backup of this board" in refused(restore(path, "--any-board"), esp)


def test_damaged_backup(restore, esp, put_backup):
    path = put_backup(WRITTEN)
    path.write_bytes(WRITTEN[:-1] + b"\0")
    assert "is damaged" in refused(restore(), esp)
    path.unlink()
    assert "cannot be read" in refused(restore(path), esp)
