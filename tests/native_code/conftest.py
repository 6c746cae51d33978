"""The native code that boards get, run by QEMU on what MicroPython of 32 bits called."""

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "bench" / "native_code"), str(ROOT / "tests" / "agent" / "tflite")]

import machine  # noqa: E402
import recording  # noqa: E402
import replay  # noqa: E402
from core import Core  # noqa: E402
from core_riscv import ESP32_C3  # noqa: E402
from core_thumb import CORTEX_M7  # noqa: E402
from core_xtensa import XTENSA  # noqa: E402
from litert_oracle import reference_outputs  # noqa: E402
from model_cases import Case  # noqa: E402

CORES = {"xtensa": XTENSA, "cortex": CORTEX_M7, "riscv": ESP32_C3}
# armhf's MicroPython runs the kernels for Cortex-M in tests/agent/tflite.
WHERE = [("xtensa", "viper"), ("xtensa", "mac16"), ("riscv", "viper")]


@pytest.fixture(scope="session", autouse=True)
def _qemu():
    try:
        for core in CORES.values():
            machine.qemu(core)
    except machine.MachineError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def i386(micropython_on):
    """The command of MicroPython for i386."""
    return micropython_on("i386").interpreter.argv


class Board:
    """Native code as boards with a core get it, and what runs it."""

    def __init__(self, core: Core, i386) -> None:
        self.core, self.i386 = core, i386
        self.functions = replay.native_functions(core)

    def models(self, models: list[bytes], kernels: str, heap: str = "16m") -> list[replay.Notes]:
        return recording.record_models(self.i386, models, kernels, self.functions, heap)

    def play(self, notes: replay.Notes, vectors: bytes, *, every_step: bool = False) -> bytes:
        played = replay.Replay(notes, self.functions, self.core, every_step=every_step)
        return machine.run(played.program, vectors)


@pytest.fixture(scope="session")
def board_with(i386):
    """board_with("xtensa"): a `Board`."""
    return cache(lambda name: Board(CORES[name], i386))


@dataclass(frozen=True)
class Compare:
    """Asserts that models give LiteRT's bytes on a board's machine code, with some kernels."""

    board: Board
    kernels: str

    def __call__(self, cases: list[Case], heap: str = "16m") -> None:
        notes = self.board.models([case.model for case in cases], self.kernels, heap)
        for case, noted in zip(cases, notes, strict=True):
            vectors = [b"".join(array.tobytes() for array in each) for each in case.vectors]
            expected = np.stack(reference_outputs(case.model, case.vectors))
            done = self.board.play(noted, b"".join(vectors))
            found = np.frombuffer(done, np.int8).reshape(expected.shape)
            wrong = int((found != expected).sum())
            assert wrong == 0, f"{case.name}: {wrong} of {expected.size}"


@pytest.fixture(params=WHERE, ids="-".join)
def compare(request, board_with) -> Compare:
    core, kernels = request.param
    return Compare(board_with(core), kernels)


@pytest.fixture(scope="session")
def unit(board_with) -> Compare:
    """The same for the MAC16 kernels alone."""
    return Compare(board_with("xtensa"), "mac16")


@pytest.fixture(scope="session")
def dual(board_with) -> Compare:
    """For those in the assembler of a Cortex-M with the DSP extension."""
    return Compare(board_with("cortex"), "thumb")
