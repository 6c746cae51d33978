"""What a file must be to serve as an embedding, and what a board needs to run it.

One check for everything that takes an embedding: a new project, training, pairing, upgrading, a
folder for ROMFS. The agent's own code does it, so that it cannot say other than a board.
"""

import math
import struct
from functools import lru_cache
from typing import Any

from tinyteach.embedding import agent_code
from tinyteach.errors import ModelError

# TensorType of the schema; the agent takes uint8 for int8 of values 128 less.
_BYTES = _INT8, _UINT8 = 9, 3
_FLOAT32 = 0
_SHAPE_SIGNATURE = 7  # a tensor's field of the schema, -1 for what may be of any size
_TYPES = {0: "float32", 1: "float16", 2: "int32", 3: "uint8", 4: "int64", 7: "int16", 9: "int8"}
# (scale, zero point) of an int8 image for which a pixel less 128 is what the network learnt from:
# pixels from -1 to 1, from 0 to 1, or as they are. Converters measure the scale, so it may be off.
_SCALINGS = ((1 / 127.5, 0), (1 / 127.5, -1), (1 / 255, -128), (1, -128))
_TOLERANCE = 0.01
_NO_EMBEDDING = (
    "This .tflite file is no TinyTeach embedding: that takes a square RGB image, 1×N×N×3, of int8 "
    "or uint8, its pixels from -1 to 1, from 0 to 1 or from 0 to 255, and gives one vector of int8 "
    "or uint8, 1×F; this one takes {} and gives {}. Make one with "
    "`python -m tinyteach.embedding.recipe.train`."
)
_ANY_SIZE = (
    "This .tflite model takes images of any size, and boards one of a size that the file names; "
    "make it again of a network whose input has one (in Keras: shape=(96, 96, 3))."
)
_FLOATS = (
    "This .tflite model computes with float32, which boards do not; make it again quantised to "
    "int8 (from Teachable Machine: TensorFlow Lite, Quantized)."
)


@lru_cache(maxsize=4)
def arena_bytes(content: bytes) -> int:
    """What the embedding's tensors take; ModelError where it is none, or none that boards run."""
    if not content:
        raise ModelError("The embedding's file is empty; copy or make it again.")
    with agent_code.model_of(content) as model:
        if not _is_embedding(model):
            raise ModelError(_FLOATS if _has_floats(model) else _no_embedding(model))
        if _is_of_any_size(model):
            raise ModelError(_ANY_SIZE)
    return int(agent_code.load_embedding(content).arena_bytes)


def _is_embedding(model: Any) -> bool:
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        return False
    image, vector = (model.tensor(*numbers) for numbers in (model.inputs, model.outputs))
    if image.type not in _BYTES or vector.type not in _BYTES or len(vector.shape) != 2:
        return False
    if len(image.shape) != 4 or image.shape[1] != image.shape[2] or image.shape[3] != 3:
        return False
    if image.shape[0] != 1 or vector.shape[0] != 1 or not image.scale_count():
        return False
    scale, zero_point = _scale(image), image.zero_point()
    return any(
        zero_point == zero and math.isclose(scale, wanted, rel_tol=_TOLERANCE)
        for wanted, zero in _SCALINGS
    )


def _scale(tensor: Any) -> float:
    (scale,) = struct.unpack("<f", struct.pack("<I", tensor.scale_bits()))
    return float(scale)


def _has_floats(model: Any) -> bool:
    return any(model.tensor(n).type == _FLOAT32 for n in (*model.inputs, *model.outputs))


def _is_of_any_size(model: Any) -> bool:
    """Whether its file leaves the image's sides open, and has 1 in their place."""
    (number,) = model.inputs
    sides = model.reader.field_ints(model._places[number], _SHAPE_SIGNATURE, 6)[1:]
    return model.tensor(number).shape[1] == 1 and -1 in sides


def _no_embedding(model: Any) -> str:
    ends = (model.inputs, model.outputs)
    return _NO_EMBEDDING.format(*(_told([model.tensor(n) for n in numbers]) for numbers in ends))


def _told(tensors: list[Any]) -> str:
    if len(tensors) != 1:
        return f"{len(tensors)} tensors"
    (tensor,) = tensors
    size = "×".join(map(str, tensor.shape)) or "a number"
    told = f"{size} of {_TYPES.get(tensor.type, 'another type')}"
    if len(tensor.shape) < 4 or tensor.type not in _BYTES or not tensor.scale_count():
        return told
    low, high = (_scale(tensor) * (end - tensor.zero_point()) for end in (-128, 127))
    return f"{told} from {low:.3g} to {high:.3g}"
