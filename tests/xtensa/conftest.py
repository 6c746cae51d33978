"""The native code of ESP32 and ESP32-S3, run by QEMU on what MicroPython of 32 bits called."""

import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "bench" / "xtensa"), str(ROOT / "tests" / "agent" / "tflite")]

import machine  # noqa: E402
import recording  # noqa: E402
import replay  # noqa: E402
from litert_oracle import reference_outputs  # noqa: E402
from model_cases import Case  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def _qemu():
    try:
        machine.qemu()
    except machine.MachineError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def functions() -> replay.NativeFunctions:
    """The native functions that pairing sends to an ESP32-S3."""
    return replay.native_functions()


@pytest.fixture(scope="session")
def i386(micropython_on):
    """The command of MicroPython for i386."""
    return micropython_on("i386").interpreter.argv


class Compare:
    """Asserts that models give LiteRT's bytes on the board's machine code, with some kernels."""

    def __init__(self, functions, i386, kernels: str) -> None:
        self.functions, self.i386, self.kernels = functions, i386, kernels

    def __call__(self, cases: list[Case], heap: str = "16m") -> None:
        models = [case.model for case in cases]
        notes = recording.record_models(self.i386, models, self.kernels, self.functions, heap)
        for case, noted in zip(cases, notes, strict=True):
            vectors = [b"".join(array.tobytes() for array in each) for each in case.vectors]
            done = machine.run(replay.Replay(noted, self.functions).program, b"".join(vectors))
            expected = np.stack(reference_outputs(case.model, case.vectors))
            found = np.frombuffer(done, np.int8).reshape(expected.shape)
            wrong = int((found != expected).sum())
            assert wrong == 0, f"{case.name}: {wrong} of {expected.size}"


@pytest.fixture(params=["viper", "mac16"])
def compare(request, functions, i386) -> Compare:
    return Compare(functions, i386, request.param)
