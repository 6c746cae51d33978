"""Whether the MAC16 kernels compute here what viper's compute.

A core without the unit would end in an exception that nothing catches: so a trial is noted in flash
before it begins, and firmware whose trial did not come to its end is not tried again.
"""

import sys
from array import array

from agent import files
from agent.slots import DIRECTORY
from agent.tflite import kernels_mac16, kernels_viper
from agent.tflite.geometry import SAME, Window

# The firmware's version, with UNFINISHED before it while a trial runs.
NOTE = DIRECTORY + "/mac16"
UNFINISHED = "?"


class Trial:
    """A convolution with an odd patch, edges, and factors that shift both ways."""

    def __init__(self):
        self.kernel, self.bias = "conv_2d", None
        self.window = Window((1, 5, 4, 3), (3, 3), (1, 1), SAME)
        self.patch, self.out_channels = 27, 4
        self.input_zero_point, self.output_zero_point = -3, 5
        self.lowest, self.highest = -120, 121
        self.weights = memoryview(bytes([(7 * k * k + 31 * k) & 255 for k in range(4 * 27)]))
        self.source = memoryview(bytes([(11 * k * k + 77 * k) & 255 for k in range(60)]))
        self.target = memoryview(bytearray(80))
        self.multipliers = array("i", (1 << 30, 0x7FFFFFFF, 0x5A827999, 1 << 30))
        self.shifts = bytearray((32 - 8, 32 - 9, 32 - 10, 32 + 2))


def result(kernels):
    """What a kernels module makes of the trial."""
    op = Trial()
    kernels.bind(op, memoryview(bytearray(kernels.prepare(op))))
    kernels.conv_2d(op)
    return bytes(op.target)


def passes():
    """Whether both come to the same; False where one did not end, or could not be noted."""
    try:
        return noted_trial()
    except OSError:
        return False


def noted_trial():
    noted = noted_firmware()
    if noted == UNFINISHED + sys.version:
        return False
    if noted != sys.version:
        files.replace_text(NOTE, UNFINISHED + sys.version)
    same = result(kernels_mac16) == result(kernels_viper)
    if noted != sys.version:
        files.replace_text(NOTE, sys.version)
    return same


def noted_firmware():
    try:
        return str(files.read_whole(NOTE), "utf8")
    except OSError:
        return ""
