"""A network that begins as the first layers of a published one, whose pictures were many more.

The file is a quantised classifier (.tflite). Its layers' weights are the real numbers that its
integers stand for, with batch normalisation folded in.
"""

from pathlib import Path
from typing import Any

import numpy as np

from tinyteach.embedding.litert import schema_module
from tinyteach.embedding.recipe.network import build_network
from tinyteach.embedding.recipe.scratch import file_facts
from tinyteach.embedding.recipe.sizes import Separable, Size
from tinyteach.embedding.recipe.teacher_network import read_tensor
from tinyteach.errors import UsageError

# Of what training changed, so much is kept: its pictures are fewer, and many are enlarged. Between
# both networks lies one better than either on what neither saw (Wortsman et al. 2022, "Robust
# fine-tuning of zero-shot models", arXiv:2109.01903).
LEARNT = 0.4
Weights = tuple[np.ndarray, np.ndarray]  # float32: kernel as Keras has it, and bias


def begin_as(network: Any, content: bytes) -> None:
    """Give each convolution of ``network`` the weights of that of the file, in their order.

    UsageError where one has another shape, or none, or where the network normalises what it meets.
    """
    layers = [layer for layer in network.layers if layer.weights]
    found = convolutions(content)
    if any(not hasattr(layer, "kernel") for layer in layers):
        raise UsageError("This size of network cannot begin as another; leave --start out.")
    if _shapes(layer.get_weights() for layer in layers) != _shapes(found[: len(layers)]):
        raise UsageError(
            "The file of --start does not begin with this network's layers; "
            "use MobileNetV1 0.25 for the sizes open and plus."
        )
    for layer, weights in zip(layers, found, strict=False):
        layer.set_weights(weights)


def check_start(size: Size | Separable, path: Path) -> None:
    """UsageError where networks of that size cannot begin as the file; before lessons are made."""
    import keras

    file_facts(path)  # says what cannot be read
    try:
        begin_as(build_network(size), path.read_bytes())
    except UsageError:
        raise
    except Exception as error:  # decoders raise of every kind on damaged files
        raise UsageError(f"{path} is no .tflite network; check the path of --start.") from error
    finally:
        keras.utils.clear_session()  # layers' names count up within a process


def return_towards(network: Any, content: bytes) -> None:
    """Average what ``network`` learnt with what it began as: `LEARNT` of the way is left."""
    learnt = network.get_weights()
    begin_as(network, content)
    pairs = zip(network.get_weights(), learnt, strict=True)
    network.set_weights([(1 - LEARNT) * before + LEARNT * after for before, after in pairs])


def convolutions(content: bytes) -> list[Weights]:
    """Of each convolution of a file in their order, depthwise ones among them."""
    schema = schema_module()
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph, codes = model.subgraphs[0], schema.BuiltinOperator
    found = []
    for op in graph.operators:
        code = model.operatorCodes[op.opcodeIndex]
        if max(code.builtinCode, code.deprecatedBuiltinCode) in (
            codes.CONV_2D,
            codes.DEPTHWISE_CONV_2D,
        ):
            tensors = [graph.tensors[number] for number in op.inputs[1:3]]
            kernel, bias = (read_tensor(t, model.buffers[t.buffer]).values() for t in tensors)
            found.append((kernel.transpose(1, 2, 3, 0), bias))
    return found


def _shapes(of_layers: Any) -> list[list[tuple[int, ...]]]:
    return [[array.shape for array in weights] for weights in of_layers]
