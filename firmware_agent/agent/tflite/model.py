"""A .tflite file: its tensors, operators and metadata.

Field numbers are those of TensorFlow Lite's schema, version 3
(tensorflow/compiler/mlir/lite/schema/schema.fbs).
"""

import struct

from agent.tflite.errors import NO_MEMORY, ModelError
from agent.tflite.flatbuffer import Reader

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from typing import BinaryIO

    Shape = tuple[int, ...]
    Place = tuple[int, int]  # where in the file, and how many

INT32, INT8 = 2, 9
_FLOAT32 = const(0)
_UINT8 = const(3)
ITEM_BYTES = {INT8: 1, _UINT8: 1, INT32: 4}
# BuiltinOperator of the schema.
_DEQUANTIZE = const(6)
_QUANTIZE = const(114)

# Bounds on what a file may make us build; the largest networks that a board can
# hold have a tenth of this.
_MAX_TENSORS = const(512)
_MAX_OPERATORS = const(256)
_MAX_RANK = const(6)
_MAX_OPERANDS = const(8)
_MAX_METADATA = const(64)
_MAX_ELEMENTS = const(1 << 24)
_MAX_CHANNELS = const(4096)
_PART_BYTES = const(256)  # of zero points or uint8, compared or turned at once


def _element_count(shape: "Shape") -> int:
    """Elements of a tensor of this shape; ModelError where it is none or too large."""
    count = 1
    for size in shape:
        if size < 1 or size > _MAX_ELEMENTS:
            raise ModelError("a tensor has a dimension that is zero or too large")
        count *= size
        if count > _MAX_ELEMENTS:
            raise ModelError("a tensor is too large")
    return count


