"""Runs on MicroPython: times the agent's interpreter on one input, prints one JSON object.

Arguments: model file, file with the input tensor, ``viper`` or ``reference``, repeats.
"""

# MicroPython has no pathlib; printing is how a script answers.
# ruff: noqa: PTH123, T201

import binascii
import gc
import json
import sys
import time

from agent.tflite.interpreter import Interpreter
from agent.tflite.model import Model


def kernels_named(name):
    if name == "viper":
        from agent.tflite import kernels_viper

        return kernels_viper
    from agent.tflite import kernels_reference

    return kernels_reference


def content_of(path):
    with open(path, "rb") as file:
        return file.read()


def duration_us(interpreter):
    start = time.ticks_us()
    interpreter.invoke()
    return time.ticks_diff(time.ticks_us(), start)


def main(model, tensor, name, repeats):
    interpreter = Interpreter(Model(content_of(model)), kernels_named(name))
    interpreter.input.data[:] = content_of(tensor)
    gc.collect()
    if name == "viper":
        interpreter.invoke()  # warm
    durations = [duration_us(interpreter) for _ in range(int(repeats))]
    crc = binascii.crc32(interpreter.output.data) & 0xFFFFFFFF
    print(json.dumps({"durations_us": durations, "crc32": crc}))


main(*sys.argv[1:])
