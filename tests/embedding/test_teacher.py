"""The teacher: what a large network sees in each quarter of a picture."""

import numpy as np
import pytest
from PIL import Image

from small_pictures import colourful
from tinyteach.embedding.recipe.lessons import COMPONENTS
from tinyteach.embedding.recipe.teacher import Teacher, TeacherOnGpu, fit_projection
from tinyteach.errors import ModelError


def test_both_maps_come_from_one_pass_in_the_order_asked_for(teacher):
    images = np.stack([colourful(number, 5) for number in range(3)])
    first, second = Teacher(teacher, [2, 1], threads=1).grids(images)
    assert (first.shape, second.shape) == ((3, 4, 20), (3, 4, 12))
    for number, found in ((2, first), (1, second)):
        np.testing.assert_array_equal(found, Teacher(teacher, [number]).grids(images)[0])


def test_a_teacher_in_floats_sees_what_the_quantised_one_sees(teacher):
    images = np.stack([colourful(number, 5) for number in range(3)])
    both = zip(
        TeacherOnGpu(teacher, [1, 2]).grids(images),
        Teacher(teacher, [1, 2]).grids(images),
        strict=True,
    )
    for floats, quantised in both:
        lengths = np.linalg.norm(floats, axis=-1) * np.linalg.norm(quantised, axis=-1)
        assert ((floats * quantised).sum(axis=-1) / lengths).min() > 0.99


def test_a_teacher_sees_each_quarter_by_itself(teacher):
    """Changing one corner leaves the opposite quarter's features as they were."""
    plain = np.full((64, 64, 3), 128, np.uint8)
    marked = plain.copy()
    marked[:16, :16] = colourful(0, 1)[:16, :16]
    ((before, after),) = Teacher(teacher).grids(np.stack([plain, marked]))
    assert before.shape == (4, 20)
    assert np.abs(after[0] - before[0]).max() > 0
    np.testing.assert_array_equal(after[3], before[3])


def test_the_teachers_grid_is_the_mean_of_its_feature_map(teacher):
    from tinyteach.embedding.recipe.teacher import cut_at_feature_map
    from tinyteach.embedding.runtime import TfliteModel

    images = np.stack([colourful(number, 5) for number in range(3)])
    model = TfliteModel(cut_at_feature_map(teacher.read_bytes()), reference=False)
    details = model.output_details
    large = [Image.fromarray(image).resize((96, 96), Image.Resampling.BILINEAR) for image in images]
    maps = model.run(np.stack([np.asarray(image) for image in large])).astype(np.float64)
    means = (maps.mean(axis=(1, 2)) - details.zero_point) * details.scale
    np.testing.assert_allclose(
        Teacher(teacher).grids(images)[0].mean(axis=1), means, rtol=1e-4, atol=1e-4
    )


def test_components_are_uncorrelated_and_centred():
    rng = np.random.default_rng(0)
    grids = (rng.normal(size=(500, 4, 6)) @ rng.normal(size=(6, 6)) + 3).astype(np.float32)
    cells = fit_projection(grids, 4)(grids).reshape(-1, 4).astype(np.float64)
    assert np.abs(cells.mean(axis=0)).max() < 0.01
    correlation = np.corrcoef(cells, rowvar=False)
    assert np.abs(correlation - np.eye(4)).max() < 0.01
    assert (np.diff(cells.std(axis=0)) < 0).all()
    assert COMPONENTS == 96


def test_a_teacher_without_a_feature_map_is_refused(tmp_path):
    import keras
    import tensorflow as tf

    network = keras.Sequential([keras.Input((4,), batch_size=1), keras.layers.Dense(2)])
    function = tf.function(network).get_concrete_function(tf.TensorSpec((1, 4)))
    path = tmp_path / "dense.tflite"
    path.write_bytes(tf.lite.TFLiteConverter.from_concrete_functions([function]).convert())
    with pytest.raises(ModelError, match="no feature map"):
        Teacher(path)


def test_a_map_that_is_none_is_refused(teacher):
    with pytest.raises(ModelError, match="no feature map"):
        Teacher(teacher, [99])
