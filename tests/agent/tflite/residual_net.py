"""Whole networks of int8 operators with random weights, of the shapes TinyTeach ships."""

import numpy as np
from op_models import RELU, SAME, VALID, Graph, Op, Operator, Options, Tensor, schema, write


def conv_options(stride: int, activation: int):
    options = schema.Conv2DOptionsT()
    options.padding, options.strideH, options.strideW = SAME, stride, stride
    options.dilationHFactor = options.dilationWFactor = 1
    options.fusedActivationFunction = activation
    return Options.Conv2DOptions, options


class Builder:
    """Adds layers to a graph; ``last`` is the tensor the next layer reads."""

    def __init__(self, side: int, seed: int) -> None:
        self.rng, self.graph = np.random.default_rng(seed), Graph()
        self.last = self.graph.add(Tensor((1, side, side, 3), 1 / 128, 0))

    def conv(self, size: int, channels: int, stride: int = 1, activation: int = RELU) -> None:
        source = self.graph.tensors[self.last]
        side, depth = -(-source.shape[1] // stride), source.shape[3]
        weights = self.rng.integers(-127, 128, (channels, size, size, depth)).astype(np.int8)
        scales = self.rng.uniform(0.5, 1.5, channels).astype(np.float32) / 1000
        bias = self.rng.integers(-3000, 3000, channels).astype(np.int32)
        inputs = [
            self.last,
            self.graph.add(Tensor((), scales, 0, weights)),
            self.graph.add(Tensor((), source.scale * scales, 0, bias)),
        ]
        # Keeps random activations spread over the int8 range.
        scale = source.scale * 0.0012 * 73 * np.sqrt(weights[0].size) * 0.6
        zero = -128 if activation == RELU else 5
        self.last = self.graph.add(Tensor((1, side, side, channels), scale, zero))
        options = conv_options(stride, activation)
        self.graph.operators.append(Operator(Op.CONV_2D, inputs, [self.last], options))

    def add(self, other: int) -> None:
        tensor = self.graph.tensors[self.last]
        scale = 1.2 * max(tensor.scale, self.graph.tensors[other].scale)
        inputs, options = [self.last, other], schema.AddOptionsT()
        self.last = self.graph.add(Tensor(tensor.shape, scale, -100))
        options.fusedActivationFunction = RELU
        op = Operator(Op.ADD, inputs, [self.last], (Options.AddOptions, options))
        self.graph.operators.append(op)

    def pool(self, size: int) -> None:
        tensor, options = self.graph.tensors[self.last], schema.Pool2DOptionsT()
        options.padding, options.strideH, options.strideW = VALID, size, size
        options.filterHeight = options.filterWidth = size
        shape = (1, tensor.shape[1] // size, tensor.shape[2] // size, tensor.shape[3])
        inputs = [self.last]
        self.last = self.graph.add(Tensor(shape, tensor.scale, tensor.zero_point))
        op = Operator(Op.AVERAGE_POOL_2D, inputs, [self.last], (Options.Pool2DOptions, options))
        self.graph.operators.append(op)


def residual(seed: int = 0) -> bytes:
    """64x64x3 -> 2x2x192: 3x3 convolutions 8, 16, 32, 64 with residual additions; 3.7 M MACs."""
    net = Builder(64, seed)
    net.conv(3, 8, 2)
    for channels in (16, 32, 64):
        net.conv(3, channels, 2)
        before = net.last
        net.conv(3, channels, 1, activation=0)
        net.add(before)
    net.conv(3, 64)
    net.conv(1, 192)
    net.pool(2)
    return write(net.graph, [0], [net.last])
