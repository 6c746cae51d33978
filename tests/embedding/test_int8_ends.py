"""Embeddings with uint8 or float32 at their ends: the host gives what LiteRT gives for the file."""

import numpy as np
import pytest

from foreign_ends import FOREIGN_ENDS
from paired import make_head
from tinyteach.embedding.int8_ends import with_int8_ends
from tinyteach.embedding.litert import open_interpreter
from tinyteach.embedding.runtime import EMBEDDING_FILES, TfliteModel, open_embedding
from tinyteach.errors import ModelError
from tinyteach.head.format.joined import join


def tensors(count, side):
    """Noise, from dark to bright."""
    noise = np.random.default_rng(2).integers(-60, 60, (count, side, side, 3))
    brightness = np.linspace(-100, 100, count).astype(int)[:, None, None, None]
    return np.clip(noise + brightness, -128, 127).astype(np.int8)


def as_it_is(content, image, scale, zero_point):
    """What LiteRT's reference computes for the unchanged file, brought to int8."""
    interpreter = open_interpreter(content, reference=True)
    (source,), (target,) = interpreter.get_input_details(), interpreter.get_output_details()
    if source["dtype"] == np.uint8:
        given = (image.astype(np.int16) + 128).astype(np.uint8)
    else:
        given = (image / 128).astype(np.float32)
    interpreter.set_tensor(source["index"], given[None])
    interpreter.invoke()
    found = interpreter.get_tensor(target["index"])[0]
    if target["dtype"] == np.float32:
        return (np.rint(found / scale) + zero_point).astype(np.int8)
    return (found.astype(np.int16) - 128).astype(np.int8)


@pytest.mark.parametrize("name", FOREIGN_ENDS)
def test_features_are_those_of_the_file_as_it_is(name):
    content = FOREIGN_ENDS[name]()
    embedding = open_embedding(content)
    images = tensors(6, embedding.side)
    found = embedding.embed(images)
    scale, zero_point = np.float32(embedding.scale), embedding.zero_point
    wanted = [as_it_is(content, image, scale, zero_point) for image in images]
    assert found.dtype == np.int8 and np.array_equal(found, wanted)
    assert len(np.unique(found)) > 20
    assert embedding.content == content and embedding.network != content


@pytest.mark.parametrize("name", FOREIGN_ENDS)
def test_an_export_computes_the_same(name):
    embedding = open_embedding(FOREIGN_ENDS[name]())
    head = make_head("cat", "coffee", photos=3, embedding=embedding)
    images = tensors(4, embedding.side)
    wanted = head.scores(embedding.embed(images))
    assert np.array_equal(TfliteModel(join(embedding, head)).run(images), wanted)


def test_what_has_int8_ends_stays_as_it_is():
    for path in EMBEDDING_FILES.values():
        content = path.read_bytes()
        assert with_int8_ends(content) is content


@pytest.mark.parametrize("name", FOREIGN_ENDS)
def test_a_damaged_byte_is_a_sentence_or_none(name):
    """Whatever the agent's reader makes of it."""
    content, refused = FOREIGN_ENDS[name](), 0
    for at in range(8, len(content), len(content) // 300):
        damaged = content[:at] + bytes([content[at] ^ 0x41]) + content[at + 1 :]
        try:
            with_int8_ends(damaged)
        except ModelError as error:
            refused += 1
            assert "damaged" in str(error)
    assert refused
