"""Runs on MicroPython: every model of a cases file on each of its vectors.

Arguments: cases file, file for the outputs, kernels' name. A case is the
model's length, the number of vectors and the bytes of one vector (u32 each),
the model or a ROMFS image that holds it, the vectors. Outputs are written one after the other.
"""

# MicroPython has no pathlib; printing is how a script answers.
# ruff: noqa: PTH116, PTH123, PTH208, SIM115, T201

import io
import os
import struct
import sys

import vfs
from run_kernels import kernels

from agent.tflite.interpreter import Interpreter
from agent.tflite.model import Model

ROMFS = b"\xd2\xcd\x31"
PLACE = "/rom/model.tflite"


def opened(content):
    """The model of a file without memory of its own, or of one that lies mapped in ROMFS."""
    if content[:3] != ROMFS:
        return Model(io.BytesIO(content), len(content))
    if "rom" in os.listdir("/"):
        vfs.umount("/rom")
    vfs.mount(vfs.VfsRom(content), "/rom")
    model = Model(open(PLACE, "rb"), os.stat(PLACE)[6])
    assert model.reader.in_place is not None
    return model


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
    content = source.read(model_bytes)
    interpreter = Interpreter(opened(content), chosen)
    if content[:3] != ROMFS:
        content = None  # only an interpreter in place has no copy
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
