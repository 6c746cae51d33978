"""Models of other tools, made of the shipped embedding `tiny`: what boards lack, and no embeddings.

Each is a whole .tflite file, so that only who asks what a board runs can tell.
"""

import copy
from functools import partial

import flatbuffers
import numpy as np

from little_embedding import little_embedding
from tinyteach.embedding.litert import schema_module
from tinyteach.embedding.runtime import EMBEDDING_FILES

schema = schema_module()
Op = schema.BuiltinOperator
LACKING = ("HARD_SWISH", "LEAKY_RELU", "L2_NORMALIZATION", "TANH", "CUSTOM", "SUB", "CAST")


def tiny_model():
    return schema.ModelT.InitFromPackedBuf(EMBEDDING_FILES["tiny"].read_bytes(), 0)


def packed(model) -> bytes:
    builder = flatbuffers.Builder(1 << 17)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def ending_in(*names: str) -> bytes:
    """`tiny` with operators of these names behind its last one, each on one tensor."""
    return _ending_in(tiny_model(), names)


def little_ending_in(*names: str) -> bytes:
    """The same of its first layer alone, for what is sent to a board."""
    return _ending_in(schema.ModelT.InitFromPackedBuf(little_embedding(), 0), names)


def _ending_in(model, names) -> bytes:
    graph = model.subgraphs[0]
    for name in names:
        code = getattr(Op, name)
        model.operatorCodes.append(
            schema.OperatorCodeT(deprecatedBuiltinCode=min(code, 127), builtinCode=code, version=1)
        )
        last, index = graph.outputs[0], len(model.operatorCodes) - 1
        graph.tensors.append(copy.deepcopy(graph.tensors[last]))
        made = len(graph.tensors) - 1
        graph.operators.append(schema.OperatorT(opcodeIndex=index, inputs=[last], outputs=[made]))
        graph.outputs = [made]
    return packed(model)


def first_convolution(model):
    """The operator and its weights' tensor."""
    graph = model.subgraphs[0]
    (code,) = [n for n, c in enumerate(model.operatorCodes) if c.builtinCode == Op.CONV_2D]
    operator = next(o for o in graph.operators if o.opcodeIndex == code)
    return operator, graph.tensors[operator.inputs[1]]


def grouped(model):
    """One input channel a filter, as in a convolution of three groups."""
    _, weights = first_convolution(model)
    shape = [int(n) for n in weights.shape]
    buffer = model.buffers[weights.buffer]
    buffer.data = np.frombuffer(bytes(buffer.data), np.uint8).reshape(shape)[..., :1].ravel()
    weights.shape = [*shape[:3], 1]


def dilated(model):
    operator, _ = first_convolution(model)
    operator.builtinOptions.dilationWFactor = 2


def with_tanh(model):
    operator, _ = first_convolution(model)
    operator.builtinOptions.fusedActivationFunction = schema.ActivationFunctionType.TANH


def with_int16(model):
    operator, _ = first_convolution(model)
    model.subgraphs[0].tensors[operator.outputs[0]].type = schema.TensorType.INT16


def of_any_size(model):
    operator, _ = first_convolution(model)
    shape = model.subgraphs[0].tensors[operator.outputs[0]].shape
    model.subgraphs[0].tensors[operator.outputs[0]].shape = [1, 0, *shape[2:]]


def _changed(change) -> bytes:
    model = tiny_model()
    change(model)
    return packed(model)


def _scales_of(number_of):
    """Of a tensor between operators: one scale a channel, which only weights may have."""

    def change(model):
        graph = model.subgraphs[0]
        tensor = graph.tensors[number_of(graph)]
        scales, points = tensor.quantization.scale, tensor.quantization.zeroPoint
        tensor.quantization.scale = np.repeat(scales, tensor.shape[-1]).astype(np.float32)
        tensor.quantization.zeroPoint = np.repeat(points, tensor.shape[-1])
        tensor.quantization.quantizedDimension = len(tensor.shape) - 1

    return change


