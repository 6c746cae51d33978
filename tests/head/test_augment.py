"""Extra views: lightly different, of the right shape, the same for the same seed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyteach.data.drawing import demo_object
from tinyteach.embedding.preprocess import to_image, to_tensor
from tinyteach.head.fit.augment import Augmentation, augment

STILL = Augmentation(0, 0, 0, 0, 0, 0, 0)


@pytest.fixture(scope="module")
def photo():
    return demo_object("astronaut")[150:390, 150:390]


def draw(photo, seed=0, copies=4, side=64, strength=None):
    rng = np.random.default_rng(seed)
    return augment(photo, side, copies, rng, strength or Augmentation())


@settings(max_examples=30, deadline=None)
@given(st.integers(8, 300), st.integers(0, 5), st.sampled_from([32, 64, 96]))
def test_shape_and_type(size, copies, side):
    square = np.random.default_rng(size).integers(0, 256, (size, size, 3)).astype(np.uint8)
    views = draw(square, copies=copies, side=side)
    assert (views.shape, views.dtype) == ((copies, side, side, 3), np.uint8)


def test_the_seed_decides(photo):
    np.testing.assert_array_equal(draw(photo, seed=1), draw(photo, seed=1))
    assert not np.array_equal(draw(photo, seed=1), draw(photo, seed=2))


def test_views_differ_and_the_photograph_is_untouched(photo):
    before = photo.copy()
    views = draw(photo)
    assert len({view.tobytes() for view in views}) == len(views)
    np.testing.assert_array_equal(photo, before)


def test_without_any_change_a_view_is_what_the_board_sees(photo):
    (view,) = draw(photo, copies=1, strength=STILL)
    difference = np.abs(view.astype(int) - to_image(to_tensor(photo, 64)))
    assert difference.mean() < 0.6
    assert difference.max() <= 8


def test_a_view_resembles_its_photograph_not_its_mirror_image(photo):
    plain = to_image(to_tensor(photo, 64)).astype(float).ravel()
    mirrored = to_image(to_tensor(photo, 64))[:, ::-1].astype(float).ravel()
    for view in draw(photo, copies=8):
        likeness = np.corrcoef(plain, view.ravel())[0, 1]
        assert likeness > 0.5
        assert likeness > np.corrcoef(mirrored, view.ravel())[0, 1]


@pytest.mark.parametrize(
    ("strength", "changed"),
    [
        (Augmentation(0, 0, 0, 0.3, 0, 0, 0), lambda a, b: abs(a.mean() - b.mean()) > 3),
        (Augmentation(0, 0, 0, 0, 0.4, 0, 0), lambda a, b: abs(a.std() - b.std()) > 1),
        (Augmentation(0, 0, 0, 0, 0, 0.3, 0), lambda a, b: np.array_equal(a[..., 1], b[..., 1])),
        (Augmentation(0, 0, 0, 0, 0, 0, 9), lambda a, b: abs(a.mean() - b.mean()) < 1),
    ],
    ids=["brightness", "contrast", "white balance", "noise"],
)
def test_each_change_of_light_does_what_it_is_named(photo, strength, changed):
    (still,) = draw(photo, copies=1, strength=STILL)
    (view,) = draw(photo, seed=3, copies=1, strength=strength)
    assert not np.array_equal(view, still)
    assert changed(view.astype(float), still.astype(float))
