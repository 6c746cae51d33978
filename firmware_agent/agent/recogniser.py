"""From pixels to scores: preprocessing, embedding, head, each timed."""

import gc
import time

from agent import files
from agent.head import steps_of, top_of
from agent.refused import Refused
from agent.tflite.errors import NO_MEMORY, ModelError
from agent.tflite.interpreter import Interpreter
from agent.vision.area import AreaResizer
from tinyteach_protocol import errors

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from agent.frame import Frame
    from agent.head import Head
    from agent.tflite.interpreter import TensorView
    from tinyteach_protocol.frame import Buffer

_CHANNELS = const(3)
# What area.py averages to.
_SIDE_MAX = const(224)
# Left free beside the embedding: for a head while it is checked, requests and results.
_SPARE_BYTES = const(16384)


class Recogniser:
    """Holds the frozen embedding and the active head; both may be missing."""

    def __init__(self) -> None:
        self.head: "Head | None" = None
        self.head_fingerprint = b""
        self.threshold = 0
        self.unload()

    def unload(self) -> None:
        """Forget the embedding, so that its memory can hold another one."""
        self.embedding: "Interpreter | None" = None
        self._resizer: "AreaResizer | None" = None
        self._resized = 0, 0
        self.embedding_fingerprint = b""
        self.side = 0
        self.in_place = False
        self.tensor = memoryview(bytearray(0))
        self.has_tensor = self.has_features = self.has_scores = False
        self.preprocess_us = self.embedding_us = self.head_us = 0

    def forget_view(self) -> None:
        """Make room: what cameras' pictures are preprocessed with is made again when needed."""
        self._resizer = None

    def load_embedding(self, path: str, fingerprint: bytes) -> None:
        """Plan the embedding in a file. Raises ModelError where it cannot be one."""
        from agent.tflite.model import Model

        with open(path, "rb") as file:
            model = Model(file, files.size_of(path))
            interpreter = Interpreter(model)
        in_place = model.reader.in_place is not None
        del model
        gc.collect()
        if gc.mem_free() < _SPARE_BYTES:
            raise ModelError(NO_MEMORY)
        shape = interpreter.input.shape
        if len(shape) != 4 or shape[1] != shape[2] or shape[3] != _CHANNELS:
            raise ModelError("the embedding takes no square RGB image")
        if shape[1] > _SIDE_MAX:
            raise ModelError("the embedding's image has more than 224 pixels a side")
        self.embedding = interpreter
        self.in_place = in_place
        self.side = shape[1]
        self.tensor = interpreter.input.data
        self.embedding_fingerprint = fingerprint

    def use_head(self, head: "Head | None", fingerprint: bytes) -> None:
        """Recognise with ``head`` from now on (None: with none), and by its threshold."""
        self.head = head
        self.threshold = head.threshold if head else 0
        self.head_fingerprint = fingerprint
        self.has_scores = False

    @property
    def output(self) -> "TensorView":
        """The embedding's output: its feature vector's memory, scale and zero point."""
        assert self.embedding
        return self.embedding.output

    @property
    def ready(self) -> bool:
        """True where an embedding is loaded."""
        return self.embedding is not None

    @property
    def arena_bytes(self) -> int:
        """Bytes of tensors and of what kernels work in, embedding and head together."""
        planned = [self.embedding, self.head and self.head.interpreter]
        return sum([i.arena_bytes for i in planned if i])

    def require_embedding(self) -> None:
        if not self.ready:
            raise Refused(errors.NO_EMBEDDING)

    def begin_image(self, side: int, pixel_format: int) -> None:
        """Make ready for the rows of a square image of ``side`` pixels."""
        self.require_embedding()
        if self._resizer is None or self._resized != (side, pixel_format):
            self._resizer = AreaResizer(side, self.side, pixel_format)
            self._resized = (side, pixel_format)
        self._resizer.begin(self.tensor)
        self.has_tensor = self.has_features = self.has_scores = False
        self.preprocess_us = 0

    def feed_rows(self, buffer: "Buffer", offset_bytes: int, stride_bytes: int, count: int) -> None:
        """Preprocess ``count`` more rows."""
        assert self._resizer
        start = time.ticks_us()
        self._resizer.rows(buffer, offset_bytes, stride_bytes, count)
        self.preprocess_us += time.ticks_diff(time.ticks_us(), start)

    def end_image(self) -> None:
        """All rows have been fed: the tensor is whole."""
        self.has_tensor = True

    def preprocess(self, frame: "Frame") -> None:
        """The frame's centre square to the int8 input tensor."""
        self.begin_image(frame.side, frame.pixel_format)
        self.feed_rows(frame.buffer, frame.start, frame.stride_bytes, frame.side)
        self.end_image()

    def embed(self) -> None:
        """The tensor to the int8 feature vector."""
        self.require_embedding()
        assert self.embedding
        start = time.ticks_us()
        self.embedding.invoke()
        self.has_features = True
        self.embedding_us = time.ticks_diff(time.ticks_us(), start)

    def classify(self) -> None:
        """The feature vector to the head's int8 scores."""
        if self.head is None:
            raise Refused(errors.NO_HEAD)
        start = time.ticks_us()
        interpreter = self.head.interpreter
        interpreter.input.data[:] = self.output.data
        interpreter.invoke()
        self.has_scores = True
        self.head_us = time.ticks_diff(time.ticks_us(), start)

    @property
    def features(self) -> "Buffer":
        """The last feature vector, empty where there is none."""
        return self.output.data if self.has_features else b""

    @property
    def scores(self) -> "Buffer":
        """The last scores, empty where there are none."""
        return self.head.interpreter.output.data if self.head and self.has_scores else b""

    @property
    def top(self) -> int:
        """The label index of the highest score."""
        return top_of(self.scores, len(self.head.labels)) if self.head and self.has_scores else 0

    @property
    def known(self) -> int:
        """1 where the highest score of a label is believed, else 0: it reaches the threshold, and
        what is anything else's, the last where there is one more than labels, is not higher."""
        if not self.has_scores:
            return 0
        is_highest = top_of(self.scores, len(self.scores)) == self.top
        return 1 if is_highest and steps_of(self.scores, self.top) >= self.threshold else 0
