"""TensorFlow without the waits of its own, and a small teacher."""

from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="module")
def untraced():
    """Keras computes steps as they are written; tracing them first takes longer than a few do.

    `test_recipe.trained` has learnt in traced ones, as every run outside of tests does.
    """
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="session")
def teacher(tmp_path_factory) -> Path:
    """A small classifier of its own, quantised to uint8 as the published ones are.

    Operator 0 makes int8 of its input, 1 and 2 are the convolutions.
    """
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(3)
    image = keras.Input((96, 96, 3), batch_size=1)
    x = keras.layers.Conv2D(12, 5, 4, activation="relu")(image)
    x = keras.layers.Conv2D(20, 3, 3, activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    network = keras.Model(image, keras.layers.Dense(5, activation="softmax")(x))
    function = tf.function(network).get_concrete_function(tf.TensorSpec((1, 96, 96, 3)))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    rng = np.random.default_rng(0)
    converter.representative_dataset = lambda: (
        [rng.uniform(0, 255, (1, 96, 96, 3)).astype(np.float32)] for _ in range(8)
    )
    converter.inference_input_type = converter.inference_output_type = tf.uint8
    path = tmp_path_factory.mktemp("teacher") / "teacher.tflite"
    path.write_bytes(converter.convert())
    return path
