"""Chooses the kernels: viper where the port compiles or loads it, else plain Python.

Viper with inline assembler, or with the MAC16 unit, where that runs too.
"""

import sys

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from types import ModuleType

# sys.implementation._mpy >> 10 & 15 of armv7em, armv7emsp and armv7emdp: the architectures of
# cores with the DSP extension, and of some without it.
_DSP_ARCHS = (6, 7, 8)
# How names of chips that have MAC16 begin, without their hyphens (MICROPY_HW_MCU_NAME: "ESP32S3",
# "ESP32-S3", "ESP32-PICO-D4"); ESP32 by itself is one. ESP32-S2 has the same native code and none.
MAC16_CHIPS = ("ESP32S3", "ESP32PICO", "ESP32D0")
ASSEMBLER = "@micropython.asm_thumb\ndef nothing():\n    nop()\n"


def best() -> "ModuleType":
    """The fastest kernels module that runs here."""
    # A decorator that a port lacks is a SyntaxError of the whole source file; native
    # code of another architecture in a .mpy is a ValueError.
    try:
        from agent.tflite import kernels_viper
    except (ImportError, SyntaxError, ValueError):
        from agent.tflite import kernels_reference

        return kernels_reference
    return assembled() or widened() or kernels_viper


def assembled() -> "ModuleType | None":
    """The kernels in inline assembler, or None where they do not run."""
    # A port without the inline assembler takes its functions in a .mpy for bytecode (py/emitglue.c)
    # and crashes. Its compiler, where it has one, tells.
    if getattr(sys.implementation, "_mpy", 0) >> 10 & 15 not in _DSP_ARCHS:
        return None
    try:
        exec(ASSEMBLER, {})
        from agent.tflite import kernels_thumb
    except (ImportError, NameError, SyntaxError, ValueError):
        return None
    return kernels_thumb if kernels_thumb.runs() else None


def widened() -> "ModuleType | None":
    """The kernels by the MAC16 unit, or None where they do not run."""
    chip = getattr(sys.implementation, "_machine", "").split(" ")[-1].replace("-", "")
    if chip != "ESP32" and not chip.startswith(MAC16_CHIPS):
        return None
    try:
        from agent.tflite import kernels_mac16
    except (ImportError, MemoryError, SyntaxError, ValueError):
        return None
    return kernels_mac16 if kernels_mac16.runs() else None
