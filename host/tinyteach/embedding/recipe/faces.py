"""Where faces are in training images, for views that show them close.

What camera boards are shown is often a person, whom pretraining sets show from afar. The
detector is MediaPipe's BlazeFace (short range, .tflite, Apache-2.0), a single-shot detector:
two anchors a cell of a grid of stride 8, then six a cell of one of stride 16; for each anchor
a logit, and a box in input pixels about the middle of its cell.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tinyteach.embedding.litert import open_interpreter
from tinyteach.embedding.recipe.progress import Progress
from tinyteach.errors import ModelError

LEAST_SCORE = 0.62  # most boxes below it hold something else than a person's face
LEAST_SIDE = 0.17  # of a box, in parts of the image's side: 11 of 64 pixels; less is a blur
_GRIDS = ((8, 2), (16, 6))  # stride, anchors a cell
_OUTPUTS = [1, 16]  # numbers an anchor: a logit; a box and six key points
_BLOCK = 1000


@dataclass(frozen=True)
class Faces:
    """The likeliest face of each image that shows one."""

    rows: np.ndarray  # int64, F: numbers of the images
    boxes: np.ndarray  # float32, F×3: centre x, centre y, side, in parts of the image's side

    def table(self) -> np.ndarray:
        """All numbers in one: float64, F×4, the row first."""
        return np.concatenate([self.rows[:, None], self.boxes], axis=1)

    @staticmethod
    def of_table(table: np.ndarray) -> "Faces":
        """What `table` has made a table of."""
        return Faces(table[:, 0].astype(np.int64), table[:, 1:].astype(np.float32))

    def times(self, count: int) -> "Faces":
        """Each face ``count`` times."""
        return Faces(np.tile(self.rows, count), np.tile(self.boxes, (count, 1)))


NO_FACES = Faces(np.empty(0, np.int64), np.empty((0, 3), np.float32))


class FaceDetector:
    """BlazeFace in one thread. ModelError where the file is something else."""

    def __init__(self, path: Path) -> None:
        try:
            self._interpreter = open_interpreter(path.read_bytes(), False)
        except OSError as error:
            raise ModelError(f"Cannot read the face detector {path}; check the path.") from error
        image = self._interpreter.get_input_details()[0]
        self._input, self._side = int(image["index"]), int(image["shape"][1])
        self._centres = anchor_centres(self._side)
        self._outputs = self._find_outputs(path)

    def _find_outputs(self, path: Path) -> list[int]:
        found = self._interpreter.get_output_details()
        outputs = sorted(found, key=lambda details: int(details["shape"][-1]))
        shapes = [tuple(details["shape"]) for details in outputs]
        if shapes != [(1, len(self._centres), numbers) for numbers in _OUTPUTS]:
            raise ModelError(
                f"{path.name} is not BlazeFace; use MediaPipe's face_detection_short_range.tflite."
            )
        return [int(details["index"]) for details in outputs]

    def likeliest(self, images: np.ndarray) -> np.ndarray:
        """Of each of N uint8 ``images``: float32, N×4, as `likeliest_box` has it."""
        return np.stack([self._look_at(image) for image in images])

    def _look_at(self, image: np.ndarray) -> np.ndarray:
        large = Image.fromarray(image).resize((self._side,) * 2, Image.Resampling.BILINEAR)
        self._interpreter.set_tensor(self._input, np.asarray(large, np.float32)[None] / 127.5 - 1)
        self._interpreter.invoke()
        logits, boxes = (self._interpreter.get_tensor(output)[0] for output in self._outputs)
        return likeliest_box(logits[:, 0], boxes, self._centres, self._side)


def anchor_centres(side: int) -> np.ndarray:
    """Middles of the cells of each anchor, in parts of the input's side: float32, anchors×2."""
    grids = []
    for stride, anchors in _GRIDS:
        middles = (np.arange(side // stride) + 0.5) * stride / side
        y, x = np.meshgrid(middles, middles, indexing="ij")
        grids.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), anchors, axis=0))
    return np.concatenate(grids).astype(np.float32)


def likeliest_box(
    logits: np.ndarray, boxes: np.ndarray, centres: np.ndarray, side: int
) -> np.ndarray:
    """Score 0…1, centre x, centre y and side of the anchor of the highest of A ``logits``.

    ``boxes`` (A×4 or more) hold centre and size in input pixels, the centre about its anchor's.
    """
    best = int(np.argmax(logits))
    score = 1.0 / (1.0 + np.exp(-np.clip(logits[best], -80.0, 80.0)))
    x, y = centres[best] + boxes[best, :2] / side
    return np.array([score, x, y, boxes[best, 2:4].max() / side], np.float32)


def find_faces(detector: Path, images: np.ndarray, progress: Progress) -> Faces:
    """Look for a face in each of uint8 ``images``, N×side×side×3."""
    detectors = [FaceDetector(detector) for _ in range(os.cpu_count() or 1)]
    best: list[np.ndarray] = []
    with ThreadPoolExecutor(len(detectors)) as pool:
        for start in range(0, len(images), _BLOCK):
            parts = np.array_split(images[start : start + _BLOCK], len(detectors))
            best += pool.map(FaceDetector.likeliest, detectors, parts)
            progress("Looking for faces", min(start + _BLOCK, len(images)), len(images))
    found = np.concatenate(best)
    rows = np.flatnonzero((found[:, 0] >= LEAST_SCORE) & (found[:, 3] >= LEAST_SIDE))
    return Faces(rows, found[rows, 1:])
