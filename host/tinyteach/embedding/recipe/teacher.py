"""What a large network sees in each quarter of an image: the targets of distillation.

The teacher is a quantised ImageNet classifier (.tflite). Feature maps inside it are averaged
to a 2×2 grid, that of the heads that the student learns with, and each is reduced by principal
components, so that a target is 4 × some hundred numbers instead of 94,080. Components are
scaled by the fourth root of their variance: between the teacher's own metric and full
whitening, so that the many small directions, which tell fine classes apart, count too.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tinyteach.embedding.litert import (
    TensorDetails,
    details_of,
    open_interpreter,
    schema_module,
)
from tinyteach.embedding.recipe.accelerator import compiled, on_gpu
from tinyteach.embedding.recipe.resize import resize, whole
from tinyteach.embedding.recipe.teacher_network import build
from tinyteach.embedding.runtime import TfliteModel
from tinyteach.errors import ModelError

GRID = 2
# The teacher's input: its own is 224. On photographs of 64 pixels it tells masks and signs apart
# as well at 160 (95 and 86 % against 95 and 88 % at 20 photographs a class), at twice the speed.
SIDE = 160
_BLOCK = 1000
_GPU_BLOCK = 500  # images in a GPU's memory at a time


@dataclass(frozen=True)
class Projection:
    """``(features − mean) @ basis``: teacher channels to components."""

    mean: np.ndarray  # float32, channels
    basis: np.ndarray  # float32, channels×components

    def __call__(self, features: np.ndarray) -> np.ndarray:
        components: NDArray[np.float16] = ((features - self.mean) @ self.basis).astype(np.float16)
        return components


def open_teacher(path: Path, maps: Sequence[int]) -> "Teacher | TeacherOnGpu":
    """The teacher where it is fastest: LiteRT's kernels on processors, Keras on a GPU."""
    return TeacherOnGpu(path, maps) if on_gpu() else Teacher(path, maps)


class Teacher:
    """A .tflite classifier cut off after the last of some feature maps, in several threads.

    ``maps`` are numbers of operators that make feature maps, by default the last that gives
    more than one pixel. ModelError where one makes none.
    """

    def __init__(self, path: Path, maps: Sequence[int] = (), threads: int | None = None) -> None:
        content, side = _cut(path, maps)
        threads = threads or os.cpu_count() or 1
        self._looks = [_Look(content, side) for _ in range(threads)]

    def grids(self, images: np.ndarray) -> list[np.ndarray]:
        """Of each map, its average over 2×2 cells for uint8 ``images``: float32, N×4×channels."""
        parts = np.array_split(images, len(self._looks))
        with ThreadPoolExecutor(len(self._looks)) as pool:
            found = list(pool.map(_Look.grids, self._looks, parts))
        return [np.concatenate(of_one) for of_one in zip(*found, strict=True)]


class TeacherOnGpu:
    """The same classifier computed in floats by Keras (`teacher_network`), whole blocks at once."""

    def __init__(self, path: Path, maps: Sequence[int] = ()) -> None:
        content, side = _cut(path, maps)
        network = build(content)

        def look(images: Any) -> list[Any]:
            from keras import ops

            pixels = ops.cast(images, "float32")
            pixels = ops.round(resize(pixels, whole(images.shape[1]), side))
            return [_pooled(of_map) for of_map in network(pixels)]

        self._look = compiled(look)

    def grids(self, images: np.ndarray) -> list[np.ndarray]:
        """As `Teacher.grids`."""
        parts = [self._look(images[n : n + _GPU_BLOCK]) for n in range(0, len(images), _GPU_BLOCK)]
        return [
            np.concatenate([np.asarray(grid) for grid in of_map])
            for of_map in zip(*parts, strict=True)
        ]


def _pooled(maps: Any) -> Any:
    """Feature maps N×side×side×C, a tensor, averaged to 2×2: N×4×C."""
    from keras import ops

    count, side, _, channels = maps.shape
    cells = ops.reshape(maps, (count, side * side, channels))
    return ops.matmul(grid_pooling(side), cells)


def _cut(path: Path, maps: Sequence[int]) -> tuple[bytes, int]:
    """The teacher as far as it is needed, and the side of the images that it sees."""
    model = TfliteModel(path, reference=False)
    details, cut = model.input_details, cut_at_feature_map(model.content, maps)
    if details.dtype != np.uint8 or details.shape[3:] != (3,):
        raise ModelError(
            "The teacher does not take a uint8 RGB image; use a classifier quantised to uint8."
        )
    return cut, min(SIDE, details.shape[1])


