"""Which of Keras's backends computes a training run, and where.

TensorFlow on processors; JAX (``KERAS_BACKEND=jax``) where there is a GPU, since it turns what
happens to a whole batch into a few programs of the GPU.
"""

from collections.abc import Callable
from typing import Any


def backend() -> str:
    """Keras's: "tensorflow", "jax", …"""
    import keras

    return str(keras.backend.backend())


def device() -> str:
    """What computes, in words for a model card."""
    if backend() != "jax":
        return "CPU"
    import jax

    return str(jax.devices()[0].device_kind)


def on_gpu() -> bool:
    """Whether JAX has an accelerator."""
    if backend() != "jax":
        return False
    import jax

    return bool(jax.default_backend() != "cpu")


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` of tensors as one program, where the backend makes such."""
    program = function
    if backend() == "jax":
        import jax

        program = jax.jit(function)
    if backend() == "tensorflow":
        import tensorflow as tf

        program = tf.function(function, reduce_retracing=True)
    return program


def use_a_thread_an_operator() -> None:
    """On TensorFlow work runs side by side in several operators, each in one thread."""
    if backend() != "tensorflow":
        return
    import tensorflow as tf

    # Refused where TensorFlow has begun already in this process; then it only takes longer.
    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
    except RuntimeError:
        return
