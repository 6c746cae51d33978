"""What a project learnt from a board: features of frames whose photographs nobody has.

    <project>/learnt/<class>/<head>.npz   int8 features and the embedding that they come from

Each file is named for the head that it was in. Files may be deleted by hand like photographs.
"""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyteach.data.project import Project
from tinyteach.errors import ProjectError
from tinyteach.files import MAX_BYTES, made_folder, read_file, write_atomically

SUFFIX = ".npz"


@dataclass(frozen=True)
class LearntFile:
    """Features (int8, N×F) of a class; ``embedding`` is the SHA-256 of what made them."""

    path: Path
    class_name: str
    features: NDArray[np.int8]
    embedding: bytes


def save_learnt(
    project: Project, class_name: str, name: str, features: NDArray[np.int8], embedding: bytes
) -> Path:
    """Keep features of a class that is there, in place of those of the same ``name``."""
    folder = project.learnt_dir(project.class_name(class_name))
    stream = io.BytesIO()
    np.savez(stream, features=features, embedding=np.frombuffer(embedding, np.uint8))
    path = folder / (name + SUFFIX)
    with made_folder(folder):
        write_atomically(path, stream.getvalue())
    return path


def list_learnt(project: Project) -> tuple[list[LearntFile], list[str]]:
    """What the project's classes learnt, in their order; and a sentence for each damaged file."""
    found, problems = [], []
    for name in project.classes():
        for path in sorted(project.learnt_dir(name).glob(f"*{SUFFIX}")):
            try:
                found.append(_read(path, name))
            except ProjectError as error:  # it may be whole, but nobody may read it
                problems.append(str(error))
            except Exception:  # decoders raise of every kind on damaged files
                problems.append(f"{path} is damaged; delete it and pull from the board again.")
    return found, problems


def _read(path: Path, class_name: str) -> LearntFile:
    content = io.BytesIO(read_file(path))
    with zipfile.ZipFile(content) as archive:
        if sum(member.file_size for member in archive.infolist()) > MAX_BYTES:
            raise ValueError("too large to be features")
    with np.load(content) as arrays:
        features, embedding = arrays["features"], arrays["embedding"]
    if features.dtype != np.int8 or features.ndim != 2 or embedding.shape != (32,):
        raise ValueError("no features")
    return LearntFile(path, class_name, features, embedding.tobytes())
