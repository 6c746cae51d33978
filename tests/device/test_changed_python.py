"""A boot.py that puts something in the place of what is MicroPython's own: undone, or named."""

import contextlib

import pytest

from patience import PATIENCE_S
from slices import few
from tinyteach.device.repl import entering, pairing
from tinyteach.device.repl.clearing import unpair, wipe
from tinyteach.device.repl.pairing import Wanted, pair
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.errors import BoardRefusedError, LinkError
from tinyteach.firmware import MAIN
from tinyteach.virtual.board import VirtualBoard

from .conftest import quiet
from .test_entering import paths_on, put

FAKE = """
import sys
class Fake:
    def __getattr__(self, name):
        raise ValueError('a fake was used')
for name in %r:
    sys.modules[name] = Fake()
"""
CHANGES = {
    "a print that says nothing": "import builtins\nbuiltins.print = lambda *a, **k: None",
    "a print of its own": (
        "import builtins\nold = print\nbuiltins.print = lambda *a, **k: old('log:', *a, **k)"
    ),
    "a print that fails": "import builtins\ndef p(*a, **k): raise OSError(5)\nbuiltins.print = p",
    "other builtins": (
        "import builtins\nfor n in ('sorted', 'list', 'sum', 'enumerate', 'hasattr'):\n"
        "    setattr(builtins, n, None)"
    ),
    "an import of its own": (
        "import builtins\nold = __import__\ndef i(name, *a):\n"
        "    if name in ('json', 'os'): raise ImportError(name)\n    return old(name, *a)\n"
        "builtins.__import__ = i"
    ),
    "fake modules": FAKE % (["json", "os", "struct", "time", "select"],),
    "fake modules that are everywhere": FAKE % (["gc", "io"],),
}


USUAL = ("a print of its own", "other builtins", "fake modules")


@pytest.mark.parametrize("what", few(CHANGES, *USUAL))
def test_what_boot_has_changed_is_undone(paired_board, little, what, monkeypatch):
    """Pairing and unpairing do without them; an agent that cannot, without `hasattr`, is told."""
    boot = CHANGES[what]
    starts = "builtins.print" in boot
    monkeypatch.setattr(pairing, "RESTART_TIMEOUT_S", PATIENCE_S if starts else 0.1)
    pairing.free_the_repl(paired_board.port)
    with raw_repl(paired_board.port) as repl:
        repl.run("import os\nos.remove('/lib/agent/link.mpy')\nos.remove('/main.py')")
        repl.write_file("/boot.py", boot.encode(), quiet)
    paired_board.reset()
    with contextlib.nullcontext() if starts else pytest.raises(LinkError, match="All is writt"):
        paired = pair(paired_board.port, Wanted(little), None, quiet)
        assert set(paired.written) == {"/lib/agent/link.mpy", MAIN} and paired.state == ""
    wipe(paired_board.port)
    unpair(paired_board.port)
    assert paths_on(paired_board) == {"/boot.py"}


def test_what_cannot_be_undone_is_named(embedding):
    with VirtualBoard("i386") as board:
        put(board, "/boot.py", FAKE % (["sys"],))
        with pytest.raises(BoardRefusedError, match=r"take out of its boot\.py what changes"):
            pair(board.port, Wanted(embedding), None, quiet)


def test_locked_heap(embedding, monkeypatch):
    monkeypatch.setattr(entering, "BOOT_TIMEOUT_S", 2)
    monkeypatch.setattr(entering, "ALIVE_TIMEOUT_S", 5)
    with VirtualBoard("i386") as board:
        put(board, "/boot.py", "import micropython\nmicropython.heap_lock()")
        with pytest.raises(BoardRefusedError, match=r"heap_lock\(\)") as refused:
            pair(board.port, Wanted(embedding), None, quiet)
        assert "boot.py" in str(refused.value) and " full" not in str(refused.value)
        board.reset()
        pairing.free_the_repl(board.port)
        with raw_repl(board.port, soft_reset=False) as repl:
            assert repl.evaluate("import os\nprint(len(os.listdir('/')))") == 1
