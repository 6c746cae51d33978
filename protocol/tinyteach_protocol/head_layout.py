"""How a head lies in its file that a board can write from front to back, without holding it.

Board and host share this and differ in who computes the numbers. It is a .tflite file
(FlatBuffers, https://flatbuffers.dev/internals: offsets point forward, vtables may lie anywhere;
field numbers are those of TensorFlow Lite's schema.fbs, version 3) in this order: model and list
of buffers, examples, weights, bias, graph, card, then ``labels.txt`` in a stored zip whose
comment is the SHA-256 of all before it.
"""

import binascii
import struct

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from collections.abc import Sequence

    # Shape, type, buffer, scales' float32 bits, zero point.
    Tensor = tuple[Sequence[int], int, int, Sequence[int], int]

# A board never forgets a name, so there are few here: short texts count as such, formats are bytes.
# A buffer's data is aligned to 16 bytes: force_align in schema.fbs.


class Layout:
    """The parts of a head of ``outputs`` scores, to be written one after the other.

    ``size`` is the card's; ``counts`` are the examples of each class and of what is unknown. These
    follow on ``start``, ``features`` bytes each, then come ``weights``, ``graph`` and ``card``.
    """

    def __init__(self, features: int, outputs: int, counts: "Sequence[int]", size: int) -> None:
        self.features, self.outputs = features, outputs
        entry = b"TTE1" + struct.pack(b"<HB", features, len(counts)) + bytes(counts)
        examples = len(entry) + sum(counts) * features
        first = _part(0)
        self._between = self._model(first, size, examples)
        self.start = bytes(first._data) + entry

    def _model(self, out: "_part", size: int, examples: int) -> "tuple[int, ...]":
        out._data += b"\0\0\0\0TFL3"
        model = out._table(b"444-4-4")
        out._refer(0, out._last)
        out._put(model[0], 3)
        _codes(out, model[1])
        _metadata(out, model[4])
        data = out._buffers(model[3])
        return self._place(out, model[2], data, size, examples)

    def _place(
        self, out: "_part", _graphs: int, data: list[int], size: int, examples: int
    ) -> tuple[int, ...]:
        """Where everything after the examples begins; refers to it, begins the examples."""
        at = out._align(16, 4)
        out._refer(data[3], at)
        out._data += struct.pack(b"<I", examples)
        weights = _aligned(at + 4 + examples)
        bias = _aligned(weights + 4 + self.outputs * self.features)
        graph = bias + 4 + 4 * self.outputs
        out._refer(data[0], weights)
        out._refer(data[1], bias)
        out._refer(_graphs, graph)
        blank = [1 << 23] * self.outputs
        card = _aligned(graph + len(self._graph(graph, 1 << 23, 0, blank, blank)))
        out._refer(data[2], card)
        return at + 4 + examples, weights, bias, graph, card, card + 4 + size

    def weights(self) -> bytes:
        """What stands between the examples and the weights, outputs × features int8."""
        end, at = self._between[:2]
        return bytes(at - end) + struct.pack(b"<I", self.outputs * self.features)

    def graph(
        self,
        bias: "Sequence[int]",
        scale_bits: int,
        zero_point: int,
        rows: "Sequence[int]",
        _biases: "Sequence[int]",
    ) -> bytes:
        """Bias (int32 numbers) and graph, by the float32 bits of the scales of the input, of each
        row of weights and of each bias."""
        weights, at, graph = self._between[1:4]
        gap = bytes(at - weights - 4 - self.outputs * self.features)
        numbers = struct.pack(b"<%di" % len(bias), *bias)
        table = self._graph(graph, scale_bits, zero_point, rows, _biases)
        return gap + struct.pack(b"<I", len(numbers)) + numbers + table

    def card(self, card: bytes) -> bytes:
        """What stands between graph and card, and the card."""
        graph, at, end = self._between[3:]
        blank = [1 << 23] * self.outputs
        size = len(self._graph(graph, 1 << 23, 0, blank, blank))
        return bytes(at - graph - size) + struct.pack(b"<I", end - at - 4) + card

    def labels(self, labels: "Sequence[str]") -> bytes:
        """``labels.txt`` with one label a line in a zip, but for its comment's text."""
        return _zip(self._between[5], "".join([label + "\n" for label in labels]).encode())

    def _graph(
        self,
        at: int,
        scale_bits: int,
        zero_point: int,
        rows: "Sequence[int]",
        _biases: "Sequence[int]",
    ) -> bytes:
        out = _part(at)
        fields = out._tables(0, 1, b"4444")[0]
        count, columns = self.outputs, self.features
        # Types 9 and 2 are INT8 and INT32. Of logits and scores the scales are 3/16 and 1/256.
        tensors: "tuple[Tensor, ...]" = (
            ((1, columns), 9, 0, (scale_bits,), zero_point),
            ((count, columns), 9, 1, rows, 0),
            ((count,), 2, 2, _biases, 0),
            ((1, count), 9, 0, (0x3E400000,), -128),
            ((1, count), 9, 0, (0x3B800000,), -128),
        )
        found = out._tables(fields[0], len(tensors), b"41444---1")
        names = ("features", "weights", "bias", "logits", "scores")
        for name, field, tensor in zip(names, found, tensors):  # noqa: B905 - MicroPython's zip
            out._tensor(field, name, tensor)
        out._ints(fields[1], (0,))
        out._ints(fields[2], (4,))
        dense, softmax = out._tables(fields[3], 2, b"44414")
        out._operator(dense, 0, (0, 1, 2), 3, 8, b"")
        out._put(out._operator(softmax, 1, (3,), 4, 9, b"4")[0], 0x3F800000)  # beta 1.0
        out._align(4)
        return bytes(out._data)


