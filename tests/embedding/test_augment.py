"""Photographs changed as cameras change them, against Pillow where it does the same."""

import io

import numpy as np
import pytest
from PIL import Image

from tinyteach.embedding.recipe.augment import CLOSE_UP, close_ups, photograph, random_crops
from tinyteach.embedding.recipe.jpeg import compress
from tinyteach.embedding.recipe.resize import resize, whole

SIDE = 64


def picture(seed: int) -> np.ndarray:
    """Something with edges, gradients and colours."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (9, 9, 3), np.uint8))
    image = np.asarray(coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC)).copy()
    image[10:30, 20:40] = rng.integers(0, 256, 3)
    return image


def test_cameras_change_each_picture_differently_and_lightly():
    same, boxes = np.stack([picture(1)] * 8), np.tile(whole(SIDE), (8, 1))
    changed = photograph(same, boxes, np.random.default_rng(3))
    assert changed.shape == same.shape and changed.dtype == np.uint8
    assert len(np.unique(changed, axis=0)) == 8
    flat = np.full((4, SIDE, SIDE, 3), 128, np.uint8)
    taken = photograph(flat, boxes[:4], np.random.default_rng(3))
    assert 1 < np.abs(taken.astype(int) - 128).mean() < 40
    np.testing.assert_array_equal(changed, photograph(same, boxes, np.random.default_rng(3)))


def test_crops_lie_in_the_picture_and_have_their_area():
    left, top, width, height = random_crops(2000, SIDE, np.random.default_rng(4)).T
    assert left.min() >= 0 and top.min() >= 0
    assert (left + width).max() <= SIDE + 1e-3 and (top + height).max() <= SIDE + 1e-3
    area = width * height / SIDE**2
    assert 0.25 < area.min() < 0.35 and area.max() > 0.9
    assert (np.maximum(width / height, height / width) <= 1.25**2 + 1e-3).all()


def test_larger_pictures_become_views_of_their_own_size():
    large = np.kron(picture(2), np.ones((3, 3, 1), np.uint8))[None]
    boxes = random_crops(1, large.shape[1], np.random.default_rng(8), smallest=0.15)
    taken = photograph(large, boxes, np.random.default_rng(9), SIDE)
    assert taken.shape == (1, SIDE, SIDE, 3)
    np.testing.assert_array_equal(taken, photograph(large, boxes, np.random.default_rng(9), SIDE))


def test_close_ups_lie_in_the_picture_about_the_face():
    faces = np.tile(np.array([[0.3, 0.6, 0.2]], np.float32), (2000, 1))
    left, top, width, height = close_ups(faces, SIDE, np.random.default_rng(5)).T
    np.testing.assert_array_equal(width, height)
    assert left.min() >= 0 and top.min() >= 0 and (left + width).max() <= SIDE + 1e-3
    sides = width / (0.2 * SIDE)
    assert CLOSE_UP[0] <= sides.min() < 1.25 and 2.7 < sides.max() <= CLOSE_UP[1] + 1e-3
    assert np.median(left + width / 2) == pytest.approx(0.3 * SIDE, abs=1.5)


def test_resizing_is_pillows():
    images = np.stack([picture(seed) for seed in range(6)])
    boxes = random_crops(6, SIDE, np.random.default_rng(6))
    ours = np.asarray(resize(images.astype(np.float32), boxes, SIDE))
    for image, (left, top, width, height), found in zip(images, boxes, ours, strict=True):
        box = (left, top, left + width, top + height)
        by_pillow = Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BILINEAR, box)
        assert np.abs(np.asarray(by_pillow) - found).max() < 1.01  # Pillow rounds twice


def test_one_box_serves_all_images_and_makes_them_larger():
    images = np.stack([picture(seed) for seed in range(3)])
    ours = np.asarray(resize(images.astype(np.float32), whole(SIDE), 160))
    by_pillow = Image.fromarray(images[1]).resize((160, 160), Image.Resampling.BILINEAR)
    assert np.abs(np.asarray(by_pillow) - ours[1]).max() < 1.01


@pytest.mark.parametrize("quality", [50, 75, 95])
def test_jpeg_of_grey_pictures_is_libjpegs(quality):
    """Without colour nothing is left open to a decoder but rounding."""
    images = np.stack([np.repeat(picture(seed)[..., :1], 3, axis=2) for seed in range(4)])
    ours = np.asarray(compress(images.astype(np.float32), np.full(4, quality)))
    for image, found in zip(images, ours, strict=True):
        difference = np.abs(through_libjpeg(image, quality) - found)
        assert difference.mean() < 0.5 and np.quantile(difference, 0.99) <= 3


def test_jpeg_of_colours_comes_near_to_libjpegs():
    """Decoders differ in how they bring chroma back to its size."""
    images = np.stack([picture(seed) for seed in range(4)])
    ours = np.asarray(compress(images.astype(np.float32), np.full(4, 60)))
    for image, found in zip(images, ours, strict=True):
        theirs = through_libjpeg(image, 60)
        assert np.abs(theirs - found).mean() < 0.5 * np.abs(theirs - image).mean()


def through_libjpeg(image: np.ndarray, quality: int) -> np.ndarray:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "jpeg", quality=quality)
    return np.asarray(Image.open(stream)).astype(np.float32)
