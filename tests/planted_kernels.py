"""Faults in the agent of a virtual board: modules compiled from changed sources, on its flash."""

import tempfile
from pathlib import Path

from tinyteach import firmware
from tinyteach.device.repl.pairing import await_agent, free_the_repl
from tinyteach.device.repl.raw_repl import raw_repl

MPY = "__import__('sys').implementation._mpy"
# Where outputs are rounded, and a change that rounds them down.
REQUANTISE = "agent/tflite/viper_requantise.py"
ROUNDING = "x = (((x + (x >> 31)) >> (shift - 1)) + 1) >> 1"
FLIPPED_ROUNDING = REQUANTISE, ROUNDING, ROUNDING.replace("+ 1)", "+ 0)")


def plant(board, *changes):
    """Restart a paired board with ``changes``: (file below /lib, what stands there, what then)."""
    free_the_repl(board.port)
    with raw_repl(board.port) as repl:
        arch = repl.evaluate(f"print({MPY})") >> 10 & 15
        for name, before, after in changes:
            content = compiled(name, before, after, arch)
            path = f"{firmware.LIBRARY}/{name.removesuffix('.py')}.mpy"
            repl.write_file(path, content, lambda *_: None)
    board.reset()
    await_agent(board.port, "").close()


def compiled(name, before, after, arch):
    source = dict(firmware._all_sources())[name].read_text()
    assert source.count(before) == 1, f"{before!r} stands {source.count(before)} times in {name}"
    with tempfile.TemporaryDirectory() as folder:
        changed = Path(folder) / "changed.py"
        changed.write_text(source.replace(before, after))
        return firmware._compile(name, changed, arch, folder)
