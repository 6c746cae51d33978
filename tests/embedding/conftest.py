"""TensorFlow without the waits of its own."""

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
