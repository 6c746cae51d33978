"""Runs .tflite files: models of one input and one output, and the embedding.

``reference=True`` selects LiteRT's reference kernels, whose results the board
repeats bit for bit. The optimised kernels are faster and round differently: a few
steps in the end.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyteach.embedding.background import load_background
from tinyteach.embedding.feature_map import map_size
from tinyteach.embedding.int8_ends import with_int8_ends
from tinyteach.embedding.litert import UNUSABLE, details_of, open_interpreter
from tinyteach.embedding.requirements import arena_bytes
from tinyteach.embedding.shipped import EMBEDDING_FILE, EMBEDDING_FILES
from tinyteach.embedding.threads import on_all_cores
from tinyteach.errors import ModelError

# LiteRT lets go of Python's lock while it computes, so threads with an interpreter each add up;
# below this many images (some 15 ms of work) starting them costs more than it gains.
_BATCH_FOR_A_THREAD = 16


class TfliteModel:
    """A .tflite file with one input and one output, run one example at a time.

    Threads may share it: each has an interpreter while it runs.
    """

    def __init__(
        self,
        model: Path | str | bytes,
        reference: bool = True,
        input_shape: tuple[int, ...] | None = None,
    ) -> None:
        """Load a file (path) or its content (bytes); ModelError if it is no usable model.

        ``input_shape`` runs a network of convolutions at another size than it was made for.
        """
        self.content = _read(model)
        self._open = partial(open_interpreter, self.content, reference, input_shape)
        self._idle = [self._open()]  # interpreters; each has one arena
        self._input, self._output = _only_io(self._idle[0])
        self.input_details = details_of(self._input)
        self.output_details = details_of(self._output)

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the file."""
        return hashlib.sha256(self.content).digest()

    def run(self, batch: NDArray[np.int8]) -> NDArray[np.int8]:
        """Run ``batch`` (N examples of the input's shape and dtype): N outputs.

        Raises ModelError where shape or dtype is not the model's.
        """
        self._check(batch)
        outputs = np.empty((len(batch), *self.output_details.shape[1:]), self.output_details.dtype)
        with self._interpreter() as interpreter:
            for example, output in zip(batch, outputs, strict=True):
                interpreter.set_tensor(self._input["index"], example[None])
                interpreter.invoke()
                output[...] = interpreter.get_tensor(self._output["index"])[0]
        return outputs

    @contextmanager
    def _interpreter(self) -> Iterator[Any]:
        try:
            interpreter = self._idle.pop()
        except IndexError:
            interpreter = self._open()
        try:
            yield interpreter
        finally:
            self._idle.append(interpreter)

    def _check(self, batch: NDArray[np.int8]) -> None:
        wanted = self.input_details
        if batch.dtype != wanted.dtype or batch.shape[1:] != wanted.shape[1:]:
            raise ModelError(
                f"The model takes {wanted.dtype} {wanted.shape[1:]}, "
                f"but was given {batch.dtype} {batch.shape[1:]}; "
                "use the embedding that the photographs were prepared for."
            )


class Embedding:
    """The frozen network: int8 image tensors in, int8 feature vectors out."""

    def __init__(self, content: bytes, background: NDArray[np.int8] | None = None) -> None:
        """Load a .tflite file's content; ModelError where it is no embedding that boards run."""
        check_embedding(content)  # before LiteRT, which ends the process at some damaged files
        self.content = content  # as pairing copies it to a board
        # The same between int8, as LiteRT runs it and exports hold it.
        self.network = with_int8_ends(content)
        self._model = model = TfliteModel(self.network)
        self.fingerprint = hashlib.sha256(content).digest()
        self.side = model.input_details.shape[1]
        self.features = model.output_details.shape[1]
        self.scale = model.output_details.scale
        self.zero_point = model.output_details.zero_point
        # Rows and columns of the map that the features are, None where they are none.
        self.grid = map_size(content)
        # Features of pictures of anything, int8, B×F; see background.py. May have no rows.
        none = np.empty((0, self.features), np.int8)
        self.background = none if background is None else background

    def embed(self, tensors: NDArray[np.int8]) -> NDArray[np.int8]:
        """Embed int8 ``tensors`` (N×side×side×3): int8, N×features; many in several threads."""
        threads = max(1, min(os.cpu_count() or 1, len(tensors) // _BATCH_FOR_A_THREAD))
        if threads == 1:
            return self._model.run(tensors)
        parts = np.array_split(tensors, threads)
        return np.concatenate(list(on_all_cores(self._model.run, parts)))


def load_embedding(path: Path | str | None = None) -> Embedding:
    """Load an embedding, by default the one that ships with TinyTeach, and its background set.

    Raises ModelError where the file is missing, damaged or no embedding.
    """
    path = Path(EMBEDDING_FILE if path is None else path)
    content = _read(path)
    return open_embedding(content, load_background(path, hashlib.sha256(content).digest()))


def open_embedding(content: bytes, background: NDArray[np.int8] | None = None) -> Embedding:
    """The same from a file's content, with a background set of the caller's."""
    return Embedding(content, background)


def is_shipped(content: bytes) -> bool:
    """Whether it is one of TinyTeach's own embeddings, which its tests have checked."""
    return any(p.is_file() and p.read_bytes() == content for p in EMBEDDING_FILES.values())


def check_embedding(content: bytes) -> None:
    """ModelError where a .tflite file's content is no embedding, or none that boards run."""
    if not is_shipped(content):
        arena_bytes(content)


def _read(model: Path | str | bytes) -> bytes:
    if isinstance(model, bytes):
        return model
    try:
        return Path(model).read_bytes()
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise ModelError(f"Cannot read the model {model} ({reason}); check the path.") from error


def _only_io(interpreter: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    except UnicodeDecodeError as error:  # of a tensor's name
        raise ModelError(UNUSABLE) from error
    if len(inputs) != 1 or len(outputs) != 1:
        raise ModelError(
            f"The model has {len(inputs)} inputs and {len(outputs)} outputs; "
            "use one with a single image in and a single vector out."
        )
    return inputs[0], outputs[0]
