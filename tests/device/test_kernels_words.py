"""A board whose chip has a unit that its agent does not use says so."""

from dataclasses import fields

import pytest

from tinyteach.device.wire.board_info import BoardInfo

S3 = "Generic ESP32S3 module with Octal-SPIRAM with ESP32S3"


def board(**known) -> BoardInfo:
    return BoardInfo(**{field.name: known.get(field.name) for field in fields(BoardInfo)})


@pytest.mark.parametrize(
    "machine",
    [S3, "Generic ESP32 module with ESP32", "XIAO with ESP32-S3", "TinyPICO with ESP32-PICO-D4"],
)
def test_a_unit_that_did_not_pass(machine):
    assert "did not pass its trial" in board(machine=machine, kernels="viper").kernels_words
    assert board(machine=machine, kernels="mac16").kernels_words == "mac16 kernels"


@pytest.mark.parametrize("machine", ["Generic ESP32S2 module with ESP32S2", "linux [GCC 12]", ""])
def test_chips_without_one(machine):
    assert board(machine=machine, kernels="viper").kernels_words == "viper kernels"
