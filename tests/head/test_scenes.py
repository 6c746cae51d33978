"""Recordings by what photographs show, whatever their files are called."""

import numpy as np
import pytest

from tinyteach.data.drawing import demo_object
from tinyteach.data.handheld import HandheldCamera
from tinyteach.embedding.preprocess import to_tensor
from tinyteach.head.fit.scenes import same_scene

FRAMES = 6


@pytest.fixture(scope="module")
def filmed(embedding):
    """Features of two recordings each of a cat and a coffee, frame by frame."""
    frames = []
    for thing in ("cat", "coffee"):
        camera = HandheldCamera(demo_object(thing), seed=3)
        for _ in range(2):
            frames += camera.record(FRAMES)
            camera.new_burst()
    return embedding.embed(np.array([to_tensor(each, embedding.side) for each in frames]))


def test_frames_of_a_recording_go_together_and_recordings_are_apart(filmed, embedding):
    labels = ["cat"] * 2 * FRAMES + ["coffee"] * 2 * FRAMES
    first = same_scene(filmed, labels, embedding)
    recordings = [set(first[n * FRAMES : (n + 1) * FRAMES].tolist()) for n in range(4)]
    assert all(len(found) <= 2 for found in recordings)  # a hand may jerk once
    assert sum(map(len, recordings)) == len(set().union(*recordings))


def test_the_order_of_frames_is_nothing(filmed, embedding):
    labels = ["cat"] * len(filmed)
    there = same_scene(filmed, labels, embedding)
    back = same_scene(filmed[::-1], labels, embedding)[::-1]
    assert len(set(there.tolist())) == len(set(back.tolist()))
    np.testing.assert_array_equal(there[:, None] == there, back[:, None] == back)


def test_the_same_picture_in_two_classes_is_two(filmed, embedding):
    twice = np.concatenate([filmed[:1], filmed[:1]])
    assert same_scene(twice, ["cat", "dog"], embedding).tolist() == [0, 1]
    assert same_scene(twice, ["cat", "cat"], embedding).tolist() == [0, 0]


def test_nothing(embedding):
    empty = np.empty((0, embedding.features), np.int8)
    assert same_scene(empty, [], embedding).tolist() == []
