"""Writes thumb_code.py, for thumb_by_ffi: the machine code of the inline assembler."""

from pathlib import Path

from tinyteach import firmware
from tinyteach.native.mpy_file import read_mpy

ARMV7EMDP = 8  # sys.implementation._mpy >> 10 of armhf
# The functions of each module, in the order of the source.
NAMES = {
    "tflite/thumb_dot": ("DOT", "INSTRUCTION_SET"),
    "tflite/thumb_gather": ("GATHER",),
    "tflite/thumb_depthwise": ("DEPTHWISE",),
    "tflite/thumb_requantise": ("REQUANTISE",),
    "vision/thumb_rows": ("COLUMNS", "ACROSS"),
}


def write(folder: Path) -> None:
    """The code that boards get, into a module in the folder."""
    mpy = 6 | 3 << 8 | ARMV7EMDP << 10
    files = {file.path: file.content for file in firmware.board_files(mpy)}
    lines = []
    for module, names in NAMES.items():
        functions = read_mpy(files[f"/lib/agent/{module}.mpy"]).functions
        pairs = zip(names, functions, strict=True)
        lines += [f"{name} = {function.code!r}\n" for name, function in pairs]
    (folder / "thumb_code.py").write_text("".join(lines))
