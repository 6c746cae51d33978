"""Runs on MicroPython: what native functions a model's inference calls, into a file of notes.

Arguments: a file of names (JSON, as `record.begin` has them), one for the notes, a folder of models
0, 1, ..., and "viper" or "mac16". Of each model there are ["load"], the notes of loading it,
["run"], those of one inference (what is called does not depend on the inputs), and

    ["model", [[input's address, bytes], ...], [output's address, bytes],
     [[a step's kernel, calls, its result's address, bytes], ...]]
"""

# MicroPython has no pathlib.
# ruff: noqa: PTH116, PTH118, PTH123, PTH208

import json
import os
import sys

import record

from agent.tflite.interpreter import Interpreter
from agent.tflite.model import Model


def record_model(recorder, path, chosen):
    recorder.start()
    recorder.note("load")
    with open(path, "rb") as file:
        interpreter = Interpreter(Model(file, os.stat(path)[6]), chosen)
    recorder.note("run")
    calls = []
    for step in interpreter.steps:
        before = recorder.calls
        step.run(step)
        calls.append(recorder.calls - before)
    for view in interpreter.inputs:
        recorder.memory(view.data)
    recorder.memory(interpreter.output.data)
    recorder.note(
        "model",
        [record.place(view.data) for view in interpreter.inputs],
        record.place(interpreter.output.data),
        [
            [step.kernel, count] + record.place(step.target)
            for step, count in zip(interpreter.steps, calls)  # noqa: B905 - not MicroPython's
        ],
    )


def main(names, notes, folder, name):
    with open(names) as functions, open(notes, "w") as out:
        recorder = record.Recorder(out)
        record.begin(recorder, json.load(functions))
        chosen = record.kernels(name)
        for number in range(len(os.listdir(folder))):
            record_model(recorder, f"{folder}/{number}", chosen)


main(*sys.argv[1:])
