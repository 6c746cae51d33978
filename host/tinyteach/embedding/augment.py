"""Cheap changes to a batch while it is in the graph: light, colour, blur, noise, position.

The shift is drawn per batch rather than per image because it is then a plain
slice instead of a gather. There are no mirror images: the teacher's targets
are those of the image as it is, and a mirrored hand, sign or letter can mean
something else.
"""

from typing import Any

SHIFT = 5  # pixels, at most


def augment(pixels: Any, strength: Any = 1.0) -> Any:
    """Change a float batch of pixels 0..255 (N×side×side×3) at random; same shape and range.

    ``strength`` from 0 to 1 scales every change but the shift.
    """
    import tensorflow as tf

    x = _shift(pixels) / 255.0
    x = _focus(x, strength)
    x = _light(x, strength)
    x = _colour(x, strength)
    noise = strength * _uniform(x, 0.0, 0.04) * tf.random.normal(tf.shape(x))
    return 255.0 * tf.clip_by_value(x + noise, 0.0, 1.0)


def to_input(pixels: Any) -> Any:
    """Pixels 0..255 to the network's float input, (pixel − 128) / 128."""
    return (pixels - 128.0) / 128.0


def _uniform(x: Any, low: float, high: float, channels: int = 1) -> Any:
    """One random number per image (and channel), shaped to broadcast over a batch."""
    import tensorflow as tf

    return tf.random.uniform((tf.shape(x)[0], 1, 1, channels), low, high)


def _shift(x: Any) -> Any:
    """Move the whole batch by up to SHIFT pixels; the border mirrors."""
    import tensorflow as tf

    side = x.shape[1]
    padded = tf.pad(x, [[0, 0], [SHIFT, SHIFT], [SHIFT, SHIFT], [0, 0]], "REFLECT")
    top, left = tf.unstack(tf.random.uniform((2,), 0, 2 * SHIFT + 1, tf.int32))
    return tf.ensure_shape(padded[:, top : top + side, left : left + side], x.shape)


def _focus(x: Any, strength: Any) -> Any:
    """From blurred (towards a 3×3 mean) to slightly sharpened."""
    import tensorflow as tf

    return x + strength * _uniform(x, -0.3, 1.0) * (tf.nn.avg_pool2d(x, 3, 1, "SAME") - x)


def _light(x: Any, strength: Any) -> Any:
    """Exposure as a power, contrast about the mean, brightness."""
    import tensorflow as tf

    x = tf.pow(tf.maximum(x, 1e-3), tf.exp(strength * _uniform(x, -0.5, 0.5)))
    mean = tf.reduce_mean(x, axis=[1, 2, 3], keepdims=True)
    contrast = 1 + strength * _uniform(x, -0.4, 0.4)
    return mean + (x - mean) * contrast + strength * _uniform(x, -0.2, 0.2)


def _colour(x: Any, strength: Any) -> Any:
    """Saturation from gray to vivid, and a white balance that is off."""
    import tensorflow as tf

    gray = tf.reduce_mean(x, axis=3, keepdims=True)
    saturation = 1 + strength * tf.minimum(_uniform(x, -1.0, 1.0), 0.2)
    balance = 1 + strength * _uniform(x, -0.15, 0.15, channels=3)
    return (gray + (x - gray) * saturation) * balance
