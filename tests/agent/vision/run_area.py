"""Runs on MicroPython: resizes every picture of a cases file.

Arguments: cases file, file for the outputs, row functions' name. A case is
seven u32 (side, out side, format, rows at a time, left margin, stride, 1 for a
buffer typed as signed bytes) and the rows. Prints the number of pictures, and of those that were
taken two pixels a word.
"""

# MicroPython has no pathlib; printing is how a script answers.
# ruff: noqa: PTH123, T201

import struct
import sys
from array import array

from agent.vision.area import AreaResizer


def kernels(name):
    if name == "thumb":
        import thumb_by_ffi  # noqa: F401 - goes where the kernels look for thumb_rows
    return __import__("agent.vision.kernels_" + name, None, None, ("name",))


def run_case(header, source, chosen):
    side, out_side, pixel_format, step, left, stride, typed = struct.unpack("<7I", header)
    frame = source.read(side * stride)
    if typed:
        frame = memoryview(array("b", frame))
    out = bytearray(3 * out_side * out_side)
    resizer = AreaResizer(side, out_side, pixel_format, chosen)
    resizer.begin(out)
    for row in range(0, side, step):
        count = min(step, side - row)
        resizer.rows(frame, left + row * stride, stride, count)
    assert resizer.complete
    # Memory for rows in portions is made when the first come.
    return out, resizer._totals is None


def main(cases, results, name):
    done, packed, chosen = 0, 0, kernels(name)
    with open(cases, "rb") as source, open(results, "wb") as out:
        header = source.read(28)
        while header:
            picture, at_once = run_case(header, source, chosen)
            out.write(picture)
            done += 1
            packed += at_once
            header = source.read(28)
    print(done, packed)


main(*sys.argv[1:])
