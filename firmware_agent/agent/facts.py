"""What firmware and processor the agent runs on. Loaded when needed only (seldom.py)."""

import sys

# sys.implementation._mpy >> 10, named as mpy-cross names them (MicroPython docs, mpyfiles).
# One string: as a list each name would stay in the heap.
_ARCHITECTURES = (
    "- x86 x64 armv6 armv6m armv7m armv7em armv7emsp armv7emdp xtensa xtensawin rv32imc rv64imc"
)


def platform() -> str:
    """The port's name: esp32, rp2, linux …"""
    return sys.platform


def machine_name() -> str:
    """What the firmware calls its board and chip."""
    return getattr(sys.implementation, "_machine", sys.platform)


def micropython_version() -> str:
    """Such as 1.25.0."""
    return ".".join(str(part) for part in sys.implementation.version[:3])


def architecture() -> str:
    """The native code architecture in mpy-cross's words, empty where there is none."""
    index = getattr(sys.implementation, "_mpy", 0) >> 10 & 15
    names = _ARCHITECTURES.split()
    return names[index] if 0 < index < len(names) else ""
