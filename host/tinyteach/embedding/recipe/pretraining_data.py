"""Reads labelled photographs from a zip or folder of ``<folder>/<class>/<image>``.

Both the pretraining set (``train/<class>/…``) and the few-shot sets
(``<class>/…``) have this form.
"""

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from tinyteach.embedding.preprocess import MAX_SQUARE, centre_square, to_image, to_tensor
from tinyteach.errors import PhotoError

_SUFFIXES = {".webp", ".jpg", ".jpeg", ".png"}
_Files = dict[str, Callable[[], bytes]]  # names with /, and what reads each


@dataclass(frozen=True)
class LabelledImages:
    """Images of one size with their class numbers, in the order of ``classes``."""

    images: np.ndarray  # uint8, N×side×side×3
    labels: np.ndarray  # int64, N
    classes: tuple[str, ...]

    def only(self, classes: list[int]) -> "LabelledImages":
        """Keep some classes, renumbered from 0 in the order given."""
        rows = np.concatenate([np.flatnonzero(self.labels == number) for number in classes])
        numbers = {number: position for position, number in enumerate(classes)}
        labels = np.array([numbers[label] for label in self.labels[rows]], np.int64)
        return LabelledImages(self.images[rows], labels, tuple(self.classes[c] for c in classes))


def read_images(path: Path, folder: str = "", side: int = 64) -> LabelledImages:
    """Read every image below ``folder`` of a zip or folder, to ``side`` pixels as a board would.

    Raises PhotoError where ``path`` cannot be read or holds no images there.
    """
    return _labelled(path, folder, lambda read: _read(read(), side))


def read_labels(path: Path, folder: str = "") -> LabelledImages:
    """The same without the pixels: every image has none."""
    return _labelled(path, folder, lambda _: np.empty(0, np.uint8))


def _labelled(
    path: Path, folder: str, image_of: Callable[[Callable[[], bytes]], np.ndarray]
) -> LabelledImages:
    try:
        files = _files_of_folder(path) if path.is_dir() else _files_of_zip(path)
        names = _image_names(files, folder)
        images = np.stack([image_of(files[name]) for name in names])
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise PhotoError(
            f"Cannot read photographs from {path}; "
            f"it must be a zip or folder of {folder}<class>/<image>."
        ) from error
    folders = [PurePosixPath(name).parent.name for name in names]
    classes, labels = np.unique(folders, return_inverse=True)
    return LabelledImages(images, labels.astype(np.int64), tuple(map(str, classes)))


def split_classes(count: int) -> tuple[list[int], list[int]]:
    """Class numbers to train on, and the tenth of them held back for choosing settings."""
    held_back = list(range(9, count, 10))
    return [number for number in range(count) if number not in held_back], held_back


def _files_of_zip(path: Path) -> _Files:
    archive = zipfile.ZipFile(path)  # stays open as long as the functions that read from it
    return {name: partial(archive.read, name) for name in archive.namelist()}


def _files_of_folder(path: Path) -> _Files:
    files = (file for file in path.rglob("*") if file.is_file())
    return {file.relative_to(path).as_posix(): file.read_bytes for file in files}


def _image_names(files: _Files, folder: str) -> list[str]:
    names = [name for name in files if name.startswith(folder)]
    return sorted(name for name in names if PurePosixPath(name).suffix.lower() in _SUFFIXES)


def _read(content: bytes, side: int) -> np.ndarray:
    square = centre_square(np.asarray(Image.open(io.BytesIO(content)).convert("RGB")))
    if square.shape[0] > MAX_SQUARE:  # beyond what boards' integers hold
        return np.asarray(Image.fromarray(square).resize((side, side), Image.Resampling.BOX))
    return square if square.shape[0] == side else to_image(to_tensor(square, side))
