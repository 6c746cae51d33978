"""Random models of what other people's exports hold: other types, and operators at graphs' ends."""

import flatbuffers
import numpy as np
import random_models as ordinary
from op_models import Graph, Op, Operator, Options, Tensor, one_operator, schema, write
from random_models import geometry, set_window, vectors, zero_point

QUANTISE = (Options.QuantizeOptions, schema.QuantizeOptionsT())


def scale_of(rng) -> float:
    return float(np.float32(10 ** rng.uniform(-3, 0.5)))


def some_shape(rng, rank: int, most: int = 7) -> tuple[int, ...]:
    return tuple(int(rng.integers(1, most)) for _ in range(rank))


def max_pool(rng):
    """(model, vectors) of a random MAX_POOL_2D."""
    return max_pool_of(rng, geometry(rng), int(rng.integers(1, 9)))


def max_pool_of(rng, sizes, depth):
    size, filter_size, strides, padding, out = sizes
    shape, scale, zero = (1, *size, depth), float(rng.uniform(0.01, 1)), zero_point(rng)
    options = schema.Pool2DOptionsT()
    options.filterHeight, options.filterWidth = filter_size
    set_window(options, strides, padding, int(rng.choice(ordinary.ACTIVATIONS)))
    target = Tensor((1, *out, depth), scale, zero)
    entry = (Options.Pool2DOptions, options)
    return one_operator(Op.MAX_POOL_2D, [Tensor(shape, scale, zero)], target, entry), vectors(
        rng, shape
    )


def logistic(rng):
    """(model, vectors) of a random LOGISTIC, on every input byte."""
    return logistic_of(rng, (int(rng.integers(1, 4)), 256))


def logistic_of(rng, shape):
    source = Tensor(shape, float(np.float32(10 ** rng.uniform(-4, 1))), zero_point(rng))
    model = one_operator(Op.LOGISTIC, [source], Tensor(shape, 1 / 256, -128))
    return model, [[bytes_of_all(rng, shape)]]


def bytes_of_all(rng, shape) -> np.ndarray:
    """int8 values, each one of 256 there if the shape has so many."""
    values = np.resize(np.arange(-128, 128), int(np.prod(shape)))
    return rng.permutation(values).astype(np.int8).reshape(shape)


def quantise(rng):
    """(model, vectors) of a random QUANTIZE between int8 and uint8, on every input byte."""
    return quantise_of(rng, (1, 256))


def quantise_of(rng, shape):
    types = [np.dtype(rng.choice(["int8", "uint8"])).type for _ in range(2)]
    scale, zeros = scale_of(rng), [zero_point(rng), zero_point(rng)]
    other = scale * float(rng.choice([1, 1, 0.3, 2.7, 1e-3, 1e4]))
    if rng.integers(3) == 0:  # every value stays
        other, zeros = scale, [zeros[0]] * 2
    points = [z + 128 * (t is np.uint8) for z, t in zip(zeros, types, strict=True)]
    source, target = (
        Tensor(shape, s, z, dtype=t) for s, z, t in zip((scale, other), points, types, strict=True)
    )
    return one_operator(Op.QUANTIZE, [source], target, QUANTISE), [[bytes_of_all(rng, shape)]]


def transpose(rng):
    """(model, vectors) of a random TRANSPOSE of one to five dimensions, one of them often 1."""
    rank = int(rng.integers(1, 6))
    shape = list(some_shape(rng, rank))
    for _ in range(max(int(rng.integers(3)), rank - 4)):
        shape[int(rng.integers(rank))] = 1
    if len([n for n in shape if n > 1]) > 4:
        shape[0] = 1
    return transpose_of(rng, tuple(shape))


def transpose_of(rng, shape):
    order = rng.permutation(len(shape)).astype(np.int32)
    scale, zero = scale_of(rng), zero_point(rng)
    tensors = [Tensor(shape, scale, zero), Tensor((), 1, 0, order)]
    target = Tensor(tuple(shape[i] for i in order), scale, zero)
    options = (Options.TransposeOptions, schema.TransposeOptionsT())
    return one_operator(Op.TRANSPOSE, tensors, target, options), vectors(rng, shape)


