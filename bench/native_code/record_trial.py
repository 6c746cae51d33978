"""Runs on MicroPython: what native functions the trial of the MAC16 kernels calls.

Arguments: a file of names (JSON, as `record.begin` has them), one for the notes, "viper" or
"mac16". The notes are those of record_model.py.
"""

# MicroPython has no pathlib.
# ruff: noqa: PTH123

import json
import sys

import record

from agent.tflite import mac16_trial


def main(names, notes, name):
    with open(names) as functions, open(notes, "w") as out:
        recorder = record.Recorder(out)
        record.begin(recorder, json.load(functions))
        kernels = record.kernels(name)
        recorder.note("load")
        operators = [mac16_trial.made(each, kernels) for each in mac16_trial.OPERATORS]
        recorder.note("run")
        steps = []
        for op in operators:
            before = recorder.calls
            getattr(kernels, op.kernel)(op)
            recorder.memory(op.source)
            steps.append([op.kernel, recorder.calls - before] + record.place(op.target))
        sources = [record.place(op.source) for op in operators]
        recorder.note("model", sources, record.place(op.target), steps)


main(*sys.argv[1:])
