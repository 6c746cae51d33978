"""Whole networks equal LiteRT's reference bit for bit, and stay within a board's memory."""

import os

import numpy as np
import pytest
from mobile_net import mobile
from model_cases import NATIVE, Case
from residual_net import residual
from small_network import every_operator

from slices import soak
from tinyteach.embedding import agent_code
from tinyteach.embedding.runtime import EMBEDDING_FILE, EMBEDDING_FILES, TfliteModel


def images(rng, shape, count: int) -> list[list[np.ndarray]]:
    """Random vectors: noise, and smooth ramps that drive activations further."""
    noise = [rng.integers(-128, 128, shape).astype(np.int8) for _ in range(count - 1)]
    ramp = np.linspace(-128, 127, int(np.prod(shape))).reshape(shape).astype(np.int8)
    return [[image] for image in [*noise, ramp]]


def converted(seed: int = 0) -> bytes:
    """An int8 network as TensorFlow's converter writes it: every layer type TinyTeach may use."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf

    tf.keras.utils.set_random_seed(seed)
    layers = tf.keras.layers
    image = x = layers.Input((24, 24, 3), batch_size=1)
    x = layers.Conv2D(8, 3, 2, padding="same", activation="relu6")(x)
    side = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    side = layers.ReLU()(layers.BatchNormalization()(side))
    x = layers.Add()([x, layers.Conv2D(8, 1)(side)])
    x = layers.ZeroPadding2D(1)(x)
    x = layers.Conv2D(16, 3, 2, activation="relu")(x)
    x = layers.AveragePooling2D(2)(x)
    x = layers.GlobalAveragePooling2D()(x)
    scores = layers.Dense(5, activation="softmax")(layers.Dense(9)(x))
    model = tf.keras.Model(image, scores)
    rng = np.random.default_rng(seed)
    samples = [[rng.uniform(-1, 1, (1, 24, 24, 3)).astype(np.float32)] for _ in range(20)]
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: samples
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


@pytest.fixture(scope="module")
def converted_model() -> bytes:
    return converted()


def test_every_operator_one_after_the_other(compare):
    model = every_operator()
    compare([Case(model, images(np.random.default_rng(1), (1, 4, 4, 2), 4))])
    assert {*agent_code.operators_of(model), "DEQUANTIZE"} == set(agent_code.operators().values())


def test_converted_network(converted_model, compare):
    rng = np.random.default_rng(2)
    compare([Case(converted_model, images(rng, (1, 24, 24, 3), 4))])


def compare_large(compare, model: bytes, shape, count: int, heap: str = "512k") -> None:
    """``count`` images in a board's heap."""
    vectors = images(np.random.default_rng(4), shape, count)
    compare([Case(model, vectors)], heap=heap)


@pytest.mark.parametrize("compare", NATIVE, indirect=True, ids="-".join)
def test_residual_network_in_512_kb(compare):
    compare_large(compare, residual(), (1, 64, 64, 3), 3)


@pytest.mark.parametrize("compare", NATIVE, indirect=True, ids="-".join)
@pytest.mark.parametrize("name", EMBEDDING_FILES)
def test_shipped_embeddings_in_a_boards_heap(name, compare):
    """The largest is for boards with external memory; the file of cases lies in the heap, too."""
    model = EMBEDDING_FILES[name].read_bytes()
    heap = "1m" if name == "plus" else "512k"
    compare_large(compare, model, TfliteModel(model).input_details.shape, 4, heap)


PAIRED = """
import os, sys
from agent.tflite import kernels_viper
from agent.tflite.interpreter import Interpreter
from agent.tflite.model import Model
with open(sys.argv[1], "rb") as file:
    steps = Interpreter(Model(file, os.stat(sys.argv[1])[6]), kernels_viper).steps
print([op.paired and not hasattr(op, "turns") for op in steps if op.kernel == "conv_2d"])
"""


@pytest.mark.parametrize("path", EMBEDDING_FILES.values(), ids=EMBEDDING_FILES)
def test_shipped_embeddings_multiply_two_pixels_at_once(path, micropython):
    assert set(micropython.run(PAIRED, str(path)).strip("[]\n").split(", ")) == {"True"}


def test_wide_weights_take_the_other_way(micropython, tmp_path):
    path = tmp_path / "wide.tflite"
    path.write_bytes(residual())
    assert "False" in micropython.run(PAIRED, str(path))


MEMORY = """
import gc, micropython, os, sys
from agent.tflite import ops, planner
from agent.tflite.interpreter import Interpreter
from agent.tflite.model import Model
gc.collect()
before = gc.mem_alloc()
with open(sys.argv[1], "rb") as file:
    interpreter = Interpreter(Model(file, os.stat(sys.argv[1])[6]))
gc.collect()
weights = sum([len(op.weights) for op in interpreter.steps if hasattr(op, "weights")])
used = gc.mem_alloc() - before - weights
print(used, interpreter.arena_bytes)
invoke, inferences, _ = interpreter.invoke, int(sys.argv[2]), 0
gc.disable()
before = gc.mem_alloc()
micropython.heap_lock()
try:
    for _ in range(inferences):
        invoke()
finally:
    micropython.heap_unlock()
assert gc.mem_alloc() == before
print(interpreter.kernels_name)
"""


def measure(micropython, tmp_path, model: bytes, inferences: int = 3) -> list[int]:
    """Bytes used beside the weights, and of the arena; inferences must allocate nothing."""
    path = tmp_path / "model.tflite"
    path.write_bytes(model)
    sizes, name = micropython.run(MEMORY, str(path), str(inferences)).splitlines()
    assert name == "viper"
    return [int(size) for size in sizes.split()]


@pytest.mark.parametrize("inferences", [20, soak(1000)])
def test_inferences_allocate_nothing(micropython, tmp_path, converted_model, inferences):
    measure(micropython, tmp_path, converted_model, inferences)


@pytest.mark.parametrize("make", [EMBEDDING_FILE.read_bytes, mobile], ids=["embedding", "mobile"])
def test_inferences_of_pairs_allocate_nothing(make, micropython, tmp_path):
    measure(micropython, tmp_path, make(), 3)


ALLOCATIONS = """
import micropython, os, sys
from agent.tflite.interpreter import Interpreter
from agent.tflite.model import Model
with open(sys.argv[1], "rb") as file:
    interpreter = Interpreter(Model(file, os.stat(sys.argv[1])[6]))
micropython.heap_lock()
interpreter.invoke()
micropython.heap_unlock()
print(interpreter.kernels_name)
"""


@pytest.mark.parametrize("path", EMBEDDING_FILES.values(), ids=EMBEDDING_FILES)
def test_shipped_embeddings_allocate_nothing(path, micropython):
    assert micropython.run(ALLOCATIONS, str(path)) == "viper\n"


def test_memory_beside_the_weights_of_the_residual_network(micropython, tmp_path):
    used, arena = measure(micropython, tmp_path, residual())
    # Input 12,288 and the first two layers' outputs, 8,192 and 4,096, live at once, and what
    # the second layer works in.
    assert 12_288 + 8_192 + 4_096 < arena < 33_000
    assert used < 64 * 1024