def other_shape(rng):
    """(model, vectors): EXPAND_DIMS or SQUEEZE, then an addition."""
    shape = (1, *some_shape(rng, 2))
    graph, scale, zero = Graph(), scale_of(rng), zero_point(rng)
    source = graph.add(Tensor(shape, scale, zero))
    if rng.integers(2):
        options = schema.SqueezeOptionsT()
        options.squeezeDims = np.array([0], np.int32)
        code, entry, inputs, out = Op.SQUEEZE, (Options.SqueezeOptions, options), [], shape[1:]
    else:
        axis = graph.add(Tensor((), 1, 0, np.array([1], np.int32)))
        code, entry, inputs = Op.EXPAND_DIMS, None, [axis]
        entry, out = (Options.ExpandDimsOptions, schema.ExpandDimsOptionsT()), (1, 1, *shape[1:])
    lying = graph.add(Tensor(out, scale, zero))
    total = graph.add(Tensor(out, 3 * scale, zero_point(rng)))
    graph.operators = [
        Operator(code, [source, *inputs], [lying], entry),
        Operator(Op.ADD, [lying, lying], [total], (Options.AddOptions, schema.AddOptionsT())),
    ]
    return write(graph, [source], [total]), vectors(rng, shape)


def other_ends(rng):
    """(model, vectors): an addition of int8 between ends of uint8 or float32."""
    shape, graph = (1, *some_shape(rng, 3)), Graph()
    kinds = [np.dtype(rng.choice(["uint8", "float32"])).type for _ in range(2)]
    scale, zero = scale_of(rng), zero_point(rng)
    outer = graph.add(Tensor(shape, scale, zero + 128, dtype=kinds[0]))
    inner = graph.add(Tensor(shape, scale, zero))
    total = graph.add(Tensor(shape, 2.3 * scale, zero_point(rng)))
    last = graph.add(Tensor(shape, 1.7 * scale, 100, dtype=kinds[1]))
    leaving = Op.QUANTIZE if kinds[1] is np.uint8 else Op.DEQUANTIZE
    graph.operators = [
        Operator(Op.QUANTIZE, [outer], [inner], QUANTISE),
        Operator(Op.ADD, [inner, inner], [total], (Options.AddOptions, schema.AddOptionsT())),
        Operator(leaving, [total], [last], QUANTISE if leaving == Op.QUANTIZE else None),
    ]
    return write(graph, [outer], [last]), vectors(rng, shape)


def unsigned(make):
    """The maker of the same models of uint8, their weights with any zero point."""

    def made(rng):
        return unsigned_model(rng, make)

    return made


def unsigned_model(rng, make):
    while True:  # until the weights have one scale
        model, given = make(rng)
        tree = schema.ModelT.InitFromPackedBuf(model, 0)
        tensors = tree.subgraphs[0].tensors
        if all(len(tensor.quantization.scale) == 1 for tensor in tensors):
            return as_unsigned(rng, tree), given


def as_unsigned(rng, tree) -> bytes:
    """All of int8 as uint8 of values 128 more; constants of four or two dimensions are weights."""
    graph = tree.subgraphs[0]
    for tensor in graph.tensors:
        if tensor.type == schema.TensorType.INT8:
            tensor.type = schema.TensorType.UINT8
            data = tree.buffers[tensor.buffer].data
            is_weights = data is not None and len(graph.operators[0].inputs) > 1
            point = int(tensor.quantization.zeroPoint[0]) + 128
            tensor.quantization.zeroPoint = [zero_point(rng) + 128 if is_weights else point]
            if data is not None:
                tree.buffers[tensor.buffer].data = np.asarray(data, np.uint8) ^ 128
    _scale_biases(graph)
    builder = flatbuffers.Builder(1024)
    builder.Finish(tree.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _scale_biases(graph) -> None:
    """As LiteRT's kernels of uint8 want them: input scale * weight scale, in float32."""
    for operator in graph.operators:
        if len(operator.inputs) > 2:
            scales = [graph.tensors[n].quantization.scale for n in operator.inputs]
            product = np.float32(scales[0][0]) * np.float32(scales[1][0])
            graph.tensors[operator.inputs[2]].quantization.scale = [product]


UNSIGNED = ("conv", "conv_of_pairs", "depthwise", "dense", "add", "mul", "average_pool", "mean")
UNSIGNED += ("pad", "softmax")

MAKERS = {
    "max_pool": max_pool,
    "logistic": logistic,
    "quantise": quantise,
    "transpose": transpose,
    "other_shape": other_shape,
    "other_ends": other_ends,
    "unsigned_max_pool": unsigned(max_pool),
    "unsigned_logistic": unsigned(logistic),
    "unsigned_transpose": unsigned(transpose),
    **{f"unsigned_{name}": unsigned(ordinary.MAKERS[name]) for name in UNSIGNED},
}
