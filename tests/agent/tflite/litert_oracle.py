"""The oracle: LiteRT's reference kernels, reached through its Python interpreter."""

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType


def reference_interpreter(model: bytes, *, every_tensor: bool = False) -> Interpreter:
    """LiteRT's interpreter on reference kernels only, tensors allocated.

    ``every_tensor``: those between operators keep their values, too.
    """
    interpreter = Interpreter(
        model_content=model,
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=every_tensor,
        num_threads=1,
    )
    interpreter.allocate_tensors()
    return interpreter


def reference_outputs(model: bytes, vectors: list[list[np.ndarray]]) -> list[np.ndarray]:
    """What LiteRT computes from each vector (one array for each graph input)."""
    interpreter = reference_interpreter(model)
    inputs = [d["index"] for d in interpreter.get_input_details()]
    output = interpreter.get_output_details()[0]["index"]
    results = []
    for vector in vectors:
        for index, array in zip(inputs, vector, strict=True):
            interpreter.set_tensor(index, array)
        interpreter.invoke()
        results.append(interpreter.get_tensor(output))
    return results
