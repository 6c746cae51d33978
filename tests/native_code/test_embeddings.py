"""The shipped embeddings on boards' machine code: each layer gives LiteRT's bytes."""

import numpy as np
import pytest
from litert_oracle import reference_interpreter

from slices import soak
from tinyteach.embedding.runtime import TfliteModel
from tinyteach.embedding.shipped import EMBEDDING_FILES

WHERE = [("xtensa", "viper"), ("xtensa", "mac16"), ("riscv", "viper")]
DOT_PRODUCTS = {"viper": "viper_pairs", "mac16": "mac16_code", "thumb": "thumb_dot"}


def layers(model: bytes, views: np.ndarray) -> np.ndarray:
    """int8 [views, bytes]: what LiteRT's reference computes in each layer, one after the other."""
    interpreter = reference_interpreter(model, every_tensor=True)
    operators = [each for each in interpreter._get_ops_details() if each["op_name"] != "RESHAPE"]
    image = interpreter.get_input_details()[0]["index"]
    found = []
    for view in views:
        interpreter.set_tensor(image, view[None])
        interpreter.invoke()
        results = [interpreter.get_tensor(each["outputs"][0]) for each in operators]
        found.append(np.concatenate([result.ravel() for result in results]))
    return np.stack(found)


@pytest.mark.parametrize(("core", "kernels"), [*WHERE, ("cortex", "viper"), ("cortex", "thumb")])
@pytest.mark.parametrize("path", EMBEDDING_FILES.values(), ids=EMBEDDING_FILES)
@pytest.mark.parametrize("views", [4, soak(1000)])
def test_layer_by_layer(path, core, kernels, views, board_with):
    model, board = path.read_bytes(), board_with(core)
    image = TfliteModel(model).input_details.shape[1:]
    pictures = np.random.default_rng(6).integers(-128, 128, (views, *image), np.int8)
    pictures[-1] = np.linspace(-128, 127, pictures[-1].size).reshape(image)
    noted = board.models([model], kernels)[0]
    found = board.play(noted, pictures.tobytes(), every_step=True)
    assert found == layers(model, pictures).tobytes()
    called = {note[1].rpartition(".")[2] for note in noted if note[0] == "call"}
    assert called & set(DOT_PRODUCTS.values()) == {DOT_PRODUCTS[kernels]}
