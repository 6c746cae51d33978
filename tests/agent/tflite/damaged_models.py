"""Model files damaged as chance or malice would: bytes, lengths, and fields that still parse."""

from functools import lru_cache
from random import Random

import flatbuffers
import numpy as np
from op_models import schema

NUMBERS = (0, 1, 2, 3, 4, 7, 64, 65, 127, 128, 255, 4095, 4096, 4097, 65535, 65536)
NUMBERS += (1 << 24, (1 << 24) + 1, (1 << 30) - 1, 1 << 30, (1 << 31) - 1, -1, -2, -128, -(1 << 31))
BYTES = (0, 1, 2, 3, 4, 7, 0x7F, 0x80, 0xFE, 0xFF)
SCALES = (0.0, -1.0, 1e-45, 1e-38, 1e-20, 1e-6, 1.0, 1e6, 1e20, 3e38, float("inf"), float("nan"))
CODES = (0, 1, 3, 4, 6, 9, 14, 17, 18, 22, 25, 34, 39, 40, 43, 70, 114)
CODES += (2, 28, 32, 44, 60, 98, 117, 127, 255)
LARGE = 256  # bytes of a buffer that are weights


def damaged(choices: Random, model: bytes) -> bytes:
    """The model with one to three things wrong."""
    how = choices.choice((flipped, flipped, fields, fields, fields, truncated))
    return how(choices, model)


@lru_cache
def structure(model: bytes) -> list[tuple[int, int]]:
    """Ranges of the file that are not weights, of which an embedding mostly consists."""
    buffers = schema.ModelT.InitFromPackedBuf(model, 0).buffers
    ranges, at = [], 0
    contents = [bytes(b.data) for b in buffers if b.data is not None and len(b.data) > LARGE]
    for start, end in sorted((model.find(c), model.find(c) + len(c)) for c in contents):
        if start > at:
            ranges.append((at, start))
        at = max(at, end)
    return [*ranges, (at, len(model))]


def flipped(choices: Random, model: bytes) -> bytes:
    """Bits, bytes and words of the structure, now and then of the weights."""
    copy, ranges = bytearray(model), structure(model)
    for _ in range(choices.randint(1, 3)):
        start, end = choices.choice(ranges) if choices.randrange(10) else (0, len(model))
        at = choices.randrange(start, end)
        kind = choices.randrange(4)
        if kind == 0:
            copy[at] ^= 1 << choices.randrange(8)
        elif kind == 1:
            copy[at] = choices.choice((*BYTES, choices.randrange(256)))
        elif kind == 2:
            word = choices.choice(NUMBERS) & 0xFFFFFFFF
            at -= at % 4
            copy[at : at + 4] = word.to_bytes(4, "little")
        else:
            other = choices.randrange(*choices.choice(ranges))
            at, other = at - at % 4, other - other % 4
            copy[at : at + 4], copy[other : other + 4] = (
                copy[other : other + 4],
                copy[at : at + 4],
            )
    return bytes(copy[: len(model)])


def truncated(choices: Random, model: bytes) -> bytes:
    """Cut short, or longer than it was, or a piece gone from the middle."""
    at = choices.randrange(len(model))
    kind = choices.randrange(3)
    if kind == 0:
        return model[:at]
    if kind == 1:
        return model + choices.randbytes(choices.randint(1, 64))
    return model[:at] + model[at + choices.randint(1, 64) :]


def fields(choices: Random, model: bytes) -> bytes:
    """Values of the tables changed, the file written anew, all its offsets right."""
    tree = schema.ModelT.InitFromPackedBuf(model, 0)
    for _ in range(choices.randint(1, 2)):
        if tree.subgraphs[0].operators:
            choices.choice(CHANGES)(choices, tree)
    builder = flatbuffers.Builder(len(model) + 4096)
    try:
        builder.Finish(tree.Pack(builder), b"TFL3")
    except Exception:  # the field has no room for that value
        return flipped(choices, model)
    return bytes(builder.Output())


