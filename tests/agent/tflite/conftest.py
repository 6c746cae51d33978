"""Runs batches of models on MicroPython's kernels and on LiteRT, and compares them."""

import sys
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parents[2] / "bench")]

from guarded import Guarded  # noqa: E402
from litert_oracle import reference_outputs  # noqa: E402
from model_cases import NATIVE, WHERE, Case  # noqa: E402

# What LiteRT computes from a model's vectors: the same for every MicroPython.
known: dict[bytes, dict[tuple[bytes, ...], np.ndarray]] = {}


def expected_outputs(case: Case) -> list[np.ndarray]:
    """LiteRT's output of each vector, computed when it is first asked for."""
    of_model = known.setdefault(case.model, {})
    keyed = {tuple(array.tobytes() for array in vector): vector for vector in case.vectors}
    new = [key for key in keyed if key not in of_model]
    if new:
        outputs = reference_outputs(case.model, [keyed[key] for key in new])
        of_model.update(zip(new, outputs, strict=True))
    return [of_model[tuple(array.tobytes() for array in vector)] for vector in case.vectors]


class Compare:
    """Runs cases on one MicroPython with one kernels module; asserts equality."""

    def __init__(self, micropython, kernels: str, folder: Path, thumb: Path) -> None:
        self.micropython, self.kernels, self.folder = micropython, kernels, folder
        self.path = [HERE, thumb]

    @property
    def arch(self) -> str:
        return self.micropython.arch

    def outputs(self, cases: list[Case], heap: str = "4m") -> bytes:
        source, result = self.folder / "cases.bin", self.folder / "results.bin"
        source.write_bytes(b"".join(case.packed() for case in cases))
        script = HERE / "run_cases.py"
        printed = self.micropython.run(
            script, str(source), str(result), self.kernels, heap=heap, path=self.path
        )
        assert int(printed) == len(cases)
        return result.read_bytes()

    def __call__(self, cases: list[Case], heap: str = "4m") -> None:
        found, at = self.outputs(cases, heap), 0
        for case in cases:
            for number, expected in enumerate(expected_outputs(case)):
                got = np.frombuffer(found, np.int8, expected.size, at).reshape(expected.shape)
                at += expected.size
                wrong = int((got != expected).sum())
                assert wrong == 0, f"{case.name}, vector {number}: {wrong} of {expected.size}"
        assert at == len(found)


@pytest.fixture(params=WHERE, ids="-".join)
def compare(request, micropython_on, thumb_folder, tmp_path) -> Compare:
    """Callable with a list of Case: MicroPython's outputs must equal LiteRT's bit for bit."""
    arch, kernels = request.param
    return Compare(micropython_on(arch), kernels, tmp_path, thumb_folder)


@pytest.fixture(scope="module", params=NATIVE, ids="-".join)
def guarded(request, micropython_on, thumb_folder):
    """Callable with a model: a `guarded.Answer`."""
    arch, kernels = request.param
    with Guarded(micropython_on(arch).interpreter, kernels, [thumb_folder]) as made:
        yield made


LOAD = """
import os, sys
from agent.tflite.errors import ModelError
from agent.tflite.interpreter import Interpreter
from agent.tflite.model import Model
for path in sys.argv[1:]:
    try:
        with open(path, "rb") as file:
            model = Model(file, os.stat(path)[6])
            Interpreter(model)
            note = model.metadata("note")
            print("ran", note and bytes(model.reader.view(*note)), model.metadata("other"))
    except ModelError as error:
        print(error)
"""


@pytest.fixture
def loads(micropython, tmp_path):
    """Loads models on MicroPython; of each, "ran" and its metadata, or why it is refused."""

    def run(*models: bytes) -> list[str]:
        paths = [tmp_path / f"{number}.tflite" for number in range(len(models))]
        for path, model in zip(paths, models, strict=True):
            path.write_bytes(model)
        return micropython.run(LOAD, *map(str, paths)).splitlines()

    return run
