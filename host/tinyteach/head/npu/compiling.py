"""Compiles a joined model for a Grove Vision AI V2: Arm's Vela, called as a library.

Vela's compiler takes and gives bytes; its command line, which writes files beside, is not needed.
It ends the process on some damaged files, so it is given only what TinyTeach sealed.
"""

import hashlib
import importlib
from dataclasses import dataclass
from typing import Any

from tinyteach.embedding.quiet import quiet_stderr
from tinyteach.errors import MissingToolError, ModelError
from tinyteach.extras import how_to_add
from tinyteach.head.format.metadata import is_sealed
from tinyteach.head.npu.fit import ARENA_BYTES, check_compiled, check_model

CLOCK_HZ = 400_000_000
# How the chip is laid out: 64 multiply-accumulates a cycle, tensors in SRAM, constants in a flash
# chip. What memories reach is the board's maker's estimate; it only bears on estimated times.
_SYSTEM = f"""
[architecture]
macs=64
cores=1
[vela]
system_config_name=Grove
memory_mode_name=Grove
[System_Config.Grove]
core_clock={CLOCK_HZ}
axi0_port=Sram
axi1_port=OffChipFlash
Sram_clock_scale=1.0
Sram_burst_length=32
Sram_read_latency=16
Sram_write_latency=16
OffChipFlash_clock_scale=0.015625
OffChipFlash_burst_length=32
OffChipFlash_read_latency=64
OffChipFlash_write_latency=64
[Memory_Mode.Grove]
const_mem_area=Axi1
arena_mem_area=Axi0
cache_mem_area=Axi0
"""
_OPTIONS = f"""
[compiler]
output_format=TFLite
cop_format=COP1
[scheduler]
optimize=Performance
arena_size_limit={ARENA_BYTES}
[graph]
"""


@dataclass(frozen=True)
class Compiled:
    """A model for the NPU, and what Vela says of it."""

    content: bytes  # the .tflite file that is flashed
    npu_operators: int
    cpu_operators: int
    arena_bytes: int  # of SRAM
    cycles: int  # estimated

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the file."""
        return hashlib.sha256(self.content).digest()

    @property
    def estimated_ms(self) -> float:
        """For one inference at 400 MHz, by Vela's estimate."""
        return self.cycles / CLOCK_HZ * 1000


def compile_model(content: bytes) -> Compiled:
    """Compile what `joined.join` gave, and check that the module can run what comes of it.

    The same model always gives the same bytes. Raises MissingToolError where Vela is not installed,
    ModelError where the module could not run the model.
    """
    vela = _vela()
    if not is_sealed(content):
        raise ModelError(
            "This is no model that TinyTeach joined, or it is damaged; export it again."
        )
    check_model(content)
    try:
        with quiet_stderr():
            made = vela.compile("EthosU55", content, "TFLITE", _SYSTEM, options=_OPTIONS)
    except (RuntimeError, ValueError) as error:
        raise ModelError(
            "Vela cannot compile this model; use base or tiny as the embedding."
        ) from error
    compiled = _report(made)
    check_compiled(compiled.content, compiled.arena_bytes)
    return compiled


def _report(made: Any) -> Compiled:
    of_all = made.perf_report
    arena = max(memory.peakUsage for name, memory in of_all.memories.items() if _is_sram(name))
    return Compiled(bytes(made.model), of_all.npuOps, of_all.cpuOps, arena, of_all.totalCycles)


def _is_sram(memory: object) -> bool:
    return str(memory).lower() == "sram"


def missing_compiler() -> str:
    """What is to be installed first, as a sentence; "" where nothing is missing."""
    try:
        _vela()
    except MissingToolError as error:
        return str(error)
    return ""


def _vela() -> Any:
    try:
        return importlib.import_module("ethosu.regor")
    except ImportError as error:
        raise MissingToolError(
            "A model for a Grove Vision AI V2 is compiled by Vela, which is not here; install it "
            f'with "{how_to_add("grove")}".'
        ) from error
