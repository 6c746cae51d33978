"""What a file must be to serve as an embedding, and what a board needs to run it.

One check for everything that takes an embedding: a new project, training, pairing, upgrading, a
folder for ROMFS. The agent's own code does it, so that it cannot say other than a board.
"""

from functools import lru_cache
from typing import Any

from tinyteach.embedding import agent_code
from tinyteach.errors import ModelError

INPUT_SCALE_BITS = 0x3C000000  # 1/128 as a float32
_INT8 = 9  # TensorType of the schema


@lru_cache(maxsize=4)
def arena_bytes(content: bytes) -> int:
    """What the embedding's tensors take; ModelError where it is none, or none that boards run."""
    if not content:
        raise ModelError("The embedding's file is empty; copy or make it again.")
    with agent_code.model_of(content) as model:
        if not _is_embedding(model):
            raise ModelError(
                "This .tflite file is no TinyTeach embedding: that takes a square int8 RGB image "
                "with scale 1/128 and zero point 0 and gives one int8 vector; "
                "make one with `python -m tinyteach.embedding.recipe.train`."
            )
    return int(agent_code.load_embedding(content).arena_bytes)


def _is_embedding(model: Any) -> bool:
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        return False
    image, vector = (model.tensor(*numbers) for numbers in (model.inputs, model.outputs))
    if (image.type, vector.type) != (_INT8, _INT8) or len(vector.shape) != 2:
        return False
    if len(image.shape) != 4 or image.shape[1] != image.shape[2] or image.shape[3] != 3:
        return False
    if image.shape[0] != 1 or vector.shape[0] != 1 or not image.scale_count():
        return False
    return bool((image.scale_bits(), image.zero_point()) == (INPUT_SCALE_BITS, 0))
