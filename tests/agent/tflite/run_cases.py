"""Runs on MicroPython: every model of a cases file on each of its vectors.

Arguments: cases file, file for the outputs, kernels' name. A case is the
model's length, the number of vectors and the bytes of one vector (u32 each),
the model, the vectors. Outputs are written one after the other.
"""

# MicroPython has no pathlib; printing is how a script answers.
# ruff: noqa: PTH123, T201

import io
import struct
import sys

from run_kernels import kernels

from agent.tflite.interpreter import Interpreter
from agent.tflite.model import Model


def run_vector(interpreter, vector):
    at = 0
    for view in interpreter.inputs:
        size = len(view.data)
        view.data[:] = vector[at : at + size]
        at += size
    assert at == len(vector)
    interpreter.invoke()
    assert bytes(interpreter.inputs[0].data) == vector[: len(interpreter.inputs[0].data)]
    return bytes(interpreter.output.data)


def run_case(source, out, chosen):
    header = source.read(12)
    if not header:
        return False
    model_bytes, count, vector_bytes = struct.unpack("<III", header)
    interpreter = Interpreter(Model(io.BytesIO(source.read(model_bytes)), model_bytes), chosen)
    for _ in range(count):
        out.write(run_vector(interpreter, source.read(vector_bytes)))
    return True


def main(cases, results, name):
    done = 0
    with open(cases, "rb") as source, open(results, "wb") as out:
        chosen = kernels(name)
        while run_case(source, out, chosen):
            done += 1
    print(done)


main(*sys.argv[1:])
