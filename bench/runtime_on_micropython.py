"""Runs on MicroPython: times the agent's runtime on one input, prints one JSON object.

Arguments: model file, file with the input tensor, ``viper`` or ``reference``, repeats.
"""

# MicroPython has no pathlib; printing is how a script answers.
# ruff: noqa: PTH116, PTH123, T201

import binascii
import gc
import json
import os
import sys
import time

from agent.tflite.interpreter import Interpreter
from agent.tflite.model import Model
from agent.vision.area import AreaResizer
from tinyteach_protocol.messages import RGB565_BE

FRAME_SIDE = 240  # of the frame that preprocessing is timed on


def kernels_named(name):
    if name == "viper":
        from agent.tflite import kernels_viper

        return kernels_viper
    from agent.tflite import kernels_reference

    return kernels_reference


def content_of(path):
    with open(path, "rb") as file:
        return file.read()


def taken_us(action, *arguments):
    start = time.ticks_us()
    action(*arguments)
    return time.ticks_diff(time.ticks_us(), start)


def steps_us(interpreter):
    """What each operator takes, in order."""
    return [taken_us(op.run, op) for op in interpreter.steps]


def preprocess(resizer, tensor, frame):
    resizer.begin(tensor)
    resizer.rows(frame, 0, 2 * FRAME_SIDE, FRAME_SIDE)


def preprocess_us(view, repeats):
    """A frame at best, not the first; None where the model does not take square RGB images."""
    shape = view.shape
    if len(shape) != 4 or shape[1] != shape[2] or shape[1] > FRAME_SIDE or shape[3] != 3:
        return None
    frame = bytes(2 * FRAME_SIDE * FRAME_SIDE)
    resizer = AreaResizer(FRAME_SIDE, shape[1], RGB565_BE)
    gc.collect()
    return min([taken_us(preprocess, resizer, view.data, frame) for _ in range(repeats)])


def main(model, tensor, name, repeats):
    repeats = int(repeats)
    kernels = kernels_named(name)
    start = time.ticks_us()
    with open(model, "rb") as file:
        interpreter = Interpreter(Model(file, os.stat(model)[6]), kernels)
    load_us = time.ticks_diff(time.ticks_us(), start)
    interpreter.input.data[:] = content_of(tensor)
    gc.collect()
    if name == "viper":
        interpreter.invoke()  # warm
    durations = [taken_us(interpreter.invoke) for _ in range(repeats)]
    answer = {"durations_us": durations, "load_us": load_us}
    answer["crc32"] = binascii.crc32(interpreter.output.data) & 0xFFFFFFFF
    answer["arena_bytes"] = interpreter.arena_bytes
    steps = [steps_us(interpreter) for _ in range(repeats)]
    answer["steps_us"] = [min([run[i] for run in steps]) for i in range(len(steps[0]))]
    taken = preprocess_us(interpreter.input, repeats)
    if taken is not None:
        answer["preprocess_us"] = taken
    print(json.dumps(answer))


main(*sys.argv[1:])
