"""Runs batches of models on MicroPython's kernels and on LiteRT, and compares them."""

import sys
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parents[2] / "bench")]

import machine_code_of_thumb as thumb_code  # noqa: E402
from guarded import Guarded  # noqa: E402
from litert_oracle import reference_outputs  # noqa: E402
from model_cases import Case  # noqa: E402


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
            for number, expected in enumerate(reference_outputs(case.model, case.vectors)):
                got = np.frombuffer(found, np.int8, expected.size, at).reshape(expected.shape)
                at += expected.size
                wrong = int((got != expected).sum())
                assert wrong == 0, f"{case.name}, vector {number}: {wrong} of {expected.size}"
        assert at == len(found)


@pytest.fixture(scope="session")
def thumb_folder(tmp_path_factory) -> Path:
    """A folder with thumb_code.py, for thumb_by_ffi: the machine code that boards get."""
    folder = tmp_path_factory.mktemp("thumb")
    thumb_code.write(folder)
    return folder


# armhf is Armv7-A, which has the DSP instructions that Cortex-M4 and M7 have.
WHERE = [(arch, kernels) for arch in ("amd64", "i386") for kernels in ("reference", "viper")]
WHERE += [("armhf", "viper"), ("armhf", "thumb")]


@pytest.fixture(params=WHERE, ids="-".join)
def compare(request, micropython_on, thumb_folder, tmp_path) -> Compare:
    """Callable with a list of Case: MicroPython's outputs must equal LiteRT's bit for bit."""
    arch, kernels = request.param
    return Compare(micropython_on(arch), kernels, tmp_path, thumb_folder)


NATIVE = [(arch, kernels) for arch, kernels in WHERE if kernels != "reference"]


@pytest.fixture(scope="module", params=NATIVE, ids="-".join)
def guarded(request, micropython_on, thumb_folder):
    """Callable with a model: a `guarded.Answer`."""
    arch, kernels = request.param
    with Guarded(micropython_on(arch).interpreter, kernels, [thumb_folder]) as made:
        yield made
