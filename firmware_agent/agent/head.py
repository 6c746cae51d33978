"""A classifier head: its labels, the embedding it was trained for, its threshold, its self-test.

They stand in the .tflite file's metadata entry ``TINYTEACH_HEAD``, little-endian:
``TTH2``, 32 bytes SHA-256 of the embedding, u8 label count, per label u8 length and
UTF-8 text, u8 1 where one score more than labels stands for anything else, u8 threshold,
u16 self-test count, u16 feature count, then per self-test the int8 features and the int8
scores that they must give.
"""

import struct

from agent import files
from agent.tflite.errors import ModelError
from agent.tflite.interpreter import Interpreter
from agent.tflite.model import Model

ENTRY = "TINYTEACH_HEAD"
MAGIC = b"TTH2"


class Head:
    """A head ready to run. Raises ModelError where the file at ``path`` is not one."""

    def __init__(self, path):
        with open(path, "rb") as file:
            model = Model(file, files.size_of(path))
            entry = model.metadata(ENTRY)
            if entry is None:
                raise ModelError("the file holds no TinyTeach head")
            self._read(entry)
            self.interpreter = Interpreter(model)
        self._check_shapes()

    def _read(self, entry):
        if bytes(entry[:4]) != MAGIC:
            raise ModelError("the head is of another format version")
        try:
            self.embedding_fingerprint = bytes(entry[4:36])
            at = self._read_labels(entry, 36)
            background, self.threshold = entry[at], entry[at + 1]
            self.outputs = len(self.labels) + background
            self._tests, self._features = struct.unpack_from("<HH", entry, at + 2)
        except (IndexError, ValueError):
            raise ModelError("the head's labels are damaged") from None
        self._vectors = entry[at + 6 :]

    def _read_labels(self, entry, at):
        self.labels = []
        count = entry[at]
        at += 1
        for _ in range(count):
            end = at + 1 + entry[at]
            self.labels.append(str(bytes(entry[at + 1 : end]), "utf-8"))
            at = end
        return at

    def _check_shapes(self):
        if len(self.interpreter.output.data) != self.outputs or not self.labels:
            raise ModelError("the head's outputs and labels differ in number")
        if len(self.interpreter.input.data) != self._features:
            raise ModelError("the head's inputs and self-test differ in number")
        if len(self._vectors) != self._tests * (self._features + self.outputs):
            raise ModelError("the head's self-test is cut short")

    def self_test(self):
        """True where every self-test vector gives exactly the scores it must.

        Asked once: the vectors are half of a head's file, and are forgotten after it.
        """
        vectors, self._vectors = self._vectors, None
        step = self._features + self.outputs
        for start in range(0, self._tests * step, step):
            middle = start + self._features
            self.interpreter.input.data[:] = vectors[start:middle]
            self.interpreter.invoke()
            if bytes(self.interpreter.output.data) != bytes(vectors[middle : start + step]):
                return False
        return True


def top_of(scores, count):
    """Index of the highest of the first ``count`` int8 scores in a buffer; the first of equals."""
    best = 0
    for index in range(1, count):
        if steps_of(scores, index) > steps_of(scores, best):
            best = index
    return best


def steps_of(scores, index):
    """A score's probability in 256ths: the int8 score + 128."""
    # 128 flips the sign bit, so that bytes order as the int8 values they hold.
    return (scores[index] ^ 128) & 255
