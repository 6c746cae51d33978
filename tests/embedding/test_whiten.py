"""The last convolution: features whose directions all count the same."""

import numpy as np
import pytest

from tinyteach.embedding.recipe.network import build_network
from tinyteach.embedding.recipe.sizes import NEIGHBOURS, SIZES, WINDOWS, side_of_map
from tinyteach.embedding.recipe.student import to_input
from tinyteach.embedding.recipe.whiten import LEAST_VARIANCE, whiten, whitening


def test_whitened_cells_are_uncorrelated_with_variance_one():
    rng = np.random.default_rng(0)
    cells = rng.normal(size=(4000, 6)) @ rng.normal(size=(6, 6)) + rng.normal(size=6)
    kernel, bias = whitening(cells.astype(np.float32))
    white = cells @ kernel + bias
    assert np.abs(white.mean(axis=0)).max() < 1e-4
    covariance = np.cov(white, rowvar=False)
    assert np.abs(covariance - np.diag(np.diag(covariance))).max() < 1e-3
    assert (np.diag(covariance) <= 1.001).all() and np.diag(covariance).max() > 0.99


def test_a_channel_that_never_changes_stays_small():
    rng = np.random.default_rng(1)
    cells = np.concatenate([rng.normal(size=(500, 3)), np.full((500, 1), 7.0)], axis=1)
    kernel, bias = whitening(cells.astype(np.float32))
    assert np.isfinite(kernel).all() and np.isfinite(bias).all()
    assert np.abs(kernel).max() < 2 / np.sqrt(LEAST_VARIANCE)


@pytest.mark.parametrize("name", SIZES)
def test_a_whitened_network_is_a_linear_map_of_the_cells(name):
    size, rng = SIZES[name], np.random.default_rng(2)
    network = build_network(size)
    images = rng.integers(0, 256, (40, size.pixels, size.pixels, 3), np.uint8)
    white = whiten(network, images, size.kept)
    pixels = to_input(images[:8].astype(np.float32))
    before = np.asarray(network(pixels)).reshape(-1, size.channels)
    after = np.asarray(white(pixels)).reshape(-1, size.kept)
    kernel, bias = (np.asarray(a) for a in white.layers[-2].get_weights())
    np.testing.assert_allclose(after, before @ kernel[0, 0] + bias, atol=1e-3)
    side = side_of_map(size, size.pixels)
    assert white.output_shape == (None, side * side * size.kept)


def test_channels_of_the_largest_variance_are_kept_and_cells_hear_their_neighbours():
    size, rng = SIZES["base"], np.random.default_rng(3)
    network = build_network(size)
    images = rng.integers(0, 256, (40, 64, 64, 3), np.uint8)
    pixels = to_input(images[:4].astype(np.float32))
    every, some, smooth, windows = (
        np.asarray(whiten(network, images, *how)(pixels))
        for how in ((64,), (5,), (5, NEIGHBOURS), (5, WINDOWS))
    )
    some, smooth, windows = (maps.reshape(4, -1, 5) for maps in (some, smooth, windows))
    np.testing.assert_allclose(some, every.reshape(4, 16, 64)[..., -5:], atol=1e-4)
    beyond = np.pad(some.reshape(4, 4, 4, 5), ((0, 0), (1, 1), (1, 1), (0, 0)))
    around = sum(beyond[:, i : i + 4, j : j + 4] for i in range(3) for j in range(3)) / 9
    np.testing.assert_allclose(smooth, some + around.reshape(4, 16, 5), atol=1e-4)
    means = sum(beyond[:, 1 + i : 4 + i, 1 + j : 4 + j] for i in (0, 1) for j in (0, 1)) / 4
    np.testing.assert_allclose(windows, means.reshape(4, 9, 5), atol=1e-4)
