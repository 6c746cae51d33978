"""What a large network sees in each quarter of an image: the targets of distillation.

The teacher is a quantised ImageNet classifier (a .tflite file whose last
feature map has four dimensions and is pooled before the classifier). Its
feature map is averaged to a 2×2 grid, the grid of the student's own output,
and reduced by principal components, so that a target is 4 × ``components``
numbers instead of 62,720. Components are scaled by the fourth root of their
variance: between the teacher's own metric and full whitening, so that the
many small directions, which tell fine classes apart, count too.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tinyteach.embedding.runtime import TfliteModel, schema_module
from tinyteach.errors import ModelError

GRID = 2
_BLOCK = 1000


@dataclass(frozen=True)
class Projection:
    """``(features − mean) @ basis``: teacher channels to components."""

    mean: np.ndarray  # float32, channels
    basis: np.ndarray  # float32, channels×components

    def __call__(self, features: np.ndarray) -> np.ndarray:
        return ((features - self.mean) @ self.basis).astype(np.float16)


class Teacher:
    """A .tflite classifier cut off at its last feature map, in several threads."""

    def __init__(self, path: Path, threads: int = 2) -> None:
        content = cut_at_feature_map(TfliteModel(path, reference=False).content)
        self._models = [TfliteModel(content, reference=False) for _ in range(threads)]

    def grids(self, images: np.ndarray) -> np.ndarray:
        """Feature maps of uint8 ``images`` averaged to 2×2: float32, N×4×channels."""
        parts = np.array_split(images, len(self._models))
        with ThreadPoolExecutor(len(self._models)) as pool:
            return np.concatenate(list(pool.map(_grids, self._models, parts)))


def fit_projection(grids: np.ndarray, components: int) -> Projection:
    """Principal components of the cells of ``grids`` (N×4×channels)."""
    cells = grids.reshape(-1, grids.shape[-1]).astype(np.float64)
    mean = cells.mean(axis=0)
    variance, vectors = np.linalg.eigh(np.cov(cells - mean, rowvar=False))
    largest = np.argsort(variance)[::-1][:components]
    scale = np.maximum(variance[largest], 1e-9) ** -0.25
    return Projection(mean.astype(np.float32), (vectors[:, largest] * scale).astype(np.float32))


def targets(
    teacher: Teacher, images: np.ndarray, projection: Projection
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (first row, float16 block of targets N×4×components) over all ``images``."""
    for start in range(0, len(images), _BLOCK):
        yield start, projection(teacher.grids(images[start : start + _BLOCK]))


def cut_at_feature_map(content: bytes) -> bytes:
    """Make a classifier's last multi-pixel feature map its output, without what follows it."""
    from flatbuffers import Builder

    schema = schema_module()
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    maps = [op for op in graph.operators if _is_map(graph.tensors[op.outputs[0]].shape)]
    if not maps:
        raise ModelError(
            "The teacher has no feature map; use an image classifier such as MobileNet."
        )
    last = max(graph.operators.index(op) for op in maps)
    graph.operators = graph.operators[: last + 1]
    graph.outputs = [int(graph.operators[last].outputs[0])]
    model.signatureDefs = None
    builder = Builder(len(content))
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def _is_map(shape: np.ndarray) -> bool:
    return len(shape) == 4 and min(shape[1], shape[2]) >= GRID


def _grids(model: TfliteModel, images: np.ndarray) -> np.ndarray:
    details = model.output_details
    _, height, width, _ = model.input_details.shape
    pool = _pooling(details.shape[1])
    grids = np.empty((len(images), GRID * GRID, details.shape[3]), np.float32)
    for image, grid in zip(images, grids, strict=True):
        large = np.asarray(
            Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR)
        )
        features = model.run(large[None])[0].reshape(details.shape[1] * details.shape[2], -1)
        grid[...] = pool @ features.astype(np.float32) - details.zero_point
    return grids * np.float32(details.scale)


def _pooling(side: int) -> np.ndarray:
    """Weights that average side×side cells by area to 2×2: float32, 4×side²."""
    cells = np.arange(side)
    low, high = np.arange(GRID)[:, None] * side / GRID, (np.arange(GRID)[:, None] + 1) * side / GRID
    overlap = np.minimum(cells + 1, high) - np.maximum(cells, low)
    axis = np.maximum(overlap, 0.0) * GRID / side
    return np.kron(axis, axis).astype(np.float32)
