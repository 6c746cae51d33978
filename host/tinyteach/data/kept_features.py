"""What was computed of a project's photographs, kept so that the next training is quick.

    <project>/.features.npz   of each photograph by its content, see `save_kept`

The photographs are the truth: where the file is missing, damaged, or of something else, everything
is computed anew; it may be deleted, and nothing but a training reads it.
"""

import io
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyteach.data.project import Project
from tinyteach.errors import ProjectError
from tinyteach.files import read_file, write_atomically

NAME = ".features.npz"  # with a dot: no listing of photographs takes it for anything
# Higher with every change to what is kept, or to how views are drawn.
FORMAT = 2
MAX_BYTES = 256 << 20  # of a hundred thousand photographs, each seen once


@dataclass(frozen=True)
class KeptFeatures:
    """Of one photograph: features int8 [F], drawn views int8 [n, F], `small_pixels` uint8 [S]."""

    features: NDArray[np.int8]
    views: NDArray[np.int8]
    small: NDArray[np.uint8]

    @property
    def arrays(self) -> tuple[NDArray[np.generic], NDArray[np.generic], NDArray[np.generic]]:
        return self.features, self.views, self.small


def kept_path(project: Project) -> Path:
    """Where they lie; the file may be missing."""
    return project.root / NAME


def save_kept(project: Project, made_by: bytes, kept: Mapping[bytes, KeptFeatures]) -> None:
    """In place of what was kept before; ``made_by`` says how, the keys (32 bytes each) of what.

    Not where the project cannot be written, or where the file would be larger than one is read. Of
    no photographs there is no file.
    """
    if not kept:
        with suppress(OSError):
            kept_path(project).unlink()
        return
    # Of views as many as all photographs have: each kind is one array.
    views = min(len(each.views) for each in kept.values())
    stream = io.BytesIO()
    np.savez(
        stream,
        made_by=np.frombuffer(_tag(made_by), np.uint8),
        keys=np.array([np.frombuffer(key, np.uint8) for key in kept], np.uint8),
        features=np.array([each.features for each in kept.values()], np.int8),
        views=np.array([each.views[:views] for each in kept.values()], np.int8),
        small=np.array([each.small for each in kept.values()], np.uint8),
    )
    if stream.tell() <= MAX_BYTES:
        with suppress(ProjectError):
            write_atomically(kept_path(project), stream.getvalue())


def load_kept(project: Project, made_by: bytes) -> dict[bytes, KeptFeatures]:
    """What was kept and ``made_by`` the same; nothing where that cannot be read."""
    try:
        return _read(kept_path(project), made_by)
    except Exception:  # decoders raise of every kind on damaged files
        return {}


def _read(path: Path, made_by: bytes) -> dict[bytes, KeptFeatures]:
    content = io.BytesIO(read_file(path, MAX_BYTES))
    with zipfile.ZipFile(content) as archive:
        if sum(member.file_size for member in archive.infolist()) > MAX_BYTES:
            raise ValueError("too large to be ours")
    with np.load(content) as arrays:
        if arrays["made_by"].tobytes() != _tag(made_by):
            return {}
        keys, columns = arrays["keys"], [arrays[name] for name in ("features", "views", "small")]
    _check(keys, *columns)
    rows = zip(*columns, strict=True)
    return {key.tobytes(): KeptFeatures(*row) for key, row in zip(keys, rows, strict=True)}


def _check(
    keys: NDArray[np.generic],
    features: NDArray[np.generic],
    views: NDArray[np.generic],
    small: NDArray[np.generic],
) -> None:
    forms = [(each.dtype.name, each.ndim) for each in (keys, features, views, small)]
    if forms != [("uint8", 2), ("int8", 2), ("int8", 3), ("uint8", 2)]:
        raise ValueError("no features")
    if views.shape[2] != features.shape[1]:
        raise ValueError("views and photographs have as many features")


def _tag(made_by: bytes) -> bytes:
    return bytes([FORMAT]) + made_by
