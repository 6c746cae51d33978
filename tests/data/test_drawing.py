"""The demo's objects: drawn, each unlike the others."""

import itertools

import numpy as np
import pytest

from tinyteach.data import drawing
from tinyteach.data.drawing import DEMO_OBJECTS, demo_object


def test_they_are_coloured_pictures():
    assert DEMO_OBJECTS == ("astronaut", "cat", "coffee", "motorcycle", "rocket")
    for name in DEMO_OBJECTS:
        picture = demo_object(name)
        assert picture.dtype == np.uint8 and picture.shape == (400, 400, 3)
        assert np.ptp(picture.astype(int), axis=2).mean() > 10  # colours, not grey
        assert picture.reshape(-1, 3).std(axis=0).min() > 20


def test_no_two_look_alike():
    coarse = [demo_object(name).reshape(8, 50, 8, 50, 3).mean((1, 3)) for name in DEMO_OBJECTS]
    assert min(np.abs(a - b).mean() for a, b in itertools.combinations(coarse, 2)) > 30


def test_a_picture_is_the_same_each_time_and_kept_from_changes():
    drawn_again = demo_object.__wrapped__("cat")
    assert np.array_equal(demo_object("cat"), drawn_again)
    with pytest.raises(ValueError, match="read-only"):
        demo_object("cat")[0, 0] = 0


def test_a_part_has_its_colours_and_its_twin(monkeypatch):
    eye = {"ellipse": [25, 50, 10, 10], "colours": ["#ff0000", "#c00000"], "mirrored": True}
    ground = {"ground": ["#00ff00", "#00ff00"], "seed": 1}
    monkeypatch.setitem(drawing.DRAWINGS, "eyes", {**ground, "parts": [eye]})
    picture = demo_object.__wrapped__("eyes").astype(int)
    for x, y, is_eye in ((100, 200, True), (300, 200, True), (200, 200, False), (100, 250, False)):
        red, green, blue = picture[y, x]
        assert (red > 150 and green == 0) if is_eye else (green > 150 and red == 0), (x, y)


def test_a_shadow_lies_below_and_right_of_its_part(monkeypatch):
    disc = {"ellipse": [50, 50, 10, 10], "colours": ["#ffffff", "#ffffff"], "shadow": 0.9}
    ground = {"ground": ["#c0c0c0", "#c0c0c0"], "seed": 1}
    monkeypatch.setitem(drawing.DRAWINGS, "disc", {**ground, "parts": [disc]})
    picture = demo_object.__wrapped__("disc").astype(int)
    assert picture[244:250, 195:205].mean() < 140 < 170 < picture[150:156, 195:205].mean()
    assert picture[:20].mean() > 180, "and nowhere else"
