"""Turns the trained Keras network into the int8 .tflite file that boards run."""

from collections.abc import Iterator
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from tinyteach.embedding.recipe.narrow import narrow_weights

_MET = 1500  # images that rounding looks at


def quantise(network: Any, images: np.ndarray) -> bytes:
    """Quantise ``network`` fully to int8, weights per channel and narrow: a .tflite file.

    ``images`` (uint8, N×side×side×3) set the ranges of the activations.
    """
    import tensorflow as tf

    with TemporaryDirectory() as folder:
        # Traced for one image: a batch of unknown size would add operators that compute shapes.
        one = tf.TensorSpec((1, *network.input_shape[1:]), tf.float32)
        network.export(folder, verbose=False, input_signature=[one])
        floats = tf.lite.TFLiteConverter.from_saved_model(folder).convert()
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: _representative(images)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8
        return narrow_weights(converter.convert(), floats, images[:: len(images) // _MET or 1])


def _representative(images: np.ndarray) -> Iterator[list[np.ndarray]]:
    """Network inputs; each holds both ends of the range, −1 and 127/128.

    The converter takes scale and zero point of the input from the extremes
    that it sees: (127/128 + 1) / 255 = 1/128, and −1 becomes −128.
    """
    for image in images:
        example = (image[None].astype(np.float32) - 128.0) / 128.0
        example[0, 0, 0, 0], example[0, 0, 1, 0] = -1.0, 127.0 / 128.0
        yield [example]
