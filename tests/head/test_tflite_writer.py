"""The head file against TensorFlow's converter and both interpreters."""

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyteach.embedding.runtime import TfliteModel
from tinyteach.head.fit.regression import LinearHead, fit
from tinyteach.head.format.quantise import dequantise, quantise
from tinyteach.head.format.tflite_writer import blank_card, write_head

CLASS_COUNTS = (2, 4, 10)
# TensorFlow announces that its interpreter moves to LiteRT, and converts without statistics.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:tensorflow")


def convert(linear, representative, scale, zero_point):
    """What TensorFlow makes of the same floats and the same representative features."""
    import tensorflow as tf

    classes, features = linear.weights.shape
    source = tf.keras.Input((features,), batch_size=1)
    dense = tf.keras.layers.Dense(classes)
    model = tf.keras.Model(source, tf.keras.layers.Softmax()(dense(source)))
    dense.set_weights([linear.weights.T.astype(np.float32), linear.bias.astype(np.float32)])
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    values = dequantise(representative, scale, zero_point)
    converter.representative_dataset = lambda: ([row[None]] for row in values)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


def whole_range(features):
    """The features with both ends of int8 in them: TensorFlow takes the input's scale from that."""
    representative = features.copy()
    representative[0, :2] = -128, 127
    return representative


def random_targets(count, classes):
    return np.random.default_rng(classes).permutation(np.arange(count) % classes)


@pytest.fixture(scope="module", params=CLASS_COUNTS)
def pair(request, features, photo_set, embedding):
    """Our file and TensorFlow's for one float head; 4 classes are the real ones."""
    classes, scale, zero = request.param, embedding.scale, embedding.zero_point
    real = np.unique(photo_set[1], return_inverse=True)[1]
    targets = real if classes == 4 else random_targets(len(features), classes)
    representative = whole_range(features)
    linear = fit(dequantise(representative, scale, zero), targets, 1.0)
    quantised = quantise(linear.weights, linear.bias, representative, scale, zero)
    labels = tuple(f"class {n}" for n in range(classes))
    ours = write_head(quantised, blank_card(labels, quantised))
    return ours, convert(linear, representative, scale, zero)


@pytest.fixture(scope="module")
def many_features(features):
    """Real features, mixtures of them, and noise over the whole range of int8."""
    rng = np.random.default_rng(3)
    left, right = rng.integers(0, len(features), (2, 400))
    share = rng.random((400, 1))
    mixed = np.rint(features[left] * share + features[right] * (1 - share)).astype(np.int8)
    noise = rng.integers(-128, 128, (100, features.shape[1])).astype(np.int8)
    return np.concatenate([features, mixed, noise])


def test_scores_equal_tensorflows_within_a_step(pair, many_features):
    ours, theirs = (TfliteModel(content).run(many_features).astype(int) for content in pair)
    assert np.abs(ours - theirs).max() <= 1
    assert np.mean(ours != theirs) < 0.02


def test_file_has_tensorflows_operators_and_tensors(pair):
    ours, theirs = (schema.ModelT.InitFromPackedBuf(content, 0) for content in pair)
    assert ours.version == theirs.version
    for one, other in zip(ours.operatorCodes, theirs.operatorCodes, strict=True):
        assert vars(one) == vars(other)
    by_shape = {tuple(t.shape) + (t.type,): [] for t in theirs.subgraphs[0].tensors}
    for tensor in [*ours.subgraphs[0].tensors, *theirs.subgraphs[0].tensors]:
        by_shape[tuple(tensor.shape) + (tensor.type,)].append(tensor.quantization)
    for shape, group in by_shape.items():
        half = len(group) // 2
        # Two mirrored logits put their zero point on a half, where the last bit of TensorFlow's
        # float32 range decides.
        steps = 1 if shape[:2] == (1, 2) else 0
        assert len(group) == 2 * half
        for one, other in zip(group[:half], group[half:], strict=True):
            np.testing.assert_allclose(one.scale, other.scale, rtol=1e-5)
            np.testing.assert_allclose(one.zeroPoint, other.zeroPoint, rtol=0, atol=steps)


def test_tensorflow_and_litert_run_it_alike(pair, many_features):
    import tensorflow as tf

    for kernels in ("BUILTIN_REF", "AUTO"):
        kind = getattr(tf.lite.experimental.OpResolverType, kernels)
        interpreter = tf.lite.Interpreter(
            model_content=pair[0], experimental_op_resolver_type=kind, num_threads=1
        )
        interpreter.allocate_tensors()
        source, scores = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
        ours = TfliteModel(pair[0], reference=kernels == "BUILTIN_REF").run(many_features[:150])
        for row, expected in zip(many_features, ours, strict=False):
            interpreter.set_tensor(source["index"], row[None])
            interpreter.invoke()
            np.testing.assert_array_equal(interpreter.get_tensor(scores["index"])[0], expected)


def random_head(classes, features, seed):
    rng = np.random.default_rng(seed)
    linear = LinearHead(rng.normal(0, 0.1, (classes, features)), rng.normal(0, 1, classes))
    vectors = rng.integers(-128, 128, (20, features)).astype(np.int8)
    return linear, vectors


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 64), st.integers(1, 300), st.integers(0, 9))
def test_any_size_gives_the_float_heads_probabilities(classes, features, seed):
    linear, vectors = random_head(classes, features, seed)
    quantised = quantise(linear.weights, linear.bias, vectors, 0.02, -5)
    labels = tuple(f"label {n}" for n in range(classes))
    content = write_head(quantised, blank_card(labels, quantised))
    assert content == write_head(quantised, blank_card(labels, quantised))
    logits = linear.logits(dequantise(vectors, 0.02, -5))
    exact = np.exp(logits - logits.max(axis=1, keepdims=True))
    exact /= exact.sum(axis=1, keepdims=True)
    model = TfliteModel(content)
    assert (model.output_details.scale, model.output_details.zero_point) == (1 / 256, -128)
    probabilities = (model.run(vectors).astype(int) + 128) / 256
    # A logit is off by half a step, and by what 8-bit weights add up to; p by ≤ half of that.
    weights_error = quantised.weight_scales.max() / 2 * np.abs(vectors + 5.0).sum(axis=1) * 0.02
    tolerance = (2 * quantised.logit_scale + weights_error[:, None]) / 2 + 2 / 256
    assert (np.abs(probabilities - exact) <= tolerance).all()


def test_buffers_are_aligned(pair):
    model = schema.Model.GetRootAs(pair[0])
    base = np.frombuffer(pair[0], np.uint8).ctypes.data
    for index in range(1, model.BuffersLength()):
        assert (model.Buffers(index).DataAsNumpy().ctypes.data - base) % 16 == 0
