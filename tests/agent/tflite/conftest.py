"""Runs batches of models on MicroPython's kernels and on LiteRT, and compares them."""

import sys
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE))

from litert_oracle import reference_outputs  # noqa: E402
from model_cases import Case  # noqa: E402


class Compare:
    """Runs cases on one MicroPython with one kernels module; asserts equality."""

    def __init__(self, micropython, kernels: str, folder: Path) -> None:
        self.micropython, self.kernels, self.folder = micropython, kernels, folder

    def outputs(self, cases: list[Case], heap: str = "4m") -> bytes:
        source, result = self.folder / "cases.bin", self.folder / "results.bin"
        source.write_bytes(b"".join(case.packed() for case in cases))
        script = HERE / "run_cases.py"
        printed = self.micropython.run(
            script, str(source), str(result), self.kernels, heap=heap, path=[HERE]
        )
        assert int(printed) == len(cases)
        return result.read_bytes()

    def __call__(self, cases: list[Case], heap: str = "4m") -> None:
        found, at = self.outputs(cases, heap), 0
        for case in cases:
            for number, expected in enumerate(reference_outputs(case.model, case.vectors)):
                got = np.frombuffer(found, np.int8, expected.size, at).reshape(expected.shape)
                at += expected.size
                wrong = int((got != expected).sum())
                assert wrong == 0, f"{case.name}, vector {number}: {wrong} of {expected.size}"
        assert at == len(found)


@pytest.fixture(params=["reference", "viper"])
def compare(request, micropython, tmp_path) -> Compare:
    """Callable with a list of Case: MicroPython's outputs must equal LiteRT's bit for bit."""
    return Compare(micropython, request.param, tmp_path)
