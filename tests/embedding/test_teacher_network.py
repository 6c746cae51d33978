"""A quantised classifier computed in floats, against LiteRT's kernels and Keras's layers."""

from pathlib import Path

import numpy as np
import pytest

from tinyteach.embedding.recipe.teacher_network import _shifted, build
from tinyteach.embedding.runtime import TfliteModel
from tinyteach.errors import ModelError

SIDE = 24


def converted(network, path: Path) -> Path:
    """Quantised to uint8 at both ends."""
    import tensorflow as tf

    function = tf.function(network).get_concrete_function(tf.TensorSpec((1, SIDE, SIDE, 3)))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    rng = np.random.default_rng(0)
    converter.representative_dataset = lambda: (
        [rng.uniform(0, 255, (1, SIDE, SIDE, 3)).astype(np.float32)] for _ in range(20)
    )
    converter.inference_input_type = converter.inference_output_type = tf.uint8
    path.write_bytes(converter.convert())
    return path


def test_a_block_as_mobilenets_have_it_is_litert_s(tmp_path):
    """Pointwise, depthwise of stride 2 and 1, a linear bottleneck, an addition, ReLU6."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(2)
    image = keras.Input((SIDE, SIDE, 3), batch_size=1)
    x = layers.Conv2D(8, 3, 2, "same", activation="relu6")(image)
    x = layers.DepthwiseConv2D(3, 2, "same", activation="relu6")(x)
    wide = layers.DepthwiseConv2D(3, 1, "same")(layers.Conv2D(16, 1, activation="relu6")(x))
    x = layers.Add()([x, layers.Conv2D(8, 1)(wide)])
    model = TfliteModel(converted(keras.Model(image, x), tmp_path / "block.tflite"))
    pixels = np.random.default_rng(1).integers(0, 256, (5, SIDE, SIDE, 3), np.uint8)
    details = model.output_details
    exact = (model.run(pixels).astype(np.float32) - details.zero_point) * details.scale
    (floats,) = build(model.content)(pixels.astype(np.float32))
    assert np.corrcoef(np.ravel(floats), exact.ravel())[0, 1] > 0.99
    assert np.abs(np.asarray(floats) - exact).mean() < 2 * details.scale


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("side", [8, 9])
@pytest.mark.parametrize("kernel", [3, 5])
def test_a_sum_of_shifted_pictures_is_a_depthwise_convolution(stride, side, kernel):
    from keras import ops

    rng = np.random.default_rng(3)
    images = rng.normal(size=(2, side, side, 4)).astype(np.float32)
    weights = rng.normal(size=(kernel, kernel, 4, 1)).astype(np.float32)
    wanted = ops.depthwise_conv(images, weights, stride, "same")
    found = _shifted(images, weights, stride, "same")
    np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_an_operator_that_is_not_known_is_refused(tmp_path):
    import keras

    image = keras.Input((SIDE, SIDE, 3), batch_size=1)
    network = keras.Model(image, keras.layers.MaxPooling2D(2)(image))
    content = converted(network, tmp_path / "pool.tflite").read_bytes()
    with pytest.raises(ModelError, match="not known here"):
        build(content)
