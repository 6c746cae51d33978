"""Runs on MicroPython: what native functions the trial of the MAC16 kernels calls.

Arguments: a file of names (JSON, as `record.begin` has them), one for the notes, "viper" or
"mac16". The notes are those of record_model.py, of a model of one step.
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
        trial = mac16_trial.Trial()
        kernels.bind(trial, memoryview(bytearray(kernels.prepare(trial))))
        recorder.note("run")
        before = recorder.calls
        kernels.conv_2d(trial)
        recorder.memory(trial.source)
        result = record.place(trial.target)
        step = ["conv_2d", recorder.calls - before] + result
        recorder.note("model", [record.place(trial.source)], result, [step])


main(*sys.argv[1:])
