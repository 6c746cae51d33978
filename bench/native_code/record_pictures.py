"""Runs on MicroPython: what native functions preprocessing calls, into a file of notes.

Arguments: a file of names (JSON, as `record.begin` has them), one for the notes, one of pictures
(JSON): [[side, side of the result, pixel format, rows that come at once], ...], and the row
functions' name. The notes are those of record_model.py, the picture the input of a model of two
steps: one gives the result between margins, the other the margin behind the sums of a row. Margins
are MARGIN bytes of FILL.
"""

# MicroPython has no pathlib.
# ruff: noqa: PTH123

import json
import sys
from array import array

import record
import uctypes

from agent.vision import area

MARGIN, FILL = 64, b"\xa5"


def with_margin(code, content):
    return array(code, content + MARGIN * FILL)


area.array = with_margin


def record_picture(recorder, chosen, side, side_out, pixel_format, portion):
    recorder.start()
    recorder.note("load")
    resizer = area.AreaResizer(side, side_out, pixel_format, chosen)
    picture = bytearray(side * resizer.row_bytes)
    size = 3 * side_out * side_out
    out = bytearray(FILL * (size + 2 * MARGIN))
    recorder.memory(picture)
    recorder.memory(out)
    resizer.begin(memoryview(out)[MARGIN : MARGIN + size])
    recorder.note("run")
    for row in range(0, side, portion):
        count = min(portion, side - row)
        resizer.rows(picture, row * resizer.row_bytes, resizer.row_bytes, count)
    result = record.place(out)
    recorder.note(
        "model",
        [record.place(picture)],
        result,
        [["preprocessing", recorder.calls] + result, ["sums", 0] + margin_of(resizer._across)],
    )


def margin_of(sums):
    return [uctypes.addressof(sums) + 4 * len(sums) - MARGIN, MARGIN]


def main(names, notes, pictures, name):
    with open(names) as functions, open(notes, "w") as out, open(pictures) as wanted:
        recorder = record.Recorder(out)
        record.begin(recorder, json.load(functions))
        chosen = record.kernels(name, "vision")
        for each in json.load(wanted):
            record_picture(recorder, chosen, *each)


main(*sys.argv[1:])
