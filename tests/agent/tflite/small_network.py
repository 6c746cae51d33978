"""The smallest network that has everything."""

import numpy as np
from op_models import SAME, Graph, Op, Operator, Options, Tensor, schema, write


def every_operator() -> bytes:
    """A small network that uses each supported operator once."""
    rng = np.random.default_rng(1)
    graph = Graph()

    def weights(*shape):
        return Tensor((), 0.01, 0, rng.integers(-127, 128, shape).astype(np.int8))

    def bias(count):
        return Tensor((), 0.001, 0, rng.integers(-50, 50, count).astype(np.int32))

    def layer(code, inputs, shape, options=None, scale=0.1, zero=-5):
        numbers = [i if isinstance(i, int) else graph.add(i) for i in inputs]
        out = graph.add(Tensor(shape, scale, zero))
        graph.operators.append(Operator(code, numbers, [out], options))
        return out

    def window(kind, options):
        options.padding, options.strideH, options.strideW = SAME, 1, 1
        if kind != Options.Pool2DOptions:
            options.dilationHFactor = options.dilationWFactor = 1
        return kind, options

    start = graph.add(Tensor((1, 4, 4, 2), 0.1, -5))
    pads = Tensor((), 1, 0, np.array([[0, 0], [1, 0], [0, 1], [0, 0]], np.int32))
    padded = layer(Op.PAD, [start, pads], (1, 5, 5, 2), (Options.PadOptions, schema.PadOptionsT()))
    conv = window(Options.Conv2DOptions, schema.Conv2DOptionsT())
    first = layer(Op.CONV_2D, [padded, weights(3, 3, 3, 2), bias(3)], (1, 5, 5, 3), conv)
    options = schema.DepthwiseConv2DOptionsT()
    options.depthMultiplier = 1
    depthwise = window(Options.DepthwiseConv2DOptions, options)
    second = layer(
        Op.DEPTHWISE_CONV_2D, [first, weights(1, 3, 3, 3), bias(3)], (1, 5, 5, 3), depthwise
    )
    total = layer(Op.ADD, [first, second], (1, 5, 5, 3), (Options.AddOptions, schema.AddOptionsT()))
    pool = window(Options.Pool2DOptions, schema.Pool2DOptionsT())
    pool[1].filterHeight = pool[1].filterWidth = 2
    pooled = layer(Op.AVERAGE_POOL_2D, [total], (1, 5, 5, 3), pool)
    pooled = layer(Op.MAX_POOL_2D, [pooled], (1, 5, 5, 3), pool)
    order = Tensor((), 1, 0, np.array([0, 2, 1, 3], np.int32))
    turning = (Options.TransposeOptions, schema.TransposeOptionsT())
    pooled = layer(Op.TRANSPOSE, [pooled, order], (1, 5, 5, 3), turning)
    pooled = layer(
        Op.MUL, [pooled, pooled], (1, 5, 5, 3), (Options.MulOptions, schema.MulOptionsT())
    )
    quantising = (Options.QuantizeOptions, schema.QuantizeOptionsT())
    pooled = layer(Op.QUANTIZE, [pooled], (1, 5, 5, 3), quantising, 0.2, 7)
    pooled = layer(Op.LOGISTIC, [pooled], (1, 5, 5, 3), None, 1 / 256, -128)
    reducer = schema.ReducerOptionsT()
    reducer.keepDims = True
    axes = Tensor((), 1, 0, np.array([1, 2], np.int32))
    mean = layer(Op.MEAN, [pooled, axes], (1, 1, 1, 3), (Options.ReducerOptions, reducer))
    axis = Tensor((), 1, 0, np.array([1], np.int32))
    expanding = (Options.ExpandDimsOptions, schema.ExpandDimsOptionsT())
    wide = layer(Op.EXPAND_DIMS, [mean, axis], (1, 1, 1, 1, 3), expanding)
    squeezing = schema.SqueezeOptionsT()
    squeezing.squeezeDims = np.array([1], np.int32)
    mean = layer(Op.SQUEEZE, [wide], (1, 1, 1, 3), (Options.SqueezeOptions, squeezing))
    reshaping = schema.ReshapeOptionsT()
    reshaping.newShape = np.array([1, 3], np.int32)
    flat = layer(Op.RESHAPE, [mean], (1, 3), (Options.ReshapeOptions, reshaping))
    dense = (Options.FullyConnectedOptions, schema.FullyConnectedOptionsT())
    scores = layer(Op.FULLY_CONNECTED, [flat, weights(4, 3), bias(4)], (1, 4), dense)
    soft = schema.SoftmaxOptionsT()
    soft.beta = 1.0
    out = layer(Op.SOFTMAX, [scores], (1, 4), (Options.SoftmaxOptions, soft), 1 / 256, -128)
    return write(graph, [start], [out], [("note", b"hello")])
