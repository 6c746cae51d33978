"""Runs on MicroPython: damages a model in many ways; it must run or raise ModelError.

Arguments: model file, seed, rounds, kernels' name. Prints how many of the
damaged models still ran and how many were refused.
"""

# MicroPython has no pathlib; printing is how a script answers.
# ruff: noqa: PTH123, T201

import io
import random
import struct
import sys

from run_kernels import kernels

from agent.tflite.errors import ModelError
from agent.tflite.interpreter import Interpreter
from agent.tflite.model import Model

WORDS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def attempt(data, chosen):
    try:
        model = Model(io.BytesIO(data), len(data))
        model.metadata("note")
        Interpreter(model, chosen).invoke()
    except ModelError:
        return False
    return True


def damaged(data):
    copy = bytearray(data)
    for _ in range(random.randint(1, 3)):
        kind = random.randint(0, 2)
        if kind == 0:
            copy[random.randrange(len(copy))] ^= 1 << random.randint(0, 7)
        elif kind == 1:
            copy[random.randrange(len(copy))] = random.randint(0, 255)
        else:
            at = random.randrange(len(copy) // 4) * 4
            struct.pack_into("<I", copy, at, random.choice(WORDS))
    return copy


def main(path, seed, rounds, name):
    with open(path, "rb") as file:
        data = file.read()
    chosen = kernels(name)
    assert attempt(data, chosen)
    assert not any([attempt(data[:length], chosen) for length in range(0, len(data) - 16, 7)])
    random.seed(int(seed))
    ran = sum([attempt(damaged(data), chosen) for _ in range(int(rounds))])
    print(ran, int(rounds) - ran)


main(*sys.argv[1:])
