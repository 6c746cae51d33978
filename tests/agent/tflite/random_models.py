"""Random single-operator models: ordinary ones and ones at the edges of the arithmetic."""

import math

import numpy as np
from op_models import (
    NONE,
    RELU,
    RELU6,
    RELU_N1_TO_1,
    SAME,
    VALID,
    Graph,
    Op,
    Operator,
    Options,
    Tensor,
    one_operator,
    schema,
    write,
)

ACTIVATIONS = (NONE, RELU, RELU6, RELU_N1_TO_1)


def random_bytes(rng, shape) -> np.ndarray:
    """int8 values: uniform, or (one time in four) only the two extremes."""
    if rng.integers(4) == 0:
        return rng.choice(np.array([-128, 127], np.int8), shape)
    return rng.integers(-128, 128, shape).astype(np.int8)


def zero_point(rng) -> int:
    return int(rng.choice([-128, 127, 0, rng.integers(-128, 128)]))


def vectors(rng, *shapes, count=2):
    return [[random_bytes(rng, shape) for shape in shapes] for _ in range(count)]


def weighted_scales(rng, patch: int, channels: int):
    """(input, weight, output) scales; now and then a product far above 1 or tiny."""
    source = float(np.float32(rng.uniform(0.001, 0.2)))
    per_channel = rng.integers(2) == 1 and channels > 1
    weight = rng.uniform(0.0005, 0.02, channels if per_channel else 1).astype(np.float32)
    typical = source * float(weight.mean()) * 74 * math.sqrt(patch)
    spread = rng.choice([0.3, 1.0, 3.0, 1e-4, 1e5], p=[0.3, 0.3, 0.2, 0.1, 0.1])
    return source, weight, float(np.float32(typical * spread * rng.uniform(0.5, 2)))


def random_bias(rng, channels: int) -> np.ndarray | None:
    size = int(rng.choice([0, 1000, 100_000, 2**30]))
    if size == 0 and rng.integers(2):
        return None
    return rng.integers(-size, size + 1, channels).astype(np.int32)


def weighted_tensors(rng, source_shape, weights_shape, axis, patch, weights=random_bytes):
    channels = weights_shape[axis]
    scales = weighted_scales(rng, patch, channels)
    tensors = [
        Tensor(source_shape, scales[0], zero_point(rng)),
        Tensor((), scales[1], 0, weights(rng, weights_shape), axis),
    ]
    bias = random_bias(rng, channels)
    if bias is not None:
        tensors.append(Tensor((), scales[0] * scales[1], 0, bias))
    return tensors, scales[2]


def ensure_bias(tensors, channels) -> None:
    """Some operators of LiteRT refuse to run without a bias."""
    if len(tensors) == 2:
        tensors.append(Tensor((), tensors[1].scale, 0, np.zeros(channels, np.int32)))


def window_size(rng):
    """(input, filter, stride) along one axis, the filter no larger than the input."""
    size = int(rng.integers(1, 12))
    return size, int(rng.integers(1, min(size, 5) + 1)), int(rng.integers(1, 4))


