"""Checks the agent's types against MicroPython's own stubs: ``make lint``, or this file.

The stubs are wheels that put MicroPython's modules, and builtins as MicroPython has them, beside
Python's own; mypy wants them in a folder of their own. Viper's modules are left out: their
annotations are for MicroPython's compiler.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import files
from pathlib import Path

ROOT = Path(__file__).parents[1]
STUBS = ("micropython-esp32-stubs", "micropython-stdlib-stubs")
# Not Python to a type checker: viper, the inline assembler, and what the host fills in.
NATIVE = ("viper", "thumb", "mac16")
CONFIGURATION = """
[mypy]
python_version = 3.11
strict = true
[mypy-{native}]
follow_imports = skip
[mypy-camera.*,csi.*,sensor.*]
ignore_missing_imports = true
[mypy-machine.*,vfs.*,_mpy_shed.*]
ignore_errors = true
"""


def agent_modules() -> list[Path]:
    """The agent's files, without those that hold native code."""
    paths = sorted((ROOT / "firmware_agent").rglob("*.py"))
    return [path for path in paths if not _is_native(path)]


def _is_native(path: Path) -> bool:
    return any(word in path.name for word in NATIVE)


def _native_modules() -> str:
    firmware = ROOT / "firmware_agent"
    paths = filter(_is_native, sorted(firmware.rglob("*.py")))
    return ",".join(".".join(p.relative_to(firmware).with_suffix("").parts) for p in paths)


def lay_out_stubs(folder: Path) -> None:
    """MicroPython's stubs as mypy takes them."""
    for distribution in STUBS:
        for file in files(distribution) or ():
            if file.suffix == ".pyi" or file.name == "VERSIONS":
                target = folder / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file.locate(), target)


def check() -> int:
    """mypy's exit status; what it finds is printed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lay_out_stubs(folder / "stubs")
        configuration = folder / "mypy.ini"
        configuration.write_text(CONFIGURATION.format(native=_native_modules()))
        options = ["--config-file", str(configuration), "--cache-dir", str(folder / "cache")]
        options += ["--custom-typeshed-dir", str(folder / "stubs")]
        roots = (folder / "stubs", ROOT / "firmware_agent", ROOT / "protocol")
        environment = os.environ | {"MYPYPATH": os.pathsep.join(map(str, roots))}
        command = [sys.executable, "-m", "mypy", *options, *map(str, agent_modules())]
        return subprocess.run(command, cwd=ROOT, env=environment).returncode


if __name__ == "__main__":
    sys.exit(check())
