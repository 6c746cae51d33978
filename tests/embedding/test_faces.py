"""The face detector's protocol, by a detector of white spots that has BlazeFace's form."""

from pathlib import Path

import numpy as np
import pytest

from tinyteach.embedding.recipe.faces import (
    FaceDetector,
    Faces,
    anchor_centres,
    find_faces,
    likeliest_box,
)
from tinyteach.embedding.recipe.views import NO_MORE, MorePictures, make_views
from tinyteach.errors import ModelError

CLOSE_UPS = 4  # rows a face
SPOT = 32.0  # side of the boxes that the detector of spots gives, of 128 pixels


def quiet(*_) -> None:
    """Progress that nobody sees."""


@pytest.fixture(scope="module")
def spots(tmp_path_factory) -> Path:
    """Logit 10 where a cell is white, −10 where it is black; boxes of 32 pixels in its middle."""
    import keras
    import tensorflow as tf

    image = keras.Input((128, 128, 3), batch_size=1)
    logits, boxes = [], []
    for stride, anchors in ((8, 2), (16, 6)):
        cells = keras.layers.AveragePooling2D(stride)(image)
        score = keras.layers.Conv2D(anchors, 1, kernel_initializer="ones", use_bias=False)
        logits.append(keras.layers.Reshape((-1, 1))(score(cells)))
        box = keras.layers.Conv2D(16 * anchors, 1, kernel_initializer="zeros")
        boxes.append(keras.layers.Reshape((-1, 16))(box(cells)))
        score.set_weights([score.get_weights()[0] * (10 / 3)])
        box.bias.assign(np.tile([0, 0, SPOT, SPOT, *[0] * 12], anchors))
    outputs = [keras.layers.Concatenate(1)(parts) for parts in (boxes, logits)]
    function = tf.function(keras.Model(image, outputs)).get_concrete_function(
        tf.TensorSpec((1, 128, 128, 3))
    )
    path = tmp_path_factory.mktemp("detector") / "spots.tflite"
    path.write_bytes(tf.lite.TFLiteConverter.from_concrete_functions([function]).convert())
    return path


def spot(row: int, column: int) -> np.ndarray:
    """A white spot of 8 pixels on a black image of 64, from ``row`` and ``column`` on."""
    image = np.zeros((64, 64, 3), np.uint8)
    image[row : row + 8, column : column + 8] = 255
    return image


def test_a_face_is_found_where_it_is(spots):
    dark = np.zeros((64, 64, 3), np.uint8)
    found = find_faces(spots, np.stack([dark, spot(16, 40), dark, spot(48, 8)]), quiet)
    assert found.rows.tolist() == [1, 3]
    middles = np.array([[44 / 64, 20 / 64], [12 / 64, 52 / 64]])
    # The best anchor is the first of several cells inside the spot.
    assert np.abs(found.boxes[:, :2] - middles).max() <= 4 / 64
    np.testing.assert_allclose(found.boxes[:, 2], SPOT / 128)


def test_scores_are_probabilities(spots):
    scores = FaceDetector(spots).likeliest(np.stack([spot(0, 0), np.zeros_like(spot(0, 0))]))[:, 0]
    np.testing.assert_allclose(scores, [1 / (1 + np.exp(-10)), 1 / (1 + np.exp(10))], rtol=1e-3)


def test_anchors_are_the_middles_of_cells():
    """896 of them at 128 pixels, as BlazeFace has: 2 for each of 16×16 cells, 6 of each of 8×8."""
    centres = anchor_centres(128)
    assert centres.shape == (896, 2)
    np.testing.assert_allclose(centres[[0, 1, 2, 32]] * 128, [[4, 4], [4, 4], [12, 4], [4, 12]])
    np.testing.assert_allclose(centres[[512, 517, 518]] * 128, [[8, 8], [8, 8], [24, 8]])


def test_faces_are_kept_as_one_table():
    faces = Faces(np.array([3, 90000]), np.array([[0.5, 0.25, 0.2], [0.1, 0.9, 0.3]], np.float32))
    again = Faces.of_table(faces.table())
    np.testing.assert_array_equal(again.rows, faces.rows)
    np.testing.assert_array_equal(again.boxes, faces.boxes)


def test_a_box_is_moved_from_its_anchor():
    boxes = np.array([[0, 0, 1, 1], [12.8, -25.6, 64, 32]], np.float32)
    centres = np.array([[0.1, 0.1], [0.5, 0.5]], np.float32)
    box = likeliest_box(np.array([-1.0, 0.0]), boxes, centres, 128)
    np.testing.assert_allclose(box, [0.5, 0.6, 0.3, 0.5], rtol=1e-6)


def test_close_ups_come_after_the_images_and_show_the_face(spots, tmp_path):
    images = np.stack([spot(16, 40), np.zeros((64, 64, 3), np.uint8)])
    faces = find_faces(spots, images, quiet).times(CLOSE_UPS)
    make_views(tmp_path / "views.npy", images, faces, NO_MORE, 3, 1, quiet)
    views = np.load(tmp_path / "views.npy")
    assert views.shape == (3, 2 + CLOSE_UPS, 64, 64, 3)
    np.testing.assert_array_equal(views[0, :2], images)
    close = views[:, 2:].reshape(-1, 64, 64, 3)
    assert len(np.unique(close, axis=0)) == 3 * CLOSE_UPS
    # The spot is a quarter of the box's area, and a view is at most 2.8 boxes wide.
    assert ((close > 128).mean(axis=(1, 2, 3)) > (8 / 64) ** 2).all()


def test_crops_of_more_pictures_come_last(spots, tmp_path):
    images = np.stack([spot(16, 40), np.zeros((64, 64, 3), np.uint8)])
    faces = find_faces(spots, images, quiet)
    bright = np.full((2, 160, 160, 3), [[[[250, 20, 20]]], [[[20, 20, 250]]]], np.uint8)
    make_views(tmp_path / "views.npy", images, faces, MorePictures(bright, 3), 2, 1, quiet)
    views = np.load(tmp_path / "views.npy")
    assert views.shape == (2, 2 + 1 + 2 * 3, 64, 64, 3)
    crops = views[:, 3:].reshape(-1, 64, 64, 3)
    assert len(np.unique(crops, axis=0)) == 2 * 2 * 3
    assert ((crops.mean(axis=(1, 2))[:, 0] > 120) == np.tile([True, False], 2 * 3)).all()


@pytest.mark.parametrize("content", [b"", b"not a model"])
def test_a_damaged_detector_is_refused(content, tmp_path):
    path = tmp_path / "faces.tflite"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="not a usable"):
        FaceDetector(path)


def test_another_model_is_refused():
    shipped = Path("host/tinyteach/embedding/embedding.tflite")
    with pytest.raises(ModelError, match="not BlazeFace"):
        FaceDetector(shipped)


def test_a_detector_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ModelError, match="check the path"):
        FaceDetector(tmp_path / "nothing.tflite")