class Tensor:
    """Shape, type, quantisation and constant data (a memoryview to read, or None).

    Of uint8, data and zero point are those of the int8 tensor of values 128 less.
    """

    def __init__(self, model: "Model", table: int) -> None:
        reader = self._reader = model.reader
        if reader.field_vector(table, 0, 4)[1] > _MAX_RANK:
            raise ModelError("a tensor has more than %d dimensions" % _MAX_RANK)
        self.shape = reader.field_ints(table, 0, _MAX_RANK)
        self.elements = _element_count(self.shape)
        self.type = reader.field_u8(table, 1)
        if reader.field(table, 6) is not None:
            raise ModelError("sparse weights are not supported")
        self.data = self._constant(model.buffer_data(reader.field_u32(table, 2)))
        self._quantisation = reader.field_table(table, 4)
        # So LiteRT has it (core/interpreter_builder.cc).
        if self.scale_count() and self.shape and not 0 <= self.quantised_axis() < len(self.shape):
            raise ModelError("a tensor is quantised along a dimension that it does not have")

    def _constant(self, data: memoryview) -> memoryview | None:
        if not len(data):
            return None
        item_bytes = ITEM_BYTES.get(self.type)
        if item_bytes and len(data) != self.elements * item_bytes:
            raise ModelError("a constant tensor's data does not have its shape's size")
        return _less_128(data) if self.type == _UINT8 else data

    def scale_bits(self, index: int = 0) -> int:
        """One scale as the bits of its float32."""
        start, count = self._vector(2, 4)
        if not 0 <= index < count:
            raise ModelError("a tensor lacks its scales")
        return self._reader.u32(start + 4 * index)

    def scale_count(self) -> int:
        return self._vector(2, 4)[1]

    def zero_point(self) -> int:
        """The zero point of an int8 tensor; where it has several, they must agree."""
        start, count = self._vector(3, 8)
        if count > _MAX_CHANNELS:
            raise ModelError("a tensor has too many zero points")
        point, end = self._int64(start) if count else 0, start + 8 * count
        for at in range(start, end, _PART_BYTES):
            part = bytes(self._reader.view(at, min(_PART_BYTES, end - at)))
            if part != part[:8] * (len(part) // 8) or self._int64(at) != point:
                raise ModelError("a tensor has different zero points")
        point -= 128 if self.type == _UINT8 else 0
        if not -128 <= point <= 127:
            raise ModelError("a zero point is outside its type")
        return point

    def quantised_axis(self) -> int:
        table = self._quantisation
        return 0 if table is None else self._reader.field_i32(table, 6)

    def _int64(self, at: int) -> int:
        low, high = self._reader.i32(at), self._reader.i32(at + 4)
        return low if high == low >> 31 else 1 << 16

    def _vector(self, number: int, item_bytes: int) -> "Place":
        table = self._quantisation
        return (0, 0) if table is None else self._reader.field_vector(table, number, item_bytes)

    def int32s(self) -> list[int]:
        """Constant int32 data as a list."""
        if self.data is None or self.type != INT32:
            raise ModelError("an operator lacks a constant it needs")
        return list(struct.unpack("<%di" % self.elements, self.data))


def _less_128(data: memoryview) -> memoryview:
    """Bytes of uint8 as those of int8 values 128 less, which stay in memory."""
    moved = bytearray(data)
    for at in range(0, len(data), _PART_BYTES):
        part = moved[at : at + _PART_BYTES]
        turned = int.from_bytes(part, "little") ^ int.from_bytes(b"\x80" * len(part), "little")
        moved[at : at + len(part)] = turned.to_bytes(len(part), "little")
    return memoryview(moved)


class Options:
    """An operator's options table; absent fields read as the schema's defaults."""

    def __init__(self, reader: "Reader", table: int) -> None:
        self._reader, self._table = reader, table

    def u8(self, number: int, default: int = 0) -> int:
        return self._reader.field_u8(self._table, number, default)

    def i32(self, number: int, default: int = 0) -> int:
        return self._reader.field_i32(self._table, number, default)

    def u32(self, number: int, default: int = 0) -> int:
        return self._reader.field_u32(self._table, number, default)


class Operator:
    """A builtin operator's code, tensor numbers and options (or None)."""

    def __init__(self, reader: "Reader", codes: list[int], table: int) -> None:
        index = reader.field_u32(table, 0)
        if index >= len(codes):
            raise ModelError("an operator is of no listed kind")
        self.code = codes[index]
        self.inputs = _operands(reader, table, 1)
        self.outputs = _operands(reader, table, 2)
        options = reader.field_table(table, 4)
        self.options = None if options is None else Options(reader, options)


def _operands(reader: "Reader", table: int, number: int) -> "Shape":
    """Tensors' numbers; none of more than any operator of ours has, which is refused then."""
    too_many = reader.field_vector(table, number, 4)[1] > _MAX_OPERANDS
    return () if too_many else reader.field_ints(table, number, _MAX_OPERANDS)


class Model:
    """The first subgraph of a .tflite file of ``size`` bytes.

    Where float32 comes in or goes out, ``inputs`` and ``outputs`` are the tensors behind its
    QUANTIZE and before its DEQUANTIZE, and ``operators`` hold those two no more.
    The file must be open as long as the model is asked, but not for an interpreter made of it;
    one that lies mapped in memory must stay there.
    Raises ModelError on a damaged file.
    """

    def __init__(self, file: "BinaryIO", size: int) -> None:
        reader = self.reader = Reader(file, size)
        reader.check(0, 8)
        if bytes(reader.view(4, 4)) != b"TFL3":
            raise ModelError("this is not a .tflite file")
        self._root = reader.follow(0)
        if reader.field_u32(self._root, 0) != 3:
            raise ModelError("the model's schema version is not 3")
        try:
            self._read_graph(reader)
        except (MemoryError, OverflowError):
            raise ModelError(NO_MEMORY) from None

    def _read_graph(self, reader: "Reader") -> None:
        codes = [_code(reader, t) for t in reader.field_tables(self._root, 1, _MAX_OPERATORS)]
        graphs, count = reader.field_vector(self._root, 2, 4)
        if not count:
            raise ModelError("the model holds no graph")
        graph = reader.follow(graphs)
        if reader.field_vector(graph, 0, 4)[1] > _MAX_TENSORS:
            raise ModelError("the model has more than %d tensors" % _MAX_TENSORS)
        if reader.field_vector(graph, 3, 4)[1] > _MAX_OPERATORS:
            raise ModelError("the model has more than %d operators" % _MAX_OPERATORS)
        self._places = reader.field_tables(graph, 0, _MAX_TENSORS)
        self.tensors: "list[Tensor | None]" = [None] * len(self._places)
        tables = reader.field_tables(graph, 3, _MAX_OPERATORS)
        self.operators = [Operator(reader, codes, t) for t in tables]
        self.inputs = _operands(reader, graph, 1)
        self.outputs = _operands(reader, graph, 2)
        if not self.inputs or not self.outputs:
            raise ModelError("the model has no input or output, or more than %d" % _MAX_OPERANDS)
        self._leave_out_floats()

    def _leave_out_floats(self) -> None:
        self.operators = [each for each in self.operators if not self._is_float_end(each)]

    def _is_float_end(self, operator: "Operator") -> bool:
        """Whether it quantises an input or gives an output in floats; if so, puts its other end
        in the place of that."""
        ends = operator.inputs + operator.outputs
        if len(ends) != 2:
            return False
        source, target = ends
        if operator.code == _QUANTIZE and self._is_float(self.inputs, source):
            self.inputs = _replaced(self.inputs, source, target)
            return True
        if operator.code == _DEQUANTIZE and self._is_float(self.outputs, target):
            self.outputs = _replaced(self.outputs, target, source)
            return True
        return False

    def _is_float(self, numbers: "Shape", number: int) -> bool:
        return number in numbers and self.tensor(number).type == _FLOAT32

    def read(self) -> None:
        """Read all tensors, constants with them; before, each is read when it is asked for."""
        for number in range(len(self.tensors)):
            self.tensor(number)

    def tensor(self, number: int) -> "Tensor":
        """The tensor of that number; ModelError where there is none."""
        if not 0 <= number < len(self.tensors):
            raise ModelError("the model names a tensor that it does not hold")
        tensor = self.tensors[number] = self.tensors[number] or Tensor(self, self._places[number])
        return tensor

    def buffer_data(self, index: int) -> memoryview:
        """Bytes of a buffer as a memoryview; empty for tensors computed at run time."""
        return self.reader.view(*self._buffer_place(index))

    def metadata(self, name: str) -> "Place | None":
        """(start, count) in the file of the metadata entry of that name, or None."""
        wanted, reader = name.encode(), self.reader
        for entry in reader.field_tables(self._root, 6, _MAX_METADATA):
            start, count = reader.field_vector(entry, 0, 1)
            if count == len(wanted) and bytes(reader.view(start, count)) == wanted:
                return self._buffer_place(reader.field_u32(entry, 1))
        return None

    def _buffer_place(self, index: int) -> "Place":
        start, count = self.reader.field_vector(self._root, 4, 4)
        if index >= count:
            raise ModelError("the model names a buffer that it does not hold")
        buffer = self.reader.follow(start + 4 * index)
        if self.reader.field_u32(buffer, 1) > 1:
            raise ModelError("weights outside of the tables are not supported")
        return self.reader.field_vector(buffer, 0, 1)


def _replaced(numbers: "Shape", number: int, by: int) -> "Shape":
    return tuple([by if each == number else each for each in numbers])


def _code(reader: "Reader", table: int) -> int:
    # Files of schema 3 before 3a keep the code in a byte; later ones in both, the
    # byte capped at 127.
    return max(reader.field_u8(table, 0), reader.field_i32(table, 3))