def windowed(size, filter_size, stride, padding):
    return -(-size // stride) if padding == SAME else (size - filter_size) // stride + 1


def geometry(rng):
    (h, fh, sy), (w, fw, sx) = window_size(rng), window_size(rng)
    padding = int(rng.choice([SAME, VALID]))
    return (
        (h, w),
        (fh, fw),
        (sy, sx),
        padding,
        (
            windowed(h, fh, sy, padding),
            windowed(w, fw, sx, padding),
        ),
    )


def set_window(options, strides, padding, activation):
    options.padding, options.strideH, options.strideW = padding, *strides
    options.fusedActivationFunction = activation
    return options


def conv(rng):
    """(model, vectors) of a random CONV_2D."""
    depth, channels = int(rng.integers(1, 20)), int(rng.integers(1, 12))
    return convolution(rng, geometry(rng), depth, channels)


def conv_of_pairs(rng):
    """The same over an even number of columns, with weights narrow enough for two pixels at once.

    Now and then a turn of 16 weights is as wide as it may be, or wider by one.
    """
    size, stride = tuple(int(2 * rng.integers(1, 7)) for _ in range(2)), int(rng.integers(1, 3))
    filter_size = int(rng.choice([1, 3, 5]))
    depth, channels = int(rng.choice([1, 3, 8, 16, 40, 80])), int(rng.integers(1, 40))
    out = tuple(windowed(side, filter_size, stride, SAME) for side in size)
    sizes = (size, (filter_size,) * 2, (stride,) * 2, SAME, out)
    return convolution(rng, sizes, depth, channels, narrow_bytes)


def conv_of_wide_pairs(rng):
    """The same with weights of every width side by side, and now and then a last pixel alone."""
    filter_size = int(rng.choice([1, 1, 3]))
    stride = 1 if filter_size == 1 else int(rng.integers(1, 3))
    size = int(rng.integers(1, 8)), int(rng.integers(1, 8)) * (1 if filter_size == 1 else 2)
    depth, channels = int(rng.choice([16, 24, 40, 67])), int(rng.integers(16, 30))
    out = tuple(windowed(side, filter_size, stride, SAME) for side in size)
    sizes = (size, (filter_size,) * 2, (stride,) * 2, SAME, out)
    return convolution(rng, sizes, depth, channels, mixed_bytes)


def mixed_bytes(rng, shape) -> np.ndarray:
    """int8 weights, each channel's as wide as a turn of 16, of 4 or of 2 allows."""
    weights = rng.integers(-128, 128, shape).astype(np.int8)
    for channel in weights:
        # Divided by 8 or 2, 16 or 4 of them add up to 256 or 255 at most.
        kind = rng.choice(["16", "4", "2", "extremes"])
        if kind == "extremes":
            channel[:] = rng.choice(np.array([-128, 127], np.int8), channel.shape)
        elif kind != "2":
            np.floor_divide(channel, 8 if kind == "16" else 2, out=channel)
    return weights


def narrow_bytes(rng, shape) -> np.ndarray:
    """int8 weights of which 16 add up to 255 in magnitude at most, or somewhere to 256."""
    weights = rng.integers(-15, 16, shape).astype(np.int8)
    for channel in weights.reshape(shape[0], -1):
        start = 16 * int(rng.integers(-(-len(channel) // 16)))
        turn = channel[start : start + 16]
        turn[:] = 0
        places = rng.permutation(len(turn))[:2]
        turn[places] = rng.choice(np.array([-128, 127], np.int8), len(places))
    if rng.integers(4):  # −128 twice would be one too many
        np.copyto(weights, np.maximum(weights, -127))
    return weights


def convolution(rng, sizes, depth, channels, weights=random_bytes):
    size, filter_size, strides, padding, out = sizes
    patch = filter_size[0] * filter_size[1] * depth
    shape = (1, *size, depth)
    shapes = shape, (channels, *filter_size, depth)
    tensors, scale = weighted_tensors(rng, *shapes, 0, patch, weights)
    ensure_bias(tensors, channels)
    options = schema.Conv2DOptionsT()
    options.dilationHFactor = options.dilationWFactor = 1
    set_window(options, strides, padding, int(rng.choice(ACTIVATIONS)))
    target = Tensor((1, *out, channels), scale, zero_point(rng))
    model = one_operator(Op.CONV_2D, tensors, target, (Options.Conv2DOptions, options))
    return model, vectors(rng, shape)


def depthwise(rng):
    """(model, vectors) of a random DEPTHWISE_CONV_2D."""
    sizes = geometry(rng)
    return depthwise_of(rng, sizes, int(rng.integers(1, 14)), int(rng.choice([1, 1, 2, 3])))


def depthwise_of(rng, sizes, depth, times):
    size, filter_size, strides, padding, out = sizes
    shape, channels = (1, *size, depth), depth * times
    patch = filter_size[0] * filter_size[1]
    tensors, scale = weighted_tensors(rng, shape, (1, *filter_size, channels), 3, patch)
    options = schema.DepthwiseConv2DOptionsT()
    options.dilationHFactor = options.dilationWFactor = 1
    options.depthMultiplier = times
    set_window(options, strides, padding, int(rng.choice(ACTIVATIONS)))
    target = Tensor((1, *out, channels), scale, zero_point(rng))
    model = one_operator(
        Op.DEPTHWISE_CONV_2D, tensors, target, (Options.DepthwiseConv2DOptions, options)
    )
    return model, vectors(rng, shape)


def dense(rng):
    """(model, vectors) of a random FULLY_CONNECTED."""
    return dense_of(rng, *(int(rng.integers(1, limit)) for limit in (4, 100, 12)))


def dense_of(rng, rows, depth, channels):
    shape = (rows, depth)
    tensors, scale = weighted_tensors(rng, shape, (channels, depth), 0, depth)
    # LiteRT casts the scaled sum from double to int32, undefined where it does not fit.
    largest = tensors[0].scale * float(np.max(tensors[1].scale)) * (2**30 + depth * 2**15)
    scale = max(scale, largest / 2**31)
    options = schema.FullyConnectedOptionsT()
    options.fusedActivationFunction = int(rng.choice(ACTIVATIONS))
    target = Tensor((rows, channels), scale, zero_point(rng))
    model = one_operator(
        Op.FULLY_CONNECTED, tensors, target, (Options.FullyConnectedOptions, options)
    )
    return model, vectors(rng, shape)


def add(rng):
    """(model, vectors) of a random ADD; one time in five an operand is constant."""
    return add_of(rng, (1, *(int(rng.integers(1, 8)) for _ in range(3))))


def add_of(rng, shape):
    first, second = (float(np.float32(10 ** rng.uniform(-4, 0))) for _ in range(2))
    out = max(first, second) * float(10 ** rng.uniform(-1.5, 1))
    constant = random_bytes(rng, shape) if rng.integers(5) == 0 else None
    tensors = [
        Tensor(shape, first, zero_point(rng)),
        Tensor(shape, second, zero_point(rng), constant),
    ]
    options = schema.AddOptionsT()
    options.fusedActivationFunction = int(rng.choice(ACTIVATIONS))
    target = Tensor(shape, out, zero_point(rng))
    model = one_operator(Op.ADD, tensors, target, (Options.AddOptions, options))
    shapes = [shape] if constant is not None else [shape, shape]
    return model, vectors(rng, *shapes, count=3)


def mul(rng):
    """(model, vectors) of a random MUL, one time in three of a tensor by itself."""
    return mul_of(rng, (1, *(int(rng.integers(1, 8)) for _ in range(3))))


def mul_of(rng, shape):
    first, second = (float(np.float32(10 ** rng.uniform(-4, 0))) for _ in range(2))
    by_itself = rng.integers(3) == 0
    # From where every product is next to nothing to where nearly all are beyond the range.
    out = first * (first if by_itself else second) * float(10 ** rng.uniform(0.01, 4))
    graph = Graph()
    inputs = [graph.add(Tensor(shape, first, zero_point(rng)))]
    if not by_itself:
        inputs.append(graph.add(Tensor(shape, second, zero_point(rng))))
    options = schema.MulOptionsT()
    options.fusedActivationFunction = int(rng.choice(ACTIVATIONS))
    result = graph.add(Tensor(shape, out, zero_point(rng)))
    factors = [inputs[0], inputs[-1]]
    graph.operators.append(Operator(Op.MUL, factors, [result], (Options.MulOptions, options)))
    return write(graph, inputs, [result]), vectors(rng, *([shape] * len(inputs)), count=3)


def average_pool(rng):
    """(model, vectors) of a random AVERAGE_POOL_2D."""
    sizes = geometry(rng)
    return average_pool_of(rng, sizes, int(rng.integers(1, 9)))


def average_pool_of(rng, sizes, depth):
    size, filter_size, strides, padding, out = sizes
    shape, scale, zero = (1, *size, depth), float(rng.uniform(0.01, 1)), zero_point(rng)
    options = schema.Pool2DOptionsT()
    options.filterHeight, options.filterWidth = filter_size
    set_window(options, strides, padding, int(rng.choice(ACTIVATIONS)))
    target = Tensor((1, *out, depth), scale, zero)
    model = one_operator(
        Op.AVERAGE_POOL_2D, [Tensor(shape, scale, zero)], target, (Options.Pool2DOptions, options)
    )
    return model, vectors(rng, shape)


def mean(rng):
    """(model, vectors) of a random MEAN over height and width."""
    return mean_of(rng, (1, *(int(rng.integers(1, 14)) for _ in range(3))))


def mean_of(rng, shape):
    keep = bool(rng.integers(2))
    options = schema.ReducerOptionsT()
    options.keepDims = keep
    axes = np.array([[1, 2], [2, 1], [-3, -2]][int(rng.integers(3))], np.int32)
    scale = float(rng.uniform(0.01, 1))
    out = Tensor(
        (1, 1, 1, shape[3]) if keep else (1, shape[3]),
        scale * float(rng.choice([1, 0.3, 1.7, 30, 0.004])),
        zero_point(rng),
    )
    tensors = [Tensor(shape, scale, zero_point(rng)), Tensor((), 1, 0, axes)]
    model = one_operator(Op.MEAN, tensors, out, (Options.ReducerOptions, options))
    return model, vectors(rng, shape)


def pad(rng):
    """(model, vectors) of a random PAD of one to four dimensions."""
    rank = int(rng.integers(1, 5))
    shape = tuple(int(rng.integers(1, 6)) for _ in range(rank))
    return pad_of(rng, shape, rng.integers(0, 3, (rank, 2)).astype(np.int32))


def pad_of(rng, shape, pads):
    scale, zero = float(rng.uniform(0.01, 1)), zero_point(rng)
    out = tuple(int(s + p.sum()) for s, p in zip(shape, pads, strict=True))
    tensors = [Tensor(shape, scale, zero), Tensor((), 1, 0, pads)]
    options = (Options.PadOptions, schema.PadOptionsT())
    model = one_operator(Op.PAD, tensors, Tensor(out, scale, zero), options)
    return model, vectors(rng, shape)


def softmax(rng):
    """(model, vectors) of a random SOFTMAX, beta and scale from soft to all-or-nothing."""
    return softmax_of(rng, (int(rng.integers(1, 6)), int(rng.choice([1, 2, 3, 10, 64, 200]))))


def softmax_of(rng, shape):
    options = schema.SoftmaxOptionsT()
    options.beta = float(rng.choice([1.0, 1.0, 0.37, 2.5]))
    source = Tensor(shape, float(10 ** rng.uniform(-4, 1)), zero_point(rng))
    target = Tensor(shape, 1 / 256, -128)
    model = one_operator(Op.SOFTMAX, [source], target, (Options.SoftmaxOptions, options))
    return model, [[random_bytes(rng, shape) // int(rng.integers(1, 9))] for _ in range(4)]


def reshaped_sum(rng):
    """(model, vectors): two reshapes between two additions, so memory is shared and kept."""
    shape, flat = (1, 2, 3, 4), (1, 24)
    graph = Graph()
    first, second = (graph.add(Tensor(shape, 0.1, zero_point(rng))) for _ in range(2))
    total = graph.add(Tensor(shape, 0.13, zero_point(rng)))
    zero = graph.tensors[total].zero_point
    lying = graph.add(Tensor(flat, 0.13, zero))
    target = np.array(flat, np.int32)
    wanted = graph.add(Tensor((), 1, 0, target))
    doubled = graph.add(Tensor(flat, 0.21, zero_point(rng)))
    add_options = (Options.AddOptions, schema.AddOptionsT())
    reshape = schema.ReshapeOptionsT()
    reshape.newShape = target
    graph.operators = [
        Operator(Op.ADD, [first, second], [total], add_options),
        Operator(Op.RESHAPE, [total, wanted], [lying], (Options.ReshapeOptions, reshape)),
        Operator(Op.ADD, [lying, lying], [doubled], add_options),
    ]
    return write(graph, [first, second], [doubled]), vectors(rng, shape, shape)


def tangled_sums(rng):
    """(model, vectors): many additions of earlier results, so memory is shared many ways."""
    graph, shape = Graph(), (1, int(rng.integers(1, 90)))
    first, second = (graph.add(Tensor(shape, 0.1, zero_point(rng))) for _ in range(2))
    known = [first, second]
    for _ in range(int(rng.integers(2, 14))):
        inputs = [int(rng.choice(known[-6:])) for _ in range(2)]
        known.append(graph.add(Tensor(shape, float(rng.uniform(0.1, 0.3)), zero_point(rng))))
        options = (Options.AddOptions, schema.AddOptionsT())
        graph.operators.append(Operator(Op.ADD, inputs, [known[-1]], options))
    return write(graph, [first, second], [known[-1]]), vectors(rng, shape, shape)


MAKERS = {
    "conv": conv,
    "conv_of_pairs": conv_of_pairs,
    "conv_of_wide_pairs": conv_of_wide_pairs,
    "depthwise": depthwise,
    "dense": dense,
    "add": add,
    "mul": mul,
    "average_pool": average_pool,
    "mean": mean,
    "pad": pad,
    "softmax": softmax,
    "reshape": reshaped_sum,
    "tangled": tangled_sums,
}
