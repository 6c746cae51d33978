"""The hand-held camera: repeatable, moving smoothly within a burst, jumping between bursts."""

import numpy as np
import pytest

from tinyteach.data import handheld
from tinyteach.data.drawing import demo_object
from tinyteach.data.handheld import HandheldCamera


@pytest.fixture(scope="module")
def photo():
    return demo_object("motorcycle")


def distance(one, other) -> float:
    """Mean absolute difference of coarse pictures: what moved, not the noise."""
    coarse = [view.reshape(12, 10, 12, 10, 3).mean((1, 3)) for view in (one, other)]
    return float(np.abs(coarse[0] - coarse[1]).mean())


def test_same_seed_same_views(photo):
    one, other = (HandheldCamera(photo, seed=7, width=120, height=120) for _ in range(2))
    for camera in (one, other):
        camera.record(2)
        camera.new_burst()
    assert np.array_equal(one.record(3), other.record(3))


@pytest.mark.parametrize("size", [(240, 240), (320, 240), (96, 128)])
def test_views_have_the_sensors_size(photo, size):
    view = HandheldCamera(photo, width=size[0], height=size[1]).next_view()
    assert view.shape == (size[1], size[0], 3) and view.dtype == np.uint8


def test_views_of_a_burst_differ_and_bursts_differ_more(photo):
    camera = HandheldCamera(photo, seed=1, width=120, height=120)
    bursts = []
    for _ in range(6):
        bursts.append(camera.record(6))
        camera.new_burst()
    steps = [distance(a, b) for views in bursts for a, b in zip(views, views[1:], strict=False)]
    jumps = [distance(a[0], b[0]) for a, b in zip(bursts, bursts[1:], strict=False)]
    assert all(
        not np.array_equal(a, b) for views in bursts for a, b in zip(views, views[1:], strict=False)
    )
    assert np.median(jumps) > 2 * np.median(steps)


def test_seeds_and_photographs_lead_to_other_views(photo):
    cameras = [HandheldCamera(photo, seed=seed, width=120, height=120) for seed in range(2)]
    other = photo.copy()
    other[0, 0] ^= 255
    cameras.append(HandheldCamera(other, seed=0, width=120, height=120))
    views = [camera.next_view() for camera in cameras]
    assert distance(views[0], views[1]) > 5
    assert distance(views[0], views[2]) > 5


@pytest.mark.parametrize("shape", [(300, 451), (500, 120), (64, 64)])
def test_the_view_never_leaves_the_photograph(shape):
    bright = np.full((*shape, 3), 250, np.uint8)  # outside it would be black
    camera = HandheldCamera(bright, seed=3, width=24, height=24)
    for _ in range(40):
        assert min(view.min() for view in camera.record(5)) > 60
        camera.new_burst()


@pytest.mark.parametrize("far", [3.0, -3.0])
def test_the_view_stays_inside_however_far_the_hand_moves(monkeypatch, far):
    monkeypatch.setattr(handheld._Sway, "step", lambda sway, seconds: far)
    bright = np.full((64, 96, 3), 250, np.uint8)
    camera = HandheldCamera(bright, width=24, height=24)
    camera._exposure.step = lambda seconds: 0.0
    assert camera.next_view().min() > 60


def test_a_hand_never_comes_to_rest(photo):
    views = HandheldCamera(photo, seed=2, width=120, height=120).record(90)
    assert min(distance(a, b) for a, b in zip(views[60:], views[70:], strict=False)) > 1


def test_motion_blurs(monkeypatch):
    tiles = np.random.default_rng(1).integers(0, 256, (80, 80, 3), np.uint8)
    photo = tiles.repeat(5, axis=0).repeat(5, axis=1)  # fine, so that little motion is seen
    blurred = HandheldCamera(photo, seed=4, width=120, height=120).record(5)
    monkeypatch.setattr(handheld, "_SHUTTER", 0.0)
    sharp = HandheldCamera(photo, seed=4, width=120, height=120).record(5)
    assert np.sum(contrast(sharp)) > 1.02 * np.sum(contrast(blurred))


def contrast(views) -> list[float]:
    """Mean difference between neighbouring pixels of each view."""
    return [float(np.abs(np.diff(view.astype(int), axis=1)).mean()) for view in views]


def test_there_is_noise_and_light_changes(photo):
    grey = np.full((300, 300, 3), 128, np.uint8)
    camera = HandheldCamera(grey, seed=0, width=120, height=120)
    means = []
    for _ in range(8):
        view = camera.next_view().astype(float)
        means.append(view.mean((0, 1)))
        centre = view[50:70, 50:70]
        assert 0.5 < centre.std((0, 1)).mean() < 12
        camera.new_burst()
    assert np.ptp(np.mean(means, 1)) > 20  # exposure
    assert np.ptp(np.array(means) / np.mean(means, 1, keepdims=True)) > 0.1  # white balance


def test_only_colour_photographs():
    with pytest.raises(ValueError, match="a photograph is uint8"):
        HandheldCamera(np.zeros((20, 20), np.uint8))
