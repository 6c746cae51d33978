"""A classifier head: its labels, the embedding it was trained for, its threshold, its self-test."""

from agent import files, seldom
from agent.tflite.interpreter import Interpreter

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from agent.tflite.interpreter import TensorView
    from tinyteach_protocol.frame import Buffer

MAGIC = b"TTH2"
# The scores' scale, 1/256, as a float32's bits.
_SCORE_SCALE = const(0x3B800000)


class Head:
    """A head ready to run. Raises ModelError where the file at ``path`` is not one."""

    def __init__(self, path: str) -> None:
        from agent.tflite.model import Model

        self._path = path
        with open(path, "rb") as file:
            model = Model(file, files.size_of(path))
            # ``examples``: (where the vectors begin, how many of each class) in the file, or None.
            facts, tests, self.examples = seldom.call("card", "read", model)
            self.labels, self.embedding_fingerprint, self.outputs, self.threshold = facts
            self._tests, self._features, self._tests_at = tests
            self.interpreter = Interpreter(model)

    def fits(self, output: "TensorView") -> bool:
        """Whether it takes what the embedding's ``output`` gives, and its scores are such."""
        own, scores = self.interpreter.input, self.interpreter.output
        given = len(output.data), output.scale_bits, output.zero_point
        taken = self._features, own.scale_bits, own.zero_point
        return taken == given and (scores.scale_bits, scores.zero_point) == (_SCORE_SCALE, -128)

    def self_test(self) -> bool:
        """True where every self-test vector in the file gives exactly the scores it must."""
        vector = memoryview(bytearray(self._features + self.outputs))
        with open(self._path, "rb") as file:
            file.seek(self._tests_at)
            for _ in range(self._tests):
                if file.readinto(vector) != len(vector) or not self._passes(vector):
                    return False
        return True

    def _passes(self, vector: memoryview) -> bool:
        self.interpreter.input.data[:] = vector[: self._features]
        self.interpreter.invoke()
        return bytes(self.interpreter.output.data) == bytes(vector[self._features :])


def top_of(scores: "Buffer", count: int) -> int:
    """Index of the highest of the first ``count`` int8 scores in a buffer; the first of equals."""
    best = 0
    for index in range(1, count):
        if steps_of(scores, index) > steps_of(scores, best):
            best = index
    return best


def steps_of(scores: "Buffer", index: int) -> int:
    """A score's probability in 256ths: the int8 score + 128."""
    # 128 flips the sign bit, so that bytes order as the int8 values they hold.
    return (scores[index] ^ 128) & 255
