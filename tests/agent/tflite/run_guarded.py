"""Runs on MicroPython: each model that comes in, with guard bands around all that kernels touch.

Arguments: a file of noise for the inputs, kernels' name. A request is two u32 (bytes of the model,
where in the noise its inputs begin) and the model; the answer one line (verdict, a sentence, bytes
that follow) and the output. Each model runs twice: in the arena that is planned for it, and with
every tensor and every part of the working memory in pages of its own, at their end or (where
the inputs' place is odd) at their start; small ones, half of the time, with the plain kernels, too.
Verdicts: ran, refused, wrote (outside), differs, raised.
"""

# MicroPython has no pathlib, and not every build has f-strings.
# ruff: noqa: PTH123, UP031

import gc
import io
import struct
import sys
from array import array

import guarded_memory
from run_kernels import kernels

from agent.tflite import interpreter as interpreter_module
from agent.tflite import kernels_reference
from agent.tflite import model as model_module
from agent.tflite.errors import ModelError

# Constants that only native code reads; the others are indexed in Python.
CONSTANTS = ("bias", "multipliers", "shifts", "mantissas", "exponents", "table", "turns")
# Additions that plain Python makes in a moment.
_SMALL = 6000

_constant = model_module.Tensor._constant
_tensor_views = interpreter_module.tensor_views


class Wrote(Exception):
    """A kernel wrote outside of what is its own."""


class Apart:
    """Kernels whose working memory lies in regions, part by part."""

    def __init__(self, chosen, memory):
        self._chosen, self._memory = chosen, memory
        self.name = chosen.name

    def __getattr__(self, name):
        return getattr(self._chosen, name)

    def prepare(self, op):
        op.work_bytes = self._chosen.prepare(op)
        return op.work_bytes

    def bind(self, op, workspace):
        parts = op.layout if hasattr(op, "layout") else []
        ends = [at for _, at in parts[1:]] + [op.work_bytes]
        self._chosen.bind(op, workspace)
        for (name, at), end in zip(parts, ends):  # noqa: B905
            setattr(op, name, self._memory.region(end - at))


def views_apart(memory):
    def views(model, found, arena):
        regions, made = {}, {}
        for number, tensor in enumerate(model.tensors):
            block = found.get(number)
            if block:
                if id(block) not in regions:
                    regions[id(block)] = memory.region(tensor.elements)
                made[number] = regions[id(block)]
            elif tensor.data is not None:
                made[number] = tensor.data
        return made

    return views


def planned_arena(memory):
    def allocate(size):
        bytearray(size)  # what a board does, and its error
        return memory.region(size)

    return allocate


def load(content, chosen, memory, apart):
    """An interpreter whose memory is guarded."""
    model_module.Tensor._constant = lambda tensor, data: kept(memory, _constant(tensor, data))
    if apart:
        interpreter_module.tensor_views = views_apart(memory)
        chosen = Apart(chosen, memory)
    else:
        interpreter_module.bytearray = planned_arena(memory)
    try:
        model = model_module.Model(io.BytesIO(content), len(content))
        made = interpreter_module.Interpreter(model, chosen)
    finally:
        model_module.Tensor._constant = _constant
        interpreter_module.tensor_views = _tensor_views
        interpreter_module.bytearray = bytearray
    guard_constants(made, memory)
    return made


def kept(memory, data):
    return None if data is None else memory.kept(data)


def guard_constants(made, memory):
    if made.kernels_name == "reference":
        return
    for op in made.steps:
        for name in CONSTANTS:
            value = getattr(op, name, None)
            if isinstance(value, (array, bytearray)):
                setattr(op, name, memory.kept(value))


def invoke(made, noise, at, memory):
    """The outputs after the inputs from ``at`` on in the noise."""
    for view in made.inputs:
        for start in range(0, len(view.data), len(noise)):
            part = view.data[start : start + len(noise)]
            first = min(len(part), len(noise) - at)
            part[:first] = noise[at : at + first]
            part[first:] = noise[: len(part) - first]
        at = (at + len(view.data)) % len(noise)
    for number, op in enumerate(made.steps):
        op.run(op)
        if not memory.intact():
            raise Wrote("operator %d, %s" % (number, op.kernel))
    return b"".join([bytes(view.data) for view in made.outputs])


def once(content, chosen, noise, at, how):
    apart, at_end, fill = how
    memory = guarded_memory.Memory(at_end, fill)
    try:
        made = load(content, chosen, memory, apart)
        return made, invoke(made, noise, at, memory)
    finally:
        memory.free()


def additions(made):
    """About how much work an inference is for plain Python."""
    moved = sum([len(op.source) + 4 * len(op.target) for op in made.steps])
    return sum([op.macs + getattr(op, "pooled", 0) for op in made.steps]) + moved


# In pages of their own, at the end of the pages, what they hold at first.
ARENA, APART, APART_AT_START = (False, True, 0x5A), (True, True, 0xA5), (True, False, 0x3C)


def all_ways(content, chosen, noise, at):
    """The output, the same whichever way."""
    apart = APART_AT_START if at & 1 else APART
    results = [once(content, chosen, noise, at, ARENA)[1]]
    made, output = once(content, chosen, noise, at, apart)
    results.append(output)
    if at & 2 and additions(made) <= _SMALL:
        results.append(once(content, kernels_reference, noise, at, apart)[1])
    for number, output in enumerate(results):
        if output != results[0]:
            return "differs", "way %d" % number, results[0]
    return "ran", "%d" % len(results), results[0]


def answer(content, chosen, noise, at):
    try:
        return all_ways(content, chosen, noise, at)
    except ModelError as error:
        return "refused", str(error), b""
    except Wrote as error:
        return "wrote", str(error), b""
    except Exception as error:
        return "raised", repr(error), b""


def main(noise_path, name):
    chosen = kernels(name)
    with open(noise_path, "rb") as file:
        noise = file.read()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while True:
        header = source.read(8)
        if not header:
            return
        size, at = struct.unpack("<II", header)
        verdict, sentence, output = answer(source.read(size), chosen, noise, at)
        sink.write(b"%s|%s|%d\n" % (verdict.encode(), sentence.encode(), len(output)) + output)
        gc.collect()


main(*sys.argv[1:])