class _Look:
    """The cut teacher in one thread: all maps of an image in one pass."""

    def __init__(self, content: bytes, side: int) -> None:
        self._size = (side, side)
        self._interpreter = open_interpreter(content, False, (1, side, side, 3))
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._maps = self._interpreter.get_output_details()

    def grids(self, images: np.ndarray) -> list[np.ndarray]:
        channels = [int(of_map["shape"][3]) for of_map in self._maps]
        grids = [np.empty((len(images), GRID * GRID, count), np.float32) for count in channels]
        for row, image in enumerate(images):
            self._look_at(image)
            for of_map, grid in zip(self._maps, grids, strict=True):
                cells = self._interpreter.get_tensor(of_map["index"])
                grid[row] = _average(cells, details_of(of_map))[0]
        return grids

    def _look_at(self, image: np.ndarray) -> None:
        large = Image.fromarray(image).resize(self._size, Image.Resampling.BILINEAR)
        self._interpreter.set_tensor(self._input, np.asarray(large)[None])
        self._interpreter.invoke()


def fit_projection(grids: np.ndarray, components: int) -> Projection:
    """Principal components of the cells of ``grids`` (N×4×channels)."""
    cells = grids.reshape(-1, grids.shape[-1]).astype(np.float64)
    mean = cells.mean(axis=0)
    variance, vectors = np.linalg.eigh(np.cov(cells - mean, rowvar=False))
    largest = np.argsort(variance)[::-1][:components]
    scale = np.maximum(variance[largest], 1e-9) ** -0.25
    return Projection(mean.astype(np.float32), (vectors[:, largest] * scale).astype(np.float32))


def targets(
    teacher: Teacher | TeacherOnGpu, images: np.ndarray, projections: Sequence[Projection]
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (first row, float16 block of targets N×4×maps×components) over all ``images``."""
    for start in range(0, len(images), _BLOCK):
        grids = teacher.grids(images[start : start + _BLOCK])
        pairs = zip(projections, grids, strict=True)
        yield start, np.stack([project(grid) for project, grid in pairs], axis=2)


def cut_at_feature_map(content: bytes, operators: Sequence[int] = ()) -> bytes:
    """Make feature maps the model's outputs, in that order, without what follows; see `Teacher`."""
    from flatbuffers import Builder

    model = schema_module().ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    wanted = _chosen(graph, operators)
    graph.outputs = [int(graph.operators[number].outputs[0]) for number in wanted]
    graph.operators = graph.operators[: max(wanted) + 1]
    model.signatureDefs = None
    builder = Builder(len(content))
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def _chosen(graph: Any, operators: Sequence[int]) -> Sequence[int]:
    shapes = [graph.tensors[op.outputs[0]].shape for op in graph.operators]
    maps = [number for number, shape in enumerate(shapes) if _is_map(shape)]
    if not maps or not set(operators) <= set(maps) or len(set(operators)) < len(operators):
        raise ModelError(
            "The teacher has no feature map there; use an image classifier such as MobileNet, "
            "and different numbers of operators of it that give an image."
        )
    return operators or maps[-1:]


def _is_map(shape: np.ndarray) -> bool:
    return len(shape) == 4 and min(shape[1], shape[2]) >= GRID


def feature_grids(model: TfliteModel, images: np.ndarray) -> np.ndarray:
    """A model's feature maps of ``images`` in its own input, averaged to 2×2: float32, N×4×C."""
    return _average(model.run(images), model.output_details)


def _average(maps: np.ndarray, details: TensorDetails) -> np.ndarray:
    """Feature maps N×side×side×C as they are, averaged to 2×2 in real units: float32, N×4×C."""
    cells = maps.reshape(len(maps), -1, maps.shape[3]).astype(np.float32)
    mean: NDArray[np.float32] = np.matmul(grid_pooling(maps.shape[1]), cells)
    return (mean - details.zero_point) * np.float32(details.scale)


def grid_pooling(side: int) -> np.ndarray:
    """Weights that average side×side cells by area to 2×2: float32, 4×side²."""
    cells = np.arange(side)
    low, high = np.arange(GRID)[:, None] * side / GRID, (np.arange(GRID)[:, None] + 1) * side / GRID
    overlap = np.minimum(cells + 1, high) - np.maximum(cells, low)
    axis = np.maximum(overlap, 0.0) * GRID / side
    return np.kron(axis, axis).astype(np.float32)
