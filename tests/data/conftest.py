"""A project to fill, and photographs that differ by their number."""

import numpy as np
import pytest
from PIL import Image

from at_home import home  # noqa: F401
from tinyteach.data.project import Project


@pytest.fixture
def project(tmp_path):
    return Project.create(tmp_path / "project")


@pytest.fixture
def square():
    """square(number, side) → a smooth photograph with some noise, uint8 [side, side, 3]."""

    def make(number: int, side: int = 24) -> np.ndarray:
        rng = np.random.default_rng(number)
        coarse = rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)
        smooth = Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)
        noise = rng.integers(-3, 4, (side, side, 3))
        return np.clip(np.asarray(smooth) + noise, 0, 255).astype(np.uint8)

    return make


@pytest.fixture
def save_image(square):
    """save_image(path, number, size) writes a photograph in the format of its suffix."""

    def save(path, number: int, size: tuple[int, int] = (24, 24)):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(square(number, max(size))).crop((0, 0, *size)).save(path)
        return path

    return save
