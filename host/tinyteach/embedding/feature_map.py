"""Whether an embedding's features are a map of the picture, and of how many cells."""

from functools import lru_cache

from tinyteach.embedding import agent_code
from tinyteach.embedding.litert import schema_module


@lru_cache(maxsize=4)
def map_size(content: bytes) -> tuple[int, int] | None:
    """(rows, columns) of the last map of a .tflite file, which its features are, row by row.

    None where they are none: the map was averaged or mixed before, or is a single cell. Raises
    ModelError where the file is damaged.
    """
    kinds = schema_module().BuiltinOperator
    # What changes no value's place.
    passing = (kinds.RESHAPE, kinds.SQUEEZE, kinds.EXPAND_DIMS, kinds.QUANTIZE)
    with agent_code.model_of(content) as model:
        made_by = {number: each for each in model.operators for number in each.outputs}
        (number,) = model.outputs
        # As often as there are operators: a damaged file may go round in a circle.
        for _ in model.operators:
            operator = made_by.get(number)
            if operator is None or operator.code not in passing:
                return None
            number = operator.inputs[0]
            shape = model.tensor(number).shape
            if len(shape) == 4:
                return (shape[1], shape[2]) if shape[1] * shape[2] > 1 else None
    return None
