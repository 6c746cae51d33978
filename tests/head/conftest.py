"""Pictures, their features, and a head trained on them."""

import numpy as np
import pytest

from tinyteach.data.drawing import demo_object
from tinyteach.embedding.preprocess import to_tensor
from tinyteach.embedding.runtime import load_embedding
from trained import train_head

SCENES = ("astronaut", "coffee", "cat", "rocket")
BURSTS, FRAMES = 4, 5


def views(image, burst, frames, rng):
    """Squares cut from one part of an image, as a hand that shakes a little would."""
    height, width = image.shape[:2]
    size = min(height, width) // 2 + 20 * burst
    top, left = rng.integers(0, height - size), rng.integers(0, width - size)
    for _ in range(frames):
        y, x = (int(np.clip(v, 0, m)) for v, m in ((top, height - size), (left, width - size)))
        yield np.ascontiguousarray(image[y : y + size : 2, x : x + size : 2])
        top, left = top + rng.integers(-9, 10), left + rng.integers(-9, 10)


@pytest.fixture(scope="session")
def embedding():
    return load_embedding()


@pytest.fixture(scope="session")
def photo_set():
    """(photos, labels, bursts) of four things, four recordings of five frames each."""
    rng = np.random.default_rng(7)
    photos, labels, bursts = [], [], []
    for scene in SCENES:
        image = demo_object(scene)
        for burst in range(BURSTS):
            photos += views(image, burst, FRAMES, rng)
            labels += [scene] * FRAMES
            bursts += [f"{scene}-{burst}"] * FRAMES
    return photos, labels, bursts


@pytest.fixture(scope="session")
def features(photo_set, embedding):
    """The photographs' int8 features, by the reference kernels."""
    return embedding.embed(np.array([to_tensor(p, embedding.side) for p in photo_set[0]]))


@pytest.fixture(scope="session")
def trained(photo_set, embedding):
    return train_head(*photo_set, embedding)
