"""A graph of operators, packed as a .tflite file with LiteRT's schema classes; no TensorFlow.

The same graph always has the same bytes.
"""

import copy
from collections.abc import Mapping
from typing import Any

import flatbuffers
import numpy as np

from tinyteach.embedding.litert import builtin_code, schema_module

schema = schema_module()

SCHEMA_VERSION = 3
FILE_IDENTIFIER = b"TFL3"
ALIGNMENT = 16  # FORCE_ALIGN of Buffer.data in TFLite's schema.fbs
# What TensorFlow 2.21 writes for int8, also with a scale per channel.
VERSIONS = {
    "FULLY_CONNECTED": 4,
    "SOFTMAX": 2,
    "RESHAPE": 1,
    "AVERAGE_POOL_2D": 2,
    "MUL": 2,
    "ADD": 2,
    "QUANTIZE": 1,
}
# The first runtime with all operators in these versions, in 16 bytes as TensorFlow pads it.
MIN_RUNTIME_VERSION = b"1.14.0".ljust(16, b"\0")


class _AlignedBuffer(schema.BufferT):  # type: ignore[misc, name-defined]  # LiteRT's schema has no types
    """A buffer aligned as the schema demands; the generated Pack aligns to single bytes."""

    def Pack(self, builder: flatbuffers.Builder) -> int:
        data = bytes(self.data)
        builder.StartVector(1, len(data), ALIGNMENT)
        start = builder.Head() - len(data)
        builder.head = start
        builder.Bytes[start : start + len(data)] = data
        vector = builder.EndVector()
        schema.BufferStart(builder)
        schema.BufferAddData(builder, vector)
        return int(schema.BufferEnd(builder))


class Buffers:
    """The model's list of buffers; number 0 is the empty one, as the schema demands."""

    def __init__(self) -> None:
        self.all: list[Any] = [schema.BufferT()]

    def add(self, data: bytes) -> int:
        self.all.append(_AlignedBuffer(data))
        return len(self.all) - 1


class Graph:
    """Tensors and operators in the order in which they are added."""

    def __init__(self) -> None:
        self.buffers = Buffers()
        self.tensors: list[Any] = []
        self.operators: list[Any] = []
        self.codes: list[Any] = []

    def tensor(
        self, name: str, shape: list[int], scales: Any, zero_point: int = 0, data: Any = None
    ) -> int:
        """Add an int8 tensor, or a constant one of ``data`` (int8 or int32); its number."""
        kinds = schema.TensorType
        kind = kinds.INT8 if data is None or data.dtype == np.int8 else kinds.INT32
        little = None if data is None else data.astype(data.dtype.newbyteorder("<"))
        buffer = 0 if little is None else self.buffers.add(little.tobytes())
        self.tensors.append(_tensor(name, shape, kind, scales, zero_point, buffer))
        return len(self.tensors) - 1

    def unsigned(self, number: int) -> int:
        """Add a uint8 tensor of the values that an int8 one has: its numbers are 128 more."""
        tensor = copy.deepcopy(self.tensors[number])
        tensor.type = schema.TensorType.UINT8
        tensor.quantization.zeroPoint = np.asarray(tensor.quantization.zeroPoint) + 128
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def operator(self, name: str, inputs: list[int], output: int, options: Any = None) -> int:
        """Add an operator by its schema's name; the number of its output."""
        kind = type(options).__name__.removesuffix("T")
        self.operators.append(
            schema.OperatorT(
                opcodeIndex=self.code(_operator_code(name)),
                inputs=inputs,
                outputs=[output],
                builtinOptionsType=getattr(schema.BuiltinOptions, kind),
                builtinOptions=options,
            )
        )
        return output

    def take(self, model: Any, known: Mapping[int, int]) -> dict[int, int]:
        """Add another model's tensors and operators; each of its tensors' numbers → ours.

        ``known`` are those of its tensors that are here already. Of several graphs it is the first,
        as for LiteRT and boards.
        """
        theirs = model.subgraphs[0]
        numbers = dict(known)
        for number, tensor in enumerate(theirs.tensors):
            if number not in numbers:
                numbers[number] = self._take_tensor(model, tensor)
        for each in theirs.operators:
            each.opcodeIndex = self.code(model.operatorCodes[each.opcodeIndex])
            # -1 stands for an optional input left out.
            each.inputs = [numbers.get(int(number), -1) for number in each.inputs]
            each.outputs = [numbers[int(number)] for number in each.outputs]
            self.operators.append(each)
        return numbers

    def _take_tensor(self, model: Any, tensor: Any) -> int:
        data = model.buffers[tensor.buffer].data
        tensor.buffer = 0 if data is None or not len(data) else self.buffers.add(bytes(data))
        tensor.shapeSignature = None  # one image: what may be of any batch there is none here
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def code(self, wanted: Any) -> int:
        """The place of an operator's code among those of the graph, where it is put if missing."""
        wanted.builtinCode = builtin_code(wanted)
        for place, known in enumerate(self.codes):
            if (known.builtinCode, known.version) == (wanted.builtinCode, wanted.version):
                return place
        self.codes.append(wanted)
        return len(self.codes) - 1


def _operator_code(name: str) -> Any:
    code = getattr(schema.BuiltinOperator, name)
    version = VERSIONS[name]
    return schema.OperatorCodeT(deprecatedBuiltinCode=code, version=version, builtinCode=code)


def _tensor(name: str, shape: list[int], kind: int, scales: Any, zero: int, buffer: int = 0) -> Any:
    quantisation = schema.QuantizationParametersT(
        scale=np.asarray(scales, np.float32),
        zeroPoint=np.full(len(scales), zero, np.int64),
        quantizedDimension=0,
    )
    return schema.TensorT(
        shape=shape, type=kind, buffer=buffer, name=name, quantization=quantisation, hasRank=True
    )


def packed_model(
    graph: Graph, about: tuple[str, str], ends: tuple[int, int], metadata: Mapping[str, bytes]
) -> bytes:
    """The .tflite file of a graph from one tensor to another, ``ends``.

    ``about`` is what the graph is called and what the file says that it is; ``metadata`` has the
    content of each entry.
    """
    entries = [schema.MetadataT(n, graph.buffers.add(data)) for n, data in metadata.items()]
    subgraph = schema.SubGraphT(
        name=about[0],
        tensors=graph.tensors,
        inputs=[ends[0]],
        outputs=[ends[1]],
        operators=graph.operators,
    )
    model = schema.ModelT(
        version=SCHEMA_VERSION,
        description=about[1],
        operatorCodes=graph.codes,
        subgraphs=[subgraph],
        metadata=entries,
        buffers=graph.buffers.all,
    )
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), FILE_IDENTIFIER)
    return bytes(builder.Output())
