"""Runs on MicroPython: so many inferences. Arguments: model file, kernels' name, how many."""

# MicroPython has no pathlib.
# ruff: noqa: PTH116, PTH123

import os
import sys

from run_kernels import kernels

from agent.tflite.interpreter import Interpreter
from agent.tflite.model import Model


def main(path, name, times):
    with open(path, "rb") as file:
        interpreter = Interpreter(Model(file, os.stat(path)[6]), kernels(name))
    for _ in range(int(times)):
        interpreter.invoke()


main(*sys.argv[1:])
