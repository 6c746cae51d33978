"""The second definition of preprocessing, by hand and by LiteRT's own kernel."""

import flatbuffers
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyteach.embedding import stretched
from tinyteach.embedding.litert import schema_module
from tinyteach.embedding.runtime import TfliteModel
from tinyteach.errors import ModelError


def by_hand(frame, side):
    """Pixel by pixel, in Python's whole numbers."""
    height, width = frame.shape[:2]
    rows = [
        [frame[y * height // side][x * width // side] for x in range(side)] for y in range(side)
    ]
    return np.array(rows)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.sampled_from([32, 64, 192]))
def test_nearest_neighbour_of_the_whole_frame(height, width, side):
    frame = np.random.default_rng(height * 301 + width).integers(0, 256, (height, width, 3), "u1")
    assert np.array_equal(stretched.nearest(frame, side), by_hand(frame, side))


def test_nothing_is_cut_off():
    frame = np.zeros((10, 640, 3), np.uint8)
    frame[:, -4:] = frame[:, :1] = 255
    found = stretched.nearest(frame, 192)
    assert found[:, 0].min() == 255 and found[:, -1].min() == 255 and not found[:, 1:-1].any()


@pytest.mark.parametrize(
    ("side", "wanted"), [(64, 192), (96, 192), (32, 224), (48, 192), (128, 128), (80, 160)]
)
def test_the_picture_is_a_multiple_of_the_embedding_s_side_and_of_32(side, wanted):
    assert stretched.input_side(side) == wanted


@pytest.mark.parametrize("side", [63, 100, 250])
def test_an_embedding_that_no_picture_fits(side):
    with pytest.raises(ModelError, match="use base or tiny"):
        stretched.input_side(side)


def pool(side, size):
    """A .tflite file of one AVERAGE_POOL_2D."""
    schema = schema_module()
    kind = schema.QuantizationParametersT(scale=np.float32([1 / 128]), zeroPoint=np.int64([0]))
    tensors = [
        schema.TensorT(shape=[1, n, n, 3], type=schema.TensorType.INT8, quantization=kind)
        for n in (side * size, side)
    ]
    options = schema.Pool2DOptionsT(
        padding=1, strideW=size, strideH=size, filterWidth=size, filterHeight=size
    )
    operator = schema.OperatorT(
        inputs=[0], outputs=[1], builtinOptionsType=5, builtinOptions=options
    )
    graph = schema.SubGraphT(tensors=tensors, inputs=[0], outputs=[1], operators=[operator])
    code = schema.OperatorCodeT(deprecatedBuiltinCode=1, builtinCode=1, version=2)
    model = schema.ModelT(3, [code], [graph], buffers=[schema.BufferT()])
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


@pytest.mark.parametrize("size", [2, 3, 4, 7])
def test_averages_are_those_of_litert_s_reference_kernel(size):
    """Half of the sums near a half, where rounding shows."""
    side = 8
    rng = np.random.default_rng(size)
    tensors = rng.integers(-128, 128, (20, side * size, side * size, 3), np.int8)
    tensors[10:] = rng.integers(-2, 2, tensors[10:].shape, np.int8)
    tensors[0], tensors[1] = -128, 127
    expected = TfliteModel(pool(side, size)).run(tensors)
    found = np.array([stretched.averaged(tensor, side) for tensor in tensors])
    assert np.array_equal(found, expected)


def test_what_the_model_is_given():
    frame = np.full((240, 240, 3), (0, 128, 255), np.uint8)
    assert stretched.to_input(frame, 64).shape == (192, 192, 3)
    assert stretched.to_tensor(frame, 64)[5, 9].tolist() == [-128, 0, 127]


@pytest.mark.parametrize(("shape", "kind"), [((4, 4), "u1"), ((4, 4, 3), "f8"), ((0, 4, 3), "u1")])
def test_what_is_no_frame(shape, kind):
    with pytest.raises(ValueError):
        stretched.to_input(np.zeros(shape, kind), 64)
