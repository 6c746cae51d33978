"""Narrow weights: the same network, in numbers whose sums fit half a word."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyteach.embedding.litert import schema_module
from tinyteach.embedding.recipe.narrow import MOST, TURN, narrow_weights, narrowing, widest_turn
from tinyteach.embedding.recipe.rounding import Inputs, columns_of
from tinyteach.embedding.runtime import EMBEDDING_FILES, TfliteModel


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.sampled_from([1, 15, 16, 17, 27, 72]))
def test_a_turn_never_adds_up_to_more(seed, channels, inputs):
    rng = np.random.default_rng(seed)
    weights = rng.integers(-128, 128, (channels, inputs)).astype(np.int8)
    weights[rng.random(channels) < 0.3] //= 16
    divisors = narrowing(weights)
    assert (widest_turn(np.rint(weights / divisors[:, None])) <= MOST).all()
    assert (divisors >= 1).all() and divisors.max() < TURN * 128 / MOST * 1.1


def test_what_is_narrow_stays():
    weights = np.full((2, 32), 15, np.int8)
    assert narrowing(weights).tolist() == [1, 1]
    assert widest_turn(weights).tolist() == [240, 240]


def convolutions(content: bytes):
    """(weights as channels×inputs, scales) of each CONV_2D."""
    schema = schema_module()
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    for operator in graph.operators:
        if model.operatorCodes[operator.opcodeIndex].builtinCode == schema.BuiltinOperator.CONV_2D:
            tensor = graph.tensors[operator.inputs[1]]
            values = np.frombuffer(bytes(model.buffers[tensor.buffer].data), np.int8)
            yield values.reshape(tensor.shape[0], -1), tensor.quantization.scale


@pytest.mark.parametrize("path", EMBEDDING_FILES.values(), ids=EMBEDDING_FILES)
def test_shipped_embeddings_are_narrow(path):
    for weights, _ in convolutions(path.read_bytes()):
        assert (widest_turn(weights) <= MOST).all()


@pytest.fixture(scope="module")
def files() -> tuple[bytes, bytes]:
    """A network of two convolutions as the converter makes it, in int8 and in floats."""
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(4)
    image = keras.Input((16, 16, 3), batch_size=1)
    x = keras.layers.Conv2D(8, 3, 2, activation="relu")(image)
    network = keras.Model(image, keras.layers.Conv2D(12, 3)(x))
    function = tf.function(network).get_concrete_function(tf.TensorSpec((1, 16, 16, 3)))
    floats = tf.lite.TFLiteConverter.from_concrete_functions([function]).convert()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    rng = np.random.default_rng(0)
    converter.representative_dataset = lambda: (
        [rng.uniform(-1, 1, (1, 16, 16, 3)).astype(np.float32)] for _ in range(20)
    )
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert(), floats


def test_the_network_stays_the_same_but_for_rounding(files):
    wide, floats = files
    shown = np.random.default_rng(2).integers(0, 256, (200, 16, 16, 3)).astype(np.uint8)
    narrow = narrow_weights(wide, floats, shown)
    for (before, scale), (after, new_scale) in zip(
        convolutions(wide), convolutions(narrow), strict=True
    ):
        assert (widest_turn(before) > MOST).any() and (widest_turn(after) <= MOST).all()
        real = before * scale[:, None], after * new_scale[:, None]
        assert np.abs(real[0] - real[1]).max() <= new_scale.max() * 4
    images = np.random.default_rng(1).integers(-128, 128, (30, 16, 16, 3)).astype(np.int8)
    first, second = (TfliteModel(content).run(images).astype(float) for content in (wide, narrow))
    assert np.corrcoef(first.ravel(), second.ravel())[0, 1] > 0.99


def test_a_convolution_sees_its_columns():
    """A product with the columns is TensorFlow's convolution, of either padding and stride."""
    import tensorflow as tf

    rng = np.random.default_rng(3)
    images = rng.normal(size=(2, 9, 9, 3)).astype(np.float32)
    kernel = rng.normal(size=(4, 3, 2, 3)).astype(np.float32)  # filters×height×width×inputs
    for stride in (1, 2):
        for padding in ("SAME", "VALID"):
            wanted = tf.nn.conv2d(images, kernel.transpose(1, 2, 3, 0), stride, padding)
            columns = columns_of(images, (3, 2), stride, padding == "SAME")
            found = columns @ kernel.reshape(4, -1).T
            np.testing.assert_allclose(found, np.reshape(wanted, (-1, 4)), atol=1e-4)


def test_rounding_makes_good_what_it_changes():
    """Inputs that go along with each other: outputs err less than by rounding each weight."""
    rng = np.random.default_rng(4)
    common = rng.normal(size=(4000, 3)) @ rng.normal(size=(3, 24))
    columns = (20 * common + rng.normal(size=common.shape) + 7).astype(np.float32)
    weights = rng.normal(0, 3, (6, 24))
    rounded = Inputs(columns).round(weights)
    assert (rounded == np.rint(rounded)).all() and np.abs(rounded).max() <= 127
    errors = [
        (columns @ (weights - whole).T).std(axis=0).mean() for whole in (rounded, np.rint(weights))
    ]
    assert errors[0] < 0.5 * errors[1]


def test_inputs_that_never_change_are_rounded_too():
    columns = np.zeros((100, 5), np.float32)
    weights = np.array([[0.2, -3.7, 126.9, 200.0, -200.0]])
    assert Inputs(columns).round(weights).tolist() == [[0, -4, 127, 127, -127]]
