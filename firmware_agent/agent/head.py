"""A classifier head: its labels, the embedding it was trained for, its threshold, its self-test.

They stand in the .tflite file's metadata entry ``TINYTEACH_HEAD``, little-endian:
``TTH2``, 32 bytes SHA-256 of the embedding, u8 label count, per label u8 length and
UTF-8 text, u8 1 where one score more than labels stands for anything else, u8 threshold,
u16 self-test count, u16 feature count, then per self-test the int8 features and the int8
scores that they must give.
"""

from agent import files
from agent.tflite.errors import ModelError
from agent.tflite.interpreter import Interpreter

ENTRY = "TINYTEACH_HEAD"
EXAMPLES = "TINYTEACH_EXAMPLES"
MAGIC = b"TTH2"


class Head:
    """A head ready to run. Raises ModelError where the file at ``path`` is not one."""

    def __init__(self, path):
        from agent.tflite.model import Model

        self._path = path
        with open(path, "rb") as file:
            model = Model(file, files.size_of(path))
            place = model.metadata(ENTRY)
            if place is None:
                raise ModelError("the file holds no TinyTeach head")
            tests_bytes = self._read(model.reader, *place)
            # (where, how many bytes) of the file, or None; read by whoever goes on from the head.
            self.examples = model.metadata(EXAMPLES)
            self.interpreter = Interpreter(model)
        self._check_shapes(tests_bytes)

    def _read(self, reader, start, count):
        """Read the entry but for the self-tests; the bytes that are left for those."""
        if bytes(reader.view(start, 4)) != MAGIC:
            raise ModelError("the head is of another format version")
        self.embedding_fingerprint = bytes(reader.view(start + 4, 32))
        at = self._read_labels(reader, start + 36)
        background, self.threshold = reader.u8(at), reader.u8(at + 1)
        self.outputs = len(self.labels) + background
        self._tests, self._features = reader.u16(at + 2), reader.u16(at + 4)
        self._tests_at = at + 6
        return start + count - self._tests_at

    def _read_labels(self, reader, at):
        self.labels = []
        count = reader.u8(at)
        at += 1
        for _ in range(count):
            size = reader.u8(at)
            try:
                self.labels.append(str(bytes(reader.view(at + 1, size)), "utf-8"))
            except ValueError:
                raise ModelError("the head's labels are damaged") from None
            at += 1 + size
        return at

    def _check_shapes(self, tests_bytes):
        if len(self.interpreter.output.data) != self.outputs or not self.labels:
            raise ModelError("the head's outputs and labels differ in number")
        if len(self.interpreter.input.data) != self._features:
            raise ModelError("the head's inputs and self-test differ in number")
        if tests_bytes != self._tests * (self._features + self.outputs):
            raise ModelError("the head's self-test is cut short")

    def self_test(self):
        """True where every self-test vector in the file gives exactly the scores it must."""
        vector = memoryview(bytearray(self._features + self.outputs))
        with open(self._path, "rb") as file:
            file.seek(self._tests_at)
            for _ in range(self._tests):
                if file.readinto(vector) != len(vector) or not self._passes(vector):
                    return False
        return True

    def _passes(self, vector):
        self.interpreter.input.data[:] = vector[: self._features]
        self.interpreter.invoke()
        return bytes(self.interpreter.output.data) == bytes(vector[self._features :])


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
