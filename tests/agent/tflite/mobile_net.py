"""A network shaped as MobileNetV1 is, with every kind of operator that MLPerf Tiny's person
detector has, but smaller and with random weights per channel."""

import numpy as np
from op_models import RELU, SAME, Op, Operator, Options, Tensor, schema, write
from residual_net import Builder


class MobileBuilder(Builder):
    """The layers that a residual network does not have."""

    def depthwise(self, stride: int) -> None:
        source = self.graph.tensors[self.last]
        side, channels = -(-source.shape[1] // stride), source.shape[3]
        weights = self.rng.integers(-128, 128, (1, 3, 3, channels)).astype(np.int8)
        # Larger than the convolutions', whose outputs' scales would become tiny.
        scales = self.rng.uniform(0.5, 1.5, channels).astype(np.float32) / 30
        bias = self.rng.integers(-3000, 3000, channels).astype(np.int32)
        inputs = [
            self.last,
            self.graph.add(Tensor((), scales, 0, weights, 3)),
            self.graph.add(Tensor((), source.scale * scales, 0, bias)),
        ]
        scale = source.scale / 30 * 1.2 * 73 * 3 * 0.6
        self.last = self.graph.add(Tensor((1, side, side, channels), scale, -128))
        options = schema.DepthwiseConv2DOptionsT()
        options.padding, options.strideH, options.strideW = SAME, stride, stride
        options.dilationHFactor = options.dilationWFactor = options.depthMultiplier = 1
        options.fusedActivationFunction = RELU
        entry = (Options.DepthwiseConv2DOptions, options)
        self.graph.operators.append(Operator(Op.DEPTHWISE_CONV_2D, inputs, [self.last], entry))

    def flatten(self) -> None:
        tensor, options = self.graph.tensors[self.last], schema.ReshapeOptionsT()
        options.newShape = np.array([1, int(np.prod(tensor.shape))], np.int32)
        inputs = [self.last, self.graph.add(Tensor((), 1, 0, options.newShape))]
        shape = tuple(int(n) for n in options.newShape)
        self.last = self.graph.add(Tensor(shape, tensor.scale, tensor.zero_point))
        entry = (Options.ReshapeOptions, options)
        self.graph.operators.append(Operator(Op.RESHAPE, inputs, [self.last], entry))

    def dense(self, classes: int) -> None:
        source = self.graph.tensors[self.last]
        weights = self.rng.integers(-127, 128, (classes, source.shape[1])).astype(np.int8)
        bias = self.rng.integers(-3000, 3000, classes).astype(np.int32)
        inputs = [
            self.last,
            self.graph.add(Tensor((), 0.001, 0, weights)),
            self.graph.add(Tensor((), source.scale * 0.001, 0, bias)),
        ]
        scale = source.scale * 0.001 * 73 * np.sqrt(source.shape[1])
        self.last = self.graph.add(Tensor((1, classes), scale, -5))
        entry = (Options.FullyConnectedOptions, schema.FullyConnectedOptionsT())
        self.graph.operators.append(Operator(Op.FULLY_CONNECTED, inputs, [self.last], entry))

    def softmax(self) -> None:
        inputs, options = [self.last], schema.SoftmaxOptionsT()
        options.beta = 1.0
        self.last = self.graph.add(Tensor(self.graph.tensors[self.last].shape, 1 / 256, -128))
        entry = (Options.SoftmaxOptions, options)
        self.graph.operators.append(Operator(Op.SOFTMAX, inputs, [self.last], entry))


def mobile(side: int = 48, seed: int = 0) -> bytes:
    """side×side×3 -> 5 scores; 8 to 64 channels, sides down to side / 16."""
    net = MobileBuilder(side, seed)
    net.conv(3, 8, 2)
    for stride, channels in ((1, 16), (2, 24), (1, 24), (2, 32), (1, 32), (2, 64), (1, 64)):
        net.depthwise(stride)
        net.conv(1, channels)
    net.pool(side // 16)
    net.flatten()
    net.dense(5)
    net.softmax()
    return write(net.graph, [0], [net.last])
