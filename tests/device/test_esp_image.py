"""What is a whole firmware for a chip, and what only looks like it."""

import random

import pytest

from esp_images import APP_AT, ESP32, ESP32_S3, TABLE_AT, firmware, program
from tinyteach.device.esp.chip import Chip, megabytes
from tinyteach.device.esp.image import check_image, made_for
from tinyteach.errors import FirmwareError

CHIP = Chip("ESP32-S3", 0, "0123456789ab", 2**21)
WHOLE = firmware()


def refusal(content: bytes, chip: Chip = CHIP) -> str:
    with pytest.raises(FirmwareError) as raised:
        check_image(bytes(content), chip, "firmware.bin")
    said = str(raised.value)
    assert said.startswith("firmware.bin ") and said.endswith(".")
    return said


@pytest.mark.parametrize("options", [{}, {"hashed": False}, {"flash_size": 1}], ids=str)
def test_whole(options):
    check_image(firmware(**options), CHIP, "firmware.bin")


@pytest.mark.parametrize("at", [0, APP_AT])
def test_esptool_reads_the_same(at):
    """The images of these tests are images to esptool, too."""
    from esptool.bin_image import LoadFirmwareImage

    read = LoadFirmwareImage("esp32s3", WHOLE[at:])
    assert read.chip_id == ESP32_S3 and read.checksum == read.calculate_checksum()
    assert read.stored_digest == read.calc_digest


def test_boot_loader_elsewhere():
    """An ESP32's begins at 0x1000, and so does its image; its table is at 0x8000 as ever."""
    chip = Chip("ESP32", 0x1000, "0123456789ab", 2**21)
    check_image(firmware(chip_id=ESP32)[:0x7000] + firmware(chip_id=ESP32)[0x8000:], chip, "a")


@pytest.mark.parametrize(
    "content", [b"", b"\xe9", b"UF2\n" * 99, b"<!DOCTYPE html>" * 99], ids=["", "E9", "uf2", "html"]
)
def test_no_image(content):
    assert "no firmware image for an ESP chip" in refusal(content)


def test_other_chip():
    assert "is for ESP32, but the board has ESP32-S3" in refusal(firmware(chip_id=ESP32))
    assert "another chip (number 77)" in refusal(firmware(chip_id=77))


def test_more_flash_than_there_is():
    assert "more flash than the 2 MB" in refusal(firmware(flash_size=3))
    assert "more flash than the 2 MB" in refusal(WHOLE + bytes(2**21))


def test_one_program_alone():
    app = program(random.Random(1).randbytes(90_000))
    assert "one program without boot loader and partition table" in refusal(app)


@pytest.mark.parametrize("size", [20, 5000, TABLE_AT, TABLE_AT + 500, APP_AT, len(WHOLE) - 1])
def test_cut_short(size):
    said = refusal(WHOLE[:size])
    assert "damaged or cut short" in said or size == 20


@pytest.mark.parametrize("hashed", [True, False])
@pytest.mark.parametrize("place", [40, 8000, APP_AT, APP_AT + 30, APP_AT + 20_000])
def test_damaged(place, hashed):
    content = bytearray(firmware(hashed=hashed))
    content[place] ^= 1
    assert "damaged or cut short" in refusal(content)


def test_made_for():
    assert made_for(WHOLE) == "ESP32-S3"
    assert made_for(b"\xff" * 99) is None


def test_megabytes():
    assert [megabytes(n) for n in (2**23, 2**20, 2**19)] == ["8 MB", "1 MB", "512 KB"]
