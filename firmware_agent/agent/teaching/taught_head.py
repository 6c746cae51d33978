"""Makes a head of examples: one prototype a class, in whole numbers, into a file.

The same file, bit for bit, as the reference (tests/reference_prototype.py, where the formula
stands), but for what taught_card.py adds. Loaded when needed only (seldom.py).
"""

import hashlib
import sys
from array import array

from agent.tflite import scales
from agent.vision import kernels
from tinyteach_protocol import head_layout

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from typing import BinaryIO

    from agent.teaching.teach import Class
    from agent.tflite.interpreter import TensorView
    from agent.tflite.scales import Pair
    from tinyteach_protocol.frame import Buffer

    # Labels, where two examples are, the digest so far, what stands around the card.
    Begun = tuple[list[str], tuple[int, int], hashlib.sha256, tuple[bytes, bytes]]

_SHARPNESS = const(20)
_UNKNOWN_STEPS = const(48)
_FLOAT_BITS = const(24)


def begin(path: str, classes: "list[Class]", output: "TensorView") -> "Begun":
    """Write the head of ``classes``, but for its card: what taught_card.py goes on from.

    A class is [label, (file, where, how many), …]; the last, without a label, is what is unknown.
    ``output`` is the embedding's.
    """
    try:
        making = _maker(classes, output)
        with open(path, "wb") as making._file:
            making._put_numbers()
        return making._rest()
    finally:
        sys.modules.pop("tinyteach_protocol.head_layout", None)
        delattr(sys.modules["tinyteach_protocol"], "head_layout")


class _maker:
    """Writes from front to back; holds the weights, a class's sums and one example."""

    _file: "BinaryIO"

    def __init__(self, classes: "list[Class]", output: "TensorView") -> None:
        self._classes, self._output = classes, output
        self._digest = hashlib.sha256()
        self._features = len(output.data)
        self._labels = [entry[0] for entry in classes if entry[0]]
        rows = len(self._labels) + 1
        counts = [sum([part[2] for part in entry[1:]]) for entry in classes]
        labels_bytes = sum([1 + len(label.encode()) for label in self._labels])
        card_bytes = 43 + labels_bytes + 2 * (self._features + rows)
        self._layout = head_layout.Layout(self._features, rows, counts, card_bytes)
        self._weights: bytearray | None = bytearray(rows * self._features)
        self._roots: list[int] = []
        self._total = 0
        self._examples = 0  # of labels, not of what is unknown

    def _put(self, data: "Buffer") -> None:
        self._digest.update(data)
        self._file.write(data)

    def _put_numbers(self) -> None:
        """Examples, weights, bias and graph."""
        self._put(self._layout.start)
        for number, entry in enumerate(self._classes):
            self._put_class(number, entry)
        self._put(self._layout.weights())
        assert self._weights
        self._put(self._weights)
        self._weights = None
        self._put(self._graph())

    def _put_class(self, number: int, _class: "Class") -> None:
        """Copy a class's examples, make its weights of their sums."""
        size = self._features
        example, sums = bytearray(size), array("i", bytes(4 * size))
        row_functions, count = kernels.best(), 0
        for path, at, in_part in _class[1:]:
            with open(path, "rb") as file:
                file.seek(at)
                for _ in range(in_part):
                    file.readinto(example)
                    self._put(example)
                    row_functions.add(example, sums, size)
            count += in_part
        if _class[0]:
            self._examples += count
            self._weigh(number, sums, count)

    def _weigh(self, number: int, sums: "array[int]", count: int) -> None:
        """Turn a class's sums into its row of weights and the length of its prototype."""
        zero, square = count * self._output.zero_point, 0
        largest = max(max(sums) - zero, zero - min(sums), 1)
        at = number * self._features
        assert self._weights
        for i in range(self._features):
            weight = (254 * (sums[i] - zero) + largest) // (2 * largest)
            square += weight * weight
            self._weights[at + i] = weight & 255
        root = max(_square_root(square << 16), 1)
        self._roots.append(root)
        self._total += root * largest // count

    def _graph(self) -> bytes:
        bits = self._output.scale_bits
        scale = scales.from_float(bits)
        whole = _SHARPNESS * 127 * 65536 * len(self._roots), 0
        rows = []
        for root in self._roots:
            divisor = scales.product((root * max(self._total, 1), 0), scale)
            rows.append(scales.quotient(whole, divisor, _FLOAT_BITS))
        rows.append(scales.quotient((3, -4), scale, _FLOAT_BITS))
        biases = [scales.rounded(*scales.product(scale, row), _FLOAT_BITS) for row in rows]
        numbers = [0] * len(self._roots) + [_UNKNOWN_STEPS]
        to_bits = [[_float_bits(pair) for pair in pairs] for pairs in (rows, biases)]
        return self._layout.graph(numbers, bits, self._output.zero_point, *to_bits)

    def _rest(self) -> "Begun":
        """Labels, where the first and the last example of a class are, the digest so far, what
        stands around the card."""
        start, size = len(self._layout.start), self._features
        last = start + (self._examples - 1) * size
        between = self._layout.card(b""), self._layout.labels(self._labels + ["unknown"])
        return self._labels, (start, last), self._digest, between


def _square_root(number: int) -> int:
    """The largest integer whose square is not above ``number``, by Newton's method."""
    guess = 1 << (scales.bit_length(number) + 1) // 2
    while True:
        better = (guess + number // guess) // 2 if guess else 0
        if better >= guess:
            return guess
        guess = better


def _float_bits(pair: "Pair") -> int:
    """The bits of the float32 that a pair of at most 24 bits, or 2**24, stands for."""
    mantissa, exponent = scales.with_bits(pair, _FLOAT_BITS + 1)
    return (exponent + 151) << 23 | mantissa >> 1 & 0x7FFFFF