class _part:
    """A stretch of the file from position ``at`` on, to which objects are appended."""

    def __init__(self, at: int) -> None:
        self._at = at
        self._data = bytearray()

    def _align(self, size: int, count: int = 0) -> int:
        """Append zeros until what comes ``count`` bytes later is aligned; where that ends."""
        self._data += bytes(-(self._at + len(self._data) + count) % size)
        return self._at + len(self._data)

    def _put(self, field: int, value: int) -> None:
        struct.pack_into(b"<i" if value < 0 else b"<I", self._data, field - self._at, value)

    def _refer(self, field: int, target: int) -> None:
        self._put(field, target - field)

    def _table(self, slots: bytes) -> list[int]:
        """Append a table of zeros with a field for each ``4`` (bytes) or ``1``; their places."""
        self._align(4, 4 + 2 * len(slots))
        wide = slots.count(b"4")
        size = 4 + 4 * wide + slots.count(b"1")
        vtable = struct.pack(b"<HH", 4 + 2 * len(slots), size)
        places: list[int]
        places, at, byte = [], 4, 4 + 4 * wide
        start = self._at + len(self._data) + len(vtable) + 2 * len(slots)
        for slot in slots:  # 52 and 49 are the digits 4 and 1
            entry = {52: at, 49: byte}.get(slot, 0)
            at, byte = at + 4 * (slot == 52), byte + (slot == 49)
            vtable += struct.pack(b"<H", entry)
            if entry:
                places.append(start + entry)
        self._data += vtable
        self._last = start
        self._data += struct.pack(b"<i", len(vtable)) + bytes(size - 4)
        return places

    def _tables(self, field: int, count: int, slots: bytes) -> list[list[int]]:
        """Append a vector of tables; the fields' places of each."""
        at = self._vector(field, struct.pack(b"<I", count) + bytes(4 * count))
        found = []
        for number in range(count):
            found.append(self._table(slots))
            self._refer(at + 4 + 4 * number, self._last)
        return found

    def _vector(self, field: int, data: bytes, size: int = 4) -> int:
        """Append bytes that ``field`` refers to, their number in front; where they are."""
        at = self._align(4) if size == 4 else self._align(size, 4)
        if field:
            self._refer(field, at)
        self._data += data
        return at

    def _ints(self, field: int, values: "Sequence[int]") -> None:
        self._vector(field, struct.pack(b"<%dI" % (1 + len(values)), len(values), *values))

    def _text(self, field: int, text: str) -> None:
        self._vector(field, struct.pack(b"<I", len(text)) + text.encode() + b"\0")

    def _buffers(self, field: int) -> list[int]:
        """Append the list of buffers: none, then weights, bias, card, examples; their places."""
        at = self._vector(field, struct.pack(b"<I", 5) + bytes(20))
        self._table(b"")
        self._refer(at + 4, self._last)
        places: list[int] = []
        for number in range(1, 5):
            places += self._table(b"4")
            self._refer(at + 4 + 4 * number, self._last)
        return places

    def _tensor(self, field: list[int], name: str, tensor: "Tensor") -> None:
        shape, kind, buffer, scales, zero_point = tensor
        self._ints(field[0], shape)
        self._data[field[1] - self._at] = kind
        self._put(field[2], buffer)
        self._text(field[3], name)
        self._data[field[5] - self._at] = 1
        scale, zero = self._table(b"--44")
        self._refer(field[4], self._last)
        self._ints(scale, scales)
        points = struct.pack(b"<q", zero_point) * len(scales)
        self._vector(zero, struct.pack(b"<I", len(scales)) + points, 8)

    def _operator(
        self,
        field: list[int],
        code: int,
        inputs: "Sequence[int]",
        output: int,
        kind: int,
        options: bytes,
    ) -> list[int]:
        self._put(field[0], code)
        self._ints(field[1], inputs)
        self._ints(field[2], (output,))
        self._data[field[3] - self._at] = kind
        places = self._table(options)
        self._refer(field[4], self._last)
        return places


def _codes(out: _part, field: int) -> None:
    for places, code, version in zip(  # noqa: B905 - MicroPython's zip has no strict
        out._tables(field, 2, b"1-44"), (9, 25), (4, 2)
    ):
        out._data[places[0]] = code
        out._put(places[1], version)
        out._put(places[2], code)


def _metadata(out: _part, field: int) -> None:
    names = ("TINYTEACH_HEAD", "TINYTEACH_EXAMPLES")
    for number, place in enumerate(out._tables(field, 2, b"44")):
        out._text(place[0], names[number])
        out._put(place[1], 3 + number)


def _aligned(at: int) -> int:
    """Where the number in front of a buffer's data stands, from ``at`` on."""
    return at + -(at + 4) % 16


def _zip(at: int, text: bytes) -> bytes:
    """A zip of one stored file that begins at ``at`` (PKWARE's APPNOTE.TXT, 4.3.7 to 4.3.16)."""
    name = b"labels.txt"
    # Version 2.0, no flags, stored, midnight of the first of January 1980.
    facts = struct.pack(b"<HHHHHIIIHH", 20, 0, 0, 0, 33, binascii.crc32(text) & 0xFFFFFFFF,
                        len(text), len(text), len(name), 0)  # fmt: skip
    local = b"PK\3\4" + facts + name + text
    entry = b"PK\1\2\x14\3" + facts
    entry += struct.pack(b"<HHHII", 0, 0, 0, 0o644 << 16, at) + name
    # The comment is "sha256:" and 64 digits.
    end = struct.pack(b"<HHHHIIH", 0, 0, 1, 1, len(entry), at + len(local), 71)
    return local + entry + b"PK\5\6" + end