def number(choices: Random, near: int = 0) -> int:
    """At the limits of something, or next to the value that is there."""
    beside = (near - 1, near + 1, 2 * near, near // 2)
    return choices.choice((choices.choice(beside), choices.choice(NUMBERS)))


def changed(choices: Random, values, pick) -> np.ndarray:
    """A vector with one value another, or one more, or one fewer, or two exchanged."""
    found = [] if values is None else list(values)
    kind = choices.randrange(4)
    if kind == 0 or not found:
        found.append(pick(choices, found[0] if found else 0))
    elif kind == 1:
        found.pop(choices.randrange(len(found)))
    elif kind == 2:
        one, other = (choices.randrange(len(found)) for _ in range(2))
        found[one], found[other] = found[other], found[one]
    else:
        at = choices.randrange(len(found))
        found[at] = pick(choices, found[at])
    return found


def shape(choices: Random, tree) -> None:
    tensor = choices.choice(tree.subgraphs[0].tensors)
    tensor.shape = np.array(
        [n & 0xFFFFFFFF for n in map(int, changed(choices, tensor.shape, number))], np.uint32
    ).view(np.int32)


def tensor_type(choices: Random, tree) -> None:
    choices.choice(tree.subgraphs[0].tensors).type = choices.choice((0, 1, 2, 3, 4, 7, 9, 17, 60))


def buffer_of(choices: Random, tree) -> None:
    tensor = choices.choice(tree.subgraphs[0].tensors)
    tensor.buffer = choices.choice((0, 1, choices.randrange(len(tree.buffers)), len(tree.buffers)))


def buffer_content(choices: Random, tree) -> None:
    """Shorter, longer, none, or two exchanged."""
    one, other = (choices.choice(tree.buffers) for _ in range(2))
    if choices.randrange(2):
        one.data, other.data = other.data, one.data
        return
    content = b"" if one.data is None else bytes(one.data)
    size = abs(number(choices, len(content))) % (4 * len(content) + 64)
    content = (content + choices.randbytes(64) * (size // 64 + 1))[:size]
    one.data = np.frombuffer(content, np.uint8)


def quantisation(choices: Random, tree) -> None:
    tensor = choices.choice(tree.subgraphs[0].tensors)
    params, kind = tensor.quantization, choices.randrange(5)
    if params is None or kind == 0:
        tensor.quantization = None
    elif kind == 1:
        params.quantizedDimension = choices.choice((0, 1, 2, 3, 4, -1, 1 << 30))
    elif kind == 2:
        points = changed(choices, params.zeroPoint, lambda c, n: number(c, int(n)))
        params.zeroPoint = np.array([int(n) for n in points], np.int64)
    else:
        scales = changed(choices, params.scale, lambda c, _: c.choice(SCALES))
        params.scale = np.array(scales, np.float32)


def place(choices: Random, tree):
    """A function that picks a tensor's number, also one that is none's."""
    count = len(tree.subgraphs[0].tensors)
    return lambda c, _: c.choice((c.randrange(count), c.randrange(count), -1, count, 1 << 30))


def operands(choices: Random, tree) -> None:
    """Whoever reads or writes tensors: an operator or the graph."""
    graph = tree.subgraphs[0]
    who = choices.choice([*(graph.operators or []), graph])
    if choices.randrange(2):
        who.inputs = np.array(changed(choices, who.inputs, place(choices, tree)), np.int32)
    else:
        who.outputs = np.array(changed(choices, who.outputs, place(choices, tree)), np.int32)


def order(choices: Random, tree) -> None:
    """Operators or tensors exchanged, given twice or left out."""
    graph = tree.subgraphs[0]
    name = choices.choice(("operators", "tensors"))
    setattr(graph, name, changed(choices, getattr(graph, name), lambda _, each: each))


def code(choices: Random, tree) -> None:
    entry = choices.choice(tree.operatorCodes)
    if choices.randrange(2):
        entry.builtinCode = choices.choice(CODES)
        entry.deprecatedBuiltinCode = min(entry.builtinCode, 127)
    else:
        choices.choice(tree.subgraphs[0].operators).opcodeIndex = choices.randrange(
            len(tree.operatorCodes) + 1
        )


def options(choices: Random, tree) -> None:
    """One of an operator's options, or all of another's."""
    one, other = (choices.choice(tree.subgraphs[0].operators) for _ in range(2))
    values = vars(one.builtinOptions) if one.builtinOptions else {}
    if not values or choices.randrange(6) == 0:
        one.builtinOptionsType, one.builtinOptions = other.builtinOptionsType, other.builtinOptions
        return
    name = choices.choice(sorted(values))
    value = values[name]
    if isinstance(value, float):
        value = choices.choice(SCALES)
    elif value is None or isinstance(value, (int, bool)):
        value = number(choices, int(value or 0))
    setattr(one.builtinOptions, name, value)


CHANGES = (shape, shape, tensor_type, buffer_of, buffer_content, quantisation, quantisation)
CHANGES += (operands, operands, order, code, options, options)
