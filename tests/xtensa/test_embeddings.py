"""The shipped embeddings on an ESP32-S3's machine code: each layer gives LiteRT's bytes."""

import machine
import numpy as np
import pytest
import recording
import replay
from litert_oracle import reference_interpreter

from slices import soak
from tinyteach.embedding.runtime import EMBEDDING_FILES

SIDE = 64


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


@pytest.mark.parametrize("kernels", ["viper", "mac16"])
@pytest.mark.parametrize("path", EMBEDDING_FILES.values(), ids=EMBEDDING_FILES)
@pytest.mark.parametrize("views", [4, soak(1000)])
def test_layer_by_layer(path, kernels, views, functions, i386):
    model = path.read_bytes()
    pictures = np.random.default_rng(6).integers(-128, 128, (views, SIDE, SIDE, 3), np.int8)
    pictures[-1] = np.linspace(-128, 127, SIDE * SIDE * 3).reshape(SIDE, SIDE, 3)
    noted = recording.record_models(i386, [model], kernels, functions)[0]
    played = replay.Replay(noted, functions, every_step=True)
    found = np.frombuffer(machine.run(played.program, pictures.tobytes()), np.int8)
    expected = layers(model, pictures)
    assert found.reshape(expected.shape).tobytes() == expected.tobytes()
    called = {note[1].rpartition(".")[2] for note in noted if note[0] == "call"}
    assert ("mac16_code" in called, "viper_pairs" in called) == (
        kernels == "mac16",
        kernels == "viper",
    )