# What a board cannot run → what makes the file, and words of the sentence.
NOT_RUN = {
    **{name: (partial(ending_in, name), name) for name in LACKING},
    "two that are lacking": (partial(ending_in, "TANH", "HARD_SWISH"), "HARD_SWISH, TANH"),
    "convolution in groups": (partial(_changed, grouped), "CONV_2D: convolution in groups"),
    "dilation": (partial(_changed, dilated), "CONV_2D: dilation"),
    "another activation": (partial(_changed, with_tanh), "CONV_2D: a fused activation"),
    "16 bits": (partial(_changed, with_int16), "CONV_2D: a tensor that should be int8"),
    "an image of several scales": (
        partial(_changed, _scales_of(lambda graph: graph.inputs[0])),
        "a tensor has more scales than 1",
    ),
    "a vector of several scales": (
        partial(_changed, _scales_of(lambda graph: graph.outputs[0])),
        "a tensor has more scales than 1",
    ),
    "a reshape for any batch": (partial(ending_in, "SHAPE", "PACK"), "takes one image (in Keras:"),
    "dynamic shapes": (partial(_changed, of_any_size), "dimension that is zero"),
}


def _input(**changed):
    def change(model):
        tensor = model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]]
        for name, value in changed.items():
            setattr(tensor, name, value)

    return change


def _input_scale(model):
    tensor = model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]]
    tensor.quantization.scale = [1 / 255]


def _two_outputs(model):
    graph = model.subgraphs[0]
    graph.outputs = [int(graph.outputs[0]), int(graph.operators[0].outputs[0])]


def with_operator(name: str, inputs: int = 1, outputs: int = 1, own_name: bytes = b""):
    """`tiny` with one more operator behind it that takes and gives so many tensors."""
    model = tiny_model()
    graph, code = model.subgraphs[0], getattr(Op, name)
    model.operatorCodes.append(
        schema.OperatorCodeT(deprecatedBuiltinCode=min(code, 127), builtinCode=code, version=1)
    )
    model.operatorCodes[-1].customCode = own_name or None
    last, made = graph.outputs[0], []
    for _ in range(outputs):
        graph.tensors.append(copy.deepcopy(graph.tensors[last]))
        made.append(len(graph.tensors) - 1)
    index = len(model.operatorCodes) - 1
    graph.operators.append(
        schema.OperatorT(opcodeIndex=index, inputs=[last] * inputs, outputs=made)
    )
    graph.outputs = made[:1]
    return model


def _with_graphs():
    model = with_operator("WHILE", 3)
    model.subgraphs += [copy.deepcopy(model.subgraphs[0]) for _ in range(12)]
    return model


def sparse(model):
    _, weights = first_convolution(model)
    weights.sparsity = schema.SparsityParametersT(traversalOrder=[0, 1, 2, 3])
    model.buffers[weights.buffer].data = model.buffers[weights.buffer].data[:100]


def outside(model):
    """As in files of 2 GB and more."""
    _, weights = first_convolution(model)
    buffer = model.buffers[weights.buffer]
    buffer.data, buffer.offset, buffer.size = None, 5000, 100


def bias_along_no_dimension(model):
    """LiteRT refuses it, too."""
    operator, _ = first_convolution(model)
    model.subgraphs[0].tensors[operator.inputs[2]].quantization.quantizedDimension = 3


def many_operators(model):
    graph = model.subgraphs[0]
    graph.operators = graph.operators * 30


def many_tensors(model):
    graph = model.subgraphs[0]
    graph.tensors += [copy.deepcopy(graph.tensors[0]) for _ in range(600)]


def many_dimensions(model):
    operator, _ = first_convolution(model)
    model.subgraphs[0].tensors[operator.outputs[0]].shape = [1] * 8


def _of_dense(model):
    sparse(model)
    return packed(model)


def open_sides(model):
    """As of keras.Input((None, None, 3))."""
    graph = model.subgraphs[0]
    image = graph.tensors[graph.inputs[0]]
    image.shape, image.shapeSignature = [1, 1, 1, 3], [-1, -1, -1, 3]


def channels_first(model):
    """As PyTorch has images."""
    graph = model.subgraphs[0]
    graph.tensors[graph.inputs[0]].shape = [1, 3, 64, 64]


