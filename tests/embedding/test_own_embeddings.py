"""What docs/embedding.md says of embeddings of one's own."""

import re
from pathlib import Path

import numpy as np
import pytest

from foreign_models import packed, schema, tiny_model
from tinyteach.embedding import agent_code
from tinyteach.embedding.requirements import arena_bytes
from tinyteach.errors import ModelError

PAGE = Path(__file__).resolve().parents[2] / "docs" / "embedding.md"


def test_the_page_lists_the_agent_s_operators():
    section = PAGE.read_text().split("## One of your own")[1].split("## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    listed = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(listed) == sorted(agent_code.operators().values())


def with_input(scale, zero_point) -> bytes:
    model = tiny_model()
    image = model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]]
    image.quantization.scale = np.array([scale], np.float32)
    image.quantization.zeroPoint = [zero_point]
    return packed(model)


@pytest.mark.parametrize(
    "scaling", [(1 / 128, 0), (1 / 127.5, -1), (0.00392157, -128), (0.99999, -128)], ids=str
)
def test_images_of_pixels_a_step(scaling):
    assert arena_bytes(with_input(*scaling)) > 0


@pytest.mark.parametrize("scaling", [(1 / 255, 0), (1 / 64, 0), (1 / 255, -127)], ids=str)
def test_images_of_other_steps(scaling):
    with pytest.raises(ModelError, match="pixels from -1 to 1"):
        arena_bytes(with_input(*scaling))


def test_a_model_of_floats_is_told_what_it_is():
    model = tiny_model()
    for tensor in model.subgraphs[0].tensors:
        if tensor.type == schema.TensorType.INT8:
            tensor.type, tensor.quantization, tensor.buffer = schema.TensorType.FLOAT32, None, 0
    with pytest.raises(ModelError, match="computes with float32.*quantised to int8"):
        arena_bytes(packed(model))
