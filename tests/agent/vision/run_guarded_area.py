"""Runs on MicroPython: random pictures, with guard bands around all that the row functions touch.

Arguments: the first seed, how many, row functions' name. A picture and the output lie in pages of
their own (guarded_memory), at their end or start; what the resizer allocates between known words.
Prints the seeds in which something was written outside, or that differ from the plain functions.
"""

# MicroPython's way to answer.
# ruff: noqa: T201

import random
import sys
from array import array

import guarded_memory

from agent.vision import area, kernels_reference

MARGIN, WORD = 64, 0x5A5A5A5A
FORMATS = (1, 2, 3, 4, 6, 7)
SIDES = (8, 9, 12, 16, 31, 32, 33, 64, 65, 96, 127, 128, 240)
OUTS = (1, 2, 3, 4, 8, 16, 32, 63, 64, 65, 96, 127, 128, 160, 192, 223, 224)


class Between:
    """Arrays of words between margins."""

    def __init__(self):
        self._whole = []

    def array(self, code, data):
        whole = array(code, [WORD] * (2 * MARGIN + len(data) // 4))
        inside = memoryview(whole)[MARGIN : len(whole) - MARGIN]
        for i, value in enumerate(array(code, data)):
            inside[i] = value
        self._whole.append(whole)
        return inside

    def intact(self):
        ends = [list(whole[:MARGIN]) + list(whole[-MARGIN:]) for whole in self._whole]
        return all([end == [WORD] * (2 * MARGIN) for end in ends])


def case_of(seed):
    """(side, out side, format, left, stride, rows at a time)."""
    random.seed(seed)
    side = random.choice(SIDES + (random.randint(8, 130),))
    out = random.choice(OUTS + (random.randint(1, 224),))
    pixel_format = random.choice(FORMATS)
    row = side * area.PIXEL_BYTES[pixel_format]
    left, right = (random.choice((0, 0, 1, 2, 4, random.randint(0, 40))) for _ in range(2))
    step = random.choice((side, side, 1, random.randint(1, side)))
    return side, out, pixel_format, left, left + row + right, step


def picture(size):
    value = random.choice((0, 255, None, None))
    if value is not None:
        return bytes([value]) * size
    noise = bytes([random.getrandbits(8) for _ in range(min(size, 509))])
    return (noise * (size // len(noise) + 1))[:size]


def resized(case, content, chosen, memory, between):
    side, out_side, pixel_format, left, stride, step = case
    area.array, area.bytearray = between.array, memory.region
    frame, out = memory.kept(content), memory.region(3 * out_side * out_side)
    resizer = area.AreaResizer(side, out_side, pixel_format, chosen)
    resizer.begin(out)
    for row in range(0, side, step):
        resizer.rows(frame, left + row * stride, stride, min(step, side - row))
    assert resizer.complete
    return bytes(out)


def once(seed, chosen):
    case = case_of(seed)
    side, _, pixel_format, left, stride, _ = case
    # The last row's margin is not there: the picture ends with its last pixel.
    content = picture(left + (side - 1) * stride + side * area.PIXEL_BYTES[pixel_format])
    memory, between = guarded_memory.Memory(seed & 1, 0xA5), Between()
    try:
        result = resized(case, content, chosen, memory, between)
        return result, memory.intact() and between.intact()
    finally:
        memory.free()
        area.array, area.bytearray = array, bytearray


def is_right(seed, chosen):
    result, intact = once(seed, chosen)
    side, out, _, _, _, _ = case_of(seed)
    small = side * side + side * out + out * out < 3000
    return intact and (not small or result == once(seed, kernels_reference)[0])


def main(first, count, name):
    seeds = range(int(first), int(first) + int(count))
    if name == "thumb":
        import thumb_by_ffi  # noqa: F401 - goes where the kernels look for thumb_rows
    chosen = __import__("agent.vision.kernels_" + name, None, None, ("name",))
    print([seed for seed in seeds if not is_right(seed, chosen)])


main(*sys.argv[1:])
