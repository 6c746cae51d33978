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


class Recorded:
    """Kernels that note, in ``op.parts``, how large each part of an operator's memory is."""

    def __init__(self, chosen):
        self._chosen, self.name = chosen, chosen.name

    def __getattr__(self, name):
        return getattr(self._chosen, name)

    def prepare(self, op):
        size = self._chosen.prepare(op)
        layout = getattr(op, "layout", [])
        ends = [at for _, at in layout[1:]] + [size]
        op.parts = [(name, end - at) for (name, at), end in zip(layout, ends)]  # noqa: B905
        return size


def load(content, chosen, memory):
    """An interpreter in a guarded arena, and of each tensor's view whose memory it is."""
    owners = {}

    def views(model, found, arena):
        made = _tensor_views(model, found, arena)
        owners.update([(id(made[number]), id(block)) for number, block in found.items()])
        return made

    def allocate(size):
        bytearray(size)  # what a board does, and its error
        return memory.region(size)

    model_module.Tensor._constant = lambda tensor, data: kept(memory, _constant(tensor, data))
    interpreter_module.tensor_views, interpreter_module.bytearray = views, allocate
    try:
        model = model_module.Model(io.BytesIO(content), len(content))
        made = interpreter_module.Interpreter(model, Recorded(chosen))
    finally:
        model_module.Tensor._constant = _constant
        interpreter_module.tensor_views = _tensor_views
        interpreter_module.bytearray = bytearray
    guard_constants(made, memory)
    return made, owners


def set_apart(made, owners, memory):
    """Give every tensor, and every part that an operator works in, pages of its own."""
    regions = {}

    def region_of(view):
        owner = owners.get(id(view))
        if owner is None:
            return view  # a constant
        if owner not in regions:
            regions[owner] = memory.region(len(view))
        return regions[owner]

    for op in made.steps:
        for name in ("source", "source2", "target"):
            if hasattr(op, name):
                setattr(op, name, region_of(getattr(op, name)))
        for name, size in op.parts:
            setattr(op, name, memory.region(size))
    for view in made.inputs + made.outputs:
        view.data = region_of(view.data)


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


def additions(made):
    """About how much work an inference is for plain Python."""
    moved = sum([len(op.source) + 4 * len(op.target) for op in made.steps])
    return sum([op.macs + getattr(op, "pooled", 0) for op in made.steps]) + moved


def all_ways(content, chosen, noise, at):
    """The output, the same whichever way."""
    memory = guarded_memory.Memory(at & 1 == 0, 0xA5)
    try:
        made, owners = load(content, chosen, memory)
        results = [invoke(made, noise, at, memory)]
        set_apart(made, owners, memory)
        results.append(invoke(made, noise, at, memory))
        if at & 2 and additions(made) <= _SMALL:
            made, _ = load(content, kernels_reference, memory)
            results.append(invoke(made, noise, at, memory))
    finally:
        memory.free()
    if any([output != results[0] for output in results]):
        return "differs", "ways %r" % [output == results[0] for output in results], results[0]
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
