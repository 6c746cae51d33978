"""Runs on MicroPython: what native functions preprocessing calls, into a file of notes.

Arguments: a file of names (JSON, as `record.begin` has them), one for the notes, one of pictures
(JSON): [[side, side of the result, pixel format, rows that come at once], ...], and the row
functions' name. The notes are those of record_model.py, the picture the input of a model of one
step.
"""

# MicroPython has no pathlib.
# ruff: noqa: PTH123

import json
import sys

import record

from agent.vision import area


def record_picture(recorder, chosen, side, side_out, pixel_format, portion):
    recorder.start()
    recorder.note("load")
    resizer = area.AreaResizer(side, side_out, pixel_format, chosen)
    picture = bytearray(side * resizer.row_bytes)
    out = bytearray(3 * side_out * side_out)
    recorder.memory(picture)
    recorder.memory(out)
    resizer.begin(memoryview(out))
    recorder.note("run")
    for row in range(0, side, portion):
        count = min(portion, side - row)
        resizer.rows(picture, row * resizer.row_bytes, resizer.row_bytes, count)
    result = record.place(out)
    recorder.note(
        "model",
        [record.place(picture)],
        result,
        [["preprocessing", recorder.calls] + result],
    )


def main(names, notes, pictures, name):
    with open(names) as functions, open(notes, "w") as out, open(pictures) as wanted:
        recorder = record.Recorder(out)
        record.begin(recorder, json.load(functions))
        chosen = record.kernels(name, "vision")
        for each in json.load(wanted):
            record_picture(recorder, chosen, *each)


main(*sys.argv[1:])
