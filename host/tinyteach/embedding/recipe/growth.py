"""A network that begins as a smaller one: it computes the same, and has room to learn more.

The smaller network is an embedding that ships, whose file holds its convolutions with batch
normalisation folded in. Its channels become the first of the larger network's, which nothing new
reaches; blocks that it lacks begin as identities (Chen et al. 2015, "Net2Net"). Where the larger
one has more pixels, the first kernel is stretched.
"""

from typing import Any

import numpy as np

from tinyteach.embedding.litert import schema_module
from tinyteach.embedding.recipe.network import SIZES, Size
from tinyteach.embedding.recipe.student import to_input
from tinyteach.embedding.shipped import EMBEDDING_FILES
from tinyteach.errors import UsageError

_Place = tuple[str, int, int]
_Convolution = tuple[np.ndarray, np.ndarray]  # float32 kernel (height×width×in×out) and bias


def grow(network: Any, size: Size, name: str, images: np.ndarray) -> None:
    """Give ``network``, a new one of ``size``, the weights of the embedding called ``name``.

    uint8 ``images`` of its input show what each batch normalisation meets. UsageError where that
    embedding does not fit into the network.
    """
    smaller = SIZES[name]
    old = dict(zip(places(smaller), read_convolutions(EMBEDDING_FILES[name]), strict=False))
    convolutions = [layer for layer in network.layers if hasattr(layer, "kernel")]
    norms = [layer for layer in network.layers if hasattr(layer, "moving_mean")]
    if missing := set(old) - set(places(size)):
        raise UsageError(f"{name} has layers that the network lacks, {missing}; choose another.")
    for place, convolution, norm in zip(places(size), convolutions, norms, strict=True):
        kernel, bias = old.get(place, (None, None))
        if kernel is not None:
            stretch = size.pixels / smaller.pixels if place == ("stem", 0, 0) else 1.0
            _put_kernel(convolution, _stretched(kernel, convolution.kernel.shape[0], stretch))
        _put_norm(norm, _met(network, norm, images), bias)


def places(size: Size) -> list[_Place]:
    """What each convolution of a network is, in their order: kind, stage and number in it."""
    found: list[_Place] = [("stem", 0, number) for number in range(len(size.stem))]
    for stage, (_, stride, blocks) in enumerate(size.stages):
        found += [("entry", stage, 0)] if stride > 1 else []
        found += [("block", stage, number) for number in range(blocks)]
    return found


def read_convolutions(path: Any) -> list[_Convolution]:
    """The convolutions of an embedding's file in real numbers."""
    schema = schema_module()
    model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
    graph = model.subgraphs[0]
    kind = schema.BuiltinOperator.CONV_2D
    found = []
    for op in graph.operators:
        if model.operatorCodes[op.opcodeIndex].builtinCode == kind:
            weights, bias = (graph.tensors[op.inputs[n]] for n in (1, 2))
            numbers = np.frombuffer(bytes(model.buffers[weights.buffer].data), np.int8)
            scales = np.asarray(weights.quantization.scale, np.float32)
            kernel = numbers.reshape(weights.shape).transpose(1, 2, 3, 0) * scales
            steps = np.frombuffer(bytes(model.buffers[bias.buffer].data), np.int32)
            found.append((kernel, steps * np.asarray(bias.quantization.scale, np.float32)))
    return found


def _stretched(kernel: np.ndarray, side: int, factor: float) -> np.ndarray:
    """``kernel`` for a picture of ``factor`` times the pixels a side, cut to ``side``.

    Each old pixel is the mean of the new ones that it covers.
    """
    new, old = np.arange(side)[:, None], np.arange(len(kernel)) * factor
    shares = np.maximum(np.minimum(new + 1, old + factor) - np.maximum(new, old), 0.0)
    shares /= shares.sum(axis=0)
    stretched: np.ndarray = np.einsum("ui,vj,ijco->uvco", shares, shares, kernel)
    return stretched


def _put_kernel(convolution: Any, kernel: np.ndarray) -> None:
    """Into the first channels; they hear nothing of the new ones yet."""
    own = np.asarray(convolution.kernel).copy()
    inputs, outputs = kernel.shape[2:]
    if inputs > own.shape[2] or outputs > own.shape[3]:
        raise UsageError("The network has fewer channels than what it is to begin as.")
    own[:, :, inputs:, :outputs] = 0.0
    own[:, :, :inputs, :outputs] = kernel
    convolution.kernel.assign(own)


def _met(network: Any, norm: Any, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of each channel that ``norm`` gets; what is before it has its weights."""
    import keras

    before = keras.Model(network.input, norm.input)
    maps = np.asarray(before(to_input(images.astype(np.float32)), training=False))
    return maps.mean(axis=(0, 1, 2)), maps.var(axis=(0, 1, 2))


def _put_norm(norm: Any, met: tuple[np.ndarray, np.ndarray], bias: np.ndarray | None) -> None:
    """Old channels pass with their ``bias``; a block without any begins as an identity."""
    mean, variance = met
    gamma, beta = np.ones_like(mean), np.zeros_like(mean)
    if bias is None:
        gamma[:] = 0.0
    else:
        count = len(bias)
        gamma[:count] = np.sqrt(variance[:count] + norm.epsilon)
        beta[:count] = mean[:count] + bias
    for variable, values in (
        (norm.gamma, gamma),
        (norm.beta, beta),
        (norm.moving_mean, mean),
        (norm.moving_variance, variance),
    ):
        variable.assign(values)
