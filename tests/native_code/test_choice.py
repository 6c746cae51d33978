"""Where the MAC16 kernels are chosen: on their chips alone, after a trial noted in flash."""

from pathlib import Path

import numpy as np
import recording

HERE = Path(__file__).resolve().parent

CHOICE = """
import os, sys
os.chdir(sys.argv[1])
if "tinyteach" not in os.listdir():
    os.mkdir("tinyteach")
from agent import VERSION
from agent.tflite import kernels
from agent.vision import kernels as pictures
class Board:
    implementation = type("", (), {"_machine": sys.argv[2], "_mpy": 0})
kernels.sys = Board
print(kernels.best().name)
assert pictures.best().name == kernels.best().name
note = "tinyteach/mac16"
print("mac16" in os.listdir("tinyteach") and open(note).read() == VERSION + " " + sys.version)
"""
# The unit's code as an ESP32-S3 has it is not run here: viper's takes its place, right or wrong.
STANDS_IN = """
import sys
import agent.tflite
from agent.tflite import kernels_viper
from agent.tflite import kernels_mac16 as k
k.prepare = kernels_viper.prepare
def conv_2d(op):
    %s
k.conv_2d, k.add = conv_2d, kernels_viper.add
k.fully_connected = kernels_viper.fully_connected
k.depthwise_conv_2d = kernels_viper.depthwise_conv_2d
from agent.vision import kernels_mac16 as m
if "%s" == "pictures too":
    m.big, m.little, m.across = m.viper.big, m.viper.little, m.viper.across
"""


def choose(micropython, folder, board, before=""):
    printed = micropython.run(before + CHOICE, str(folder), board, path=[HERE])
    return printed.split()


S3 = "Generic ESP32S3 module with Octal-SPIRAM with ESP32S3"


def test_other_boards_have_none(micropython, tmp_path):
    for board in (
        "Generic ESP32S2 module with ESP32S2",
        "A board with ESP32-S2FN4",
        "ESP32-C3",
        "RPI_PICO with RP2040",
        "",
    ):
        assert choose(micropython, tmp_path, board) == ["viper", "False"]


def test_wrong_results(micropython, tmp_path):
    """Here the unit's functions are as compiled without the host's code: they do nothing."""
    assert choose(micropython, tmp_path, S3) == ["viper", "True"]


def test_wrong_pictures(micropython, tmp_path):
    same = STANDS_IN % ("kernels_viper.conv_2d(op)", "")
    assert choose(micropython, tmp_path, S3, same) == ["viper", "True"]


def test_right_results(micropython, tmp_path):
    same = STANDS_IN % ("kernels_viper.conv_2d(op)", "pictures too")
    assert choose(micropython, tmp_path, "ESP32 module with ESP32", same) == ["mac16", "True"]
    assert choose(micropython, tmp_path, S3, same) == ["mac16", "True"]


def test_a_trial_that_did_not_end_is_not_begun_again(micropython, tmp_path):
    dies = STANDS_IN % ("sys.exit(0)", "")
    assert choose(micropython, tmp_path, S3, dies) == []
    same = STANDS_IN % ("kernels_viper.conv_2d(op)", "pictures too")
    assert choose(micropython, tmp_path, S3, same) == ["viper", "False"]
    (tmp_path / "tinyteach" / "mac16").write_text("?another firmware")
    assert choose(micropython, tmp_path, S3, same) == ["mac16", "True"]


def test_a_trial_that_was_stopped_is_begun_again(micropython, tmp_path):
    full = STANDS_IN % ("raise MemoryError", "")
    assert choose(micropython, tmp_path, S3, full) == ["viper", "False"]
    same = STANDS_IN % ("kernels_viper.conv_2d(op)", "pictures too")
    assert choose(micropython, tmp_path, S3, same) == ["mac16", "True"]


def test_the_trial_on_the_boards_code(board_with, tmp_path):
    board, rng = board_with("xtensa"), np.random.default_rng(4)
    views = rng.integers(0, 256, 50 * (60 + 80 + 54 + 120), np.uint8).tobytes()
    results = set()
    for kernels in ("viper", "mac16"):
        given = (board.functions, tmp_path, [kernels])
        notes = recording.run_recorder(board.i386, "record_trial.py", *given)[0]
        results.add(board.play(notes, views, every_step=True))
    assert len(results) == 1 and len(results.pop()) == 50 * (80 + 80 + 8 + 60)
