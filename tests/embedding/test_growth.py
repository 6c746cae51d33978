"""A network that begins as a smaller embedding sees what that one sees."""

import numpy as np
import pytest

from paired import views_of
from tinyteach.data.drawing import DEMO_OBJECTS
from tinyteach.embedding.preprocess import to_image, to_tensor
from tinyteach.embedding.recipe.evaluate import embed_images
from tinyteach.embedding.recipe.growth import _stretched, grow, places, read_convolutions
from tinyteach.embedding.recipe.network import SIZES, Size, build_network
from tinyteach.embedding.recipe.student import to_input
from tinyteach.embedding.runtime import EMBEDDING_FILES, load_embedding
from tinyteach.errors import UsageError


def views(side: int) -> np.ndarray:
    """uint8, N×side×side×3."""
    taken = [view for name in DEMO_OBJECTS for view in views_of(name, 3, seed=4, side=192)]
    return np.stack([to_image(to_tensor(view, side)) for view in taken])


def as_base_sees(network, pixels: int) -> np.ndarray:
    """Features of the first channels of ``network``, whitened as base whitens its own."""
    maps = np.asarray(network(to_input(views(pixels).astype(np.float32)), training=False))
    kernel, bias = read_convolutions(EMBEDDING_FILES["base"])[-1]
    cells = maps.reshape(len(maps), 16, -1)[..., : len(kernel[0, 0])]
    return (cells @ kernel[0, 0] + bias).reshape(len(maps), -1)


@pytest.mark.parametrize(("name", "alike"), [("base", 0.99), ("plus", 0.8)])
def test_it_sees_what_the_smaller_one_sees(name, alike):
    """But for rounding, and for a larger picture that shows more."""
    network = build_network(SIZES[name])
    grow(network, SIZES[name], "base", views(SIZES[name].pixels))
    found, base = as_base_sees(network, SIZES[name].pixels), load_embedding()
    expected = embed_images(base, views(base.side))
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > alike


def test_what_does_not_fit_is_refused():
    narrow = Size(((4, 3, 2), (16, 3, 2)), ((16, 1, 1), (32, 2, 1), (64, 2, 2)), 8)
    with pytest.raises(UsageError, match="fewer channels"):
        grow(build_network(narrow), narrow, "base", views(64))
    shallow = Size(((8, 3, 2), (16, 3, 2)), ((16, 1, 1), (32, 2, 1)), 8)
    with pytest.raises(UsageError, match="choose another"):
        grow(build_network(shallow), shallow, "base", views(64))


def test_each_convolution_has_its_place():
    assert places(SIZES["tiny"]) == [
        ("stem", 0, 0),
        ("block", 0, 0),
        ("entry", 1, 0),
        ("block", 1, 0),
        ("entry", 2, 0),
        ("block", 2, 0),
    ]


def test_a_stretched_kernel_weighs_a_picture_as_before():
    """On a larger picture of the same thing, where pixels are the means of what they cover."""
    rng = np.random.default_rng(2)
    kernel, coarse = rng.normal(size=(3, 3, 2, 5)), rng.normal(size=(3, 3, 2))
    fine = np.kron(coarse, np.ones((2, 2, 1)))
    assert _stretched(kernel, 3, 1.0) == pytest.approx(kernel)
    sums = np.einsum("uvc,uvco->o", fine, _stretched(kernel, 6, 2.0))
    assert sums == pytest.approx(np.einsum("uvc,uvco->o", coarse, kernel))