# What was refused for another reason than the true one → what makes the file, and
# the true one's words.
NAMED = {
    "LSTM": (lambda: packed(with_operator("LSTM", 20)), "it uses LSTM"),
    "LSTM of sequences": (
        lambda: packed(with_operator("UNIDIRECTIONAL_SEQUENCE_LSTM", 24)),
        "it uses UNIDIRECTIONAL_SEQUENCE_LSTM",
    ),
    "many inputs": (lambda: packed(with_operator("CONCATENATION", 30)), "it uses CONCATENATION"),
    "many outputs": (lambda: packed(with_operator("SPLIT_V", 3, 12)), "it uses SPLIT_V"),
    "many graphs": (lambda: packed(_with_graphs()), "it uses WHILE"),
    "sparse": (partial(_changed, sparse), "CONV_2D: sparse weights are not supported"),
    "made dense": (lambda: _of_dense(with_operator("DENSIFY")), "it uses DENSIFY"),
    "somebody's own": (
        lambda: packed(with_operator("CUSTOM", 3, 1, b"TFLite_Detection_PostProcess")),
        "it uses CUSTOM (TFLite_Detection_PostProcess)",
    ),
    "beyond the tables": (partial(_changed, outside), "weights outside of the tables"),
    "many operators": (partial(_changed, many_operators), "more than 256 operators"),
    "many tensors": (partial(_changed, many_tensors), "more than 512 tensors"),
    "many dimensions": (partial(_changed, many_dimensions), "more than 6 dimensions"),
    "images of any size": (partial(_changed, open_sides), "takes images of any size"),
    "channels first": (partial(_changed, channels_first), "this one takes 1×3×64×64 of int8 from "),
    "another scaling": (
        partial(_changed, _input_scale),
        "this one takes 1×64×64×3 of int8 from -0.502 to",
    ),
    "a bias that LiteRT refuses": (
        partial(_changed, bias_along_no_dimension),
        "CONV_2D: a tensor is quantised along a dimension that it does not have",
    ),
}

# No embedding at all → what makes the file.
NO_EMBEDDING = {
    "text": lambda: b"A shopping list: bread, milk.\n",
    "nothing": bytes,
    "zeros": lambda: bytes(5000),
    "half a file": lambda: EMBEDDING_FILES["tiny"].read_bytes()[:20_000],
    "uint8": partial(_changed, _input(type=schema.TensorType.UINT8)),
    "spoken words": partial(_changed, _input(shape=[1, 49, 40, 1])),
    "another scale": partial(_changed, _input_scale),
    "two outputs": partial(_changed, _two_outputs),
}


def large(side: int, channels: int) -> bytes:
    """An embedding whose one convolution gives side × side × channels."""
    buffers = [schema.BufferT()]

    def buffer(data):
        buffers.append(schema.BufferT(data=np.frombuffer(data.tobytes(), np.uint8)))
        return len(buffers) - 1

    def tensor(shape, kind=schema.TensorType.INT8, number=0, scale=(1 / 128,)):
        scales = np.asarray(scale, np.float32)
        points = np.zeros(len(scales), np.int64)
        quantisation = schema.QuantizationParametersT(scale=scales, zeroPoint=points)
        return schema.TensorT(shape=shape, type=kind, buffer=number, quantization=quantisation)

    weights = buffer(np.ones((channels, 1, 1, 3), np.int8))
    bias, shape = buffer(np.zeros(channels, np.int32)), buffer(np.int32([1, channels]))
    options = schema.Pool2DOptionsT(
        padding=schema.Padding.VALID, strideW=1, strideH=1, filterWidth=side, filterHeight=side
    )
    convolved = schema.Conv2DOptionsT(
        padding=schema.Padding.VALID, strideW=1, strideH=1, dilationWFactor=1, dilationHFactor=1
    )
    kinds = schema.BuiltinOptions
    graph = schema.SubGraphT(
        tensors=[
            tensor([1, side, side, 3]),
            tensor([channels, 1, 1, 3], number=weights),
            tensor([1, side, side, channels]),
            tensor([1, 1, 1, channels]),
            tensor([2], schema.TensorType.INT32, shape, ()),
            tensor([1, channels]),
            tensor([channels], schema.TensorType.INT32, bias, (1 / 128 / 128,)),
        ],
        inputs=[0],
        outputs=[5],
        operators=[
            schema.OperatorT(0, [0, 1, 6], [2], kinds.Conv2DOptions, convolved),
            schema.OperatorT(1, [2], [3], kinds.Pool2DOptions, options),
            schema.OperatorT(2, [3, 4], [5]),
        ],
    )
    codes = [
        schema.OperatorCodeT(deprecatedBuiltinCode=code, builtinCode=code, version=1)
        for code in (Op.CONV_2D, Op.AVERAGE_POOL_2D, Op.RESHAPE)
    ]
    model = schema.ModelT(version=3, operatorCodes=codes, subgraphs=[graph], buffers=buffers)
    return packed(model)
