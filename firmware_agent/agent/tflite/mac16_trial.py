"""Whether the MAC16 kernels compute here what viper's compute, of models and of pictures.

A core without the unit would end in an exception that nothing catches: so a trial is noted in flash
before it begins, and where one did not come to its end the same agent tries that firmware no more.
"""

import sys
from array import array

from agent import VERSION, files, seldom
from agent.slots import DIRECTORY
from agent.tflite import kernels_mac16, kernels_viper
from agent.tflite.geometry import SAME, VALID, Window
from agent.vision.area import RGB565_BE, RGB565_LE, AreaResizer

# The agent's and the firmware's version, with UNFINISHED before it while a trial runs.
VERSIONS = VERSION + " " + sys.version
NOTE = DIRECTORY + "/mac16"
UNFINISHED = "?"


class Convolution:
    """With an odd patch, edges, and factors that shift both ways."""

    def __init__(self):
        self.kernel, self.bias = "conv_2d", None
        self.window = Window((1, 5, 4, 3), (3, 3), (1, 1), SAME)
        self.patch, self.out_channels, self.origin = 27, 4, 128
        self.input_zero_point, self.output_zero_point = -3, 5
        self.lowest, self.highest = -120, 121
        self.weights = memoryview(bytes([(7 * k * k + 31 * k) & 255 for k in range(4 * 27)]))
        self.source = memoryview(bytes([(11 * k * k + 77 * k) & 255 for k in range(60)]))
        self.target = memoryview(bytearray(80))
        self.multipliers = array("i", (1 << 30, 0x7FFFFFFF, 0x5A827999, 1 << 30))
        self.shifts = bytearray((32 - 8, 32 - 9, 32 - 10, 32 + 2))


class Addition:
    """Of one input as it is and one at three quarters."""

    def __init__(self):
        self.kernel, self.elements = "add", 80
        self.source = memoryview(bytes([(11 * k * k + 77 * k) & 255 for k in range(80)]))
        self.source2 = memoryview(bytes([(5 * k * k + 3 * k) & 255 for k in range(80)]))
        self.target = memoryview(bytearray(80))
        self.first, self.second = (-7, 1 << 30, 32), (9, 0x60000000, 32 - 1)
        self.multiplier, self.shift = 0x5A827999, 32 - 18
        self.output_zero_point, self.lowest, self.highest = 4, -128, 127


class Dense:
    """Two rows of an odd number of inputs, and factors far from each other."""

    def __init__(self):
        self.kernel, self.bias = "fully_connected", None
        self.window = Window((1, 1, 2, 27), (1, 1), (1, 1), VALID)
        self.patch, self.out_channels, self.origin = 27, 4, 128
        self.input_zero_point, self.output_zero_point = 6, -2
        self.lowest, self.highest = -128, 127
        self.weights = memoryview(bytes([(7 * k * k + 31 * k) & 255 for k in range(4 * 27)]))
        self.source = memoryview(bytes([(11 * k * k + 77 * k) & 255 for k in range(54)]))
        self.target = memoryview(bytearray(8))
        self.mantissas = array(
            "H", (0, 0, 0, 16, 1, 2, 3, 24, 0xFFFF, 0xFFFF, 0xFFFF, 31, 5, 0, 7, 16)
        )
        self.exponents = bytearray((60, 61, 62, 63))


class Depthwise:
    """Windows that go down further than across, and factors of which one is the short way's."""

    def __init__(self):
        self.kernel, self.bias = "depthwise_conv_2d", None
        self.window = Window((1, 8, 5, 3), (3, 3), (2, 1), SAME)
        self.out_channels, self.depth_multiplier, self.origin = 3, 1, 128
        self.input_zero_point, self.output_zero_point = 7, -4
        self.lowest, self.highest = -128, 100
        self.weights = memoryview(bytes([(7 * k * k + 31 * k) & 255 for k in range(27)]))
        self.source = memoryview(bytes([(11 * k * k + 77 * k) & 255 for k in range(120)]))
        self.target = memoryview(bytearray(60))
        self.multipliers = array("i", (1 << 30, 0x7FFFFFFF, 0x5A827999))
        self.shifts = bytearray((32 - 8, 32 - 9, 32 - 3))


OPERATORS = (Convolution, Addition, Dense, Depthwise)


def made(operator, kernels):
    """An operator with its memory."""
    op = operator()
    kernels.bind(op, memoryview(bytearray(kernels.prepare(op))))
    return op


def results(kernels):
    """What a kernels module makes of the trial."""
    found = []
    for operator in OPERATORS:
        op = made(operator, kernels)
        getattr(kernels, op.kernel)(op)
        found.append(bytes(op.target))
    return found


def pictures(name):
    """What the row functions of that name make of one with rows and columns on two outputs' edges.

    Of both orders of bytes.
    """
    rows = seldom.use("vision.kernels_" + name)
    return [_resized(pixel_format, rows) for pixel_format in (RGB565_BE, RGB565_LE)]


def _resized(pixel_format, rows):
    picture = bytes([(7 * k * k + 31 * k) & 255 for k in range(800)])
    out = memoryview(bytearray(192))
    resizer = AreaResizer(20, 8, pixel_format, rows)
    resizer.begin(out)
    resizer.rows(picture, 0, 40, 20)
    return bytes(out)


def passes():
    """Whether both come to the same; False where one did not end, or could not be noted."""
    try:
        return noted_trial()
    except (MemoryError, OSError):
        return False


def noted_trial():
    noted = noted_firmware()
    if noted == UNFINISHED + VERSIONS:
        return False
    if noted != VERSIONS:
        files.replace_text(NOTE, UNFINISHED + VERSIONS)
    try:
        same = results(kernels_mac16) == results(kernels_viper)
        same = same and pictures("mac16") == pictures("viper")
    except (KeyboardInterrupt, MemoryError):  # nothing is known of the unit then
        files.remove(NOTE)
        raise
    if noted != VERSIONS:
        files.replace_text(NOTE, VERSIONS)
    return same


def noted_firmware():
    try:
        return str(files.read_whole(NOTE), "utf8")
    except OSError:
        return ""
