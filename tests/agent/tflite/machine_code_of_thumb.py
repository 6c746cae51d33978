"""Writes thumb_code.py, for thumb_by_ffi: the machine code of the inline assembler."""

from pathlib import Path

from instructions import machine_code

from tinyteach import firmware

ARMV7EMDP = 8  # sys.implementation._mpy >> 10 of armhf


def write(folder: Path) -> None:
    """The code that boards get, into a module in the folder."""
    mpy = 6 | 3 << 8 | ARMV7EMDP << 10
    files = {file.path: file.content for file in firmware.board_files(mpy)}
    codes = {
        name: machine_code(files[f"/lib/agent/tflite/thumb_{name}.mpy"])
        for name in ("dot", "gather")
    }
    lines = [f"{name.upper()} = {code!r}\n" for name, code in codes.items()]
    (folder / "thumb_code.py").write_text("".join(lines))
