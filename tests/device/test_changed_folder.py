"""A boot.py that changes the current folder of a board that is paired: what is ours is found."""

import pytest

from tinyteach.device.repl import pairing
from tinyteach.device.repl.clearing import unpair, wipe
from tinyteach.device.repl.pairing import Wanted, pair
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.errors import BoardRefusedError
from tinyteach.virtual.board import VirtualBoard

from .conftest import quiet
from .test_entering import paths_on

OWN = {"/boot.py", "/data", "/data/main.py", "/main.py"}


def test_unpair_and_wipe(little):
    boot = "import os\nos.chdir('/data')"
    with VirtualBoard("i386") as board:
        with raw_repl(board.port) as repl:
            repl.run("import os\nos.mkdir('/data')")
            repl.write_file("/main.py", b"print('mine')", quiet)
            repl.write_file("/data/main.py", b"print('mine, too')", quiet)
        board.reset()
        written = pair(board.port, Wanted(little), None, quiet).written
        pairing.free_the_repl(board.port)
        with raw_repl(board.port) as repl:
            repl.write_file("/tinyteach/head_a.tflite", b"a head", quiet)
            repl.write_file("/boot.py", boot.encode(), quiet)
        board.reset()
        with pytest.raises(BoardRefusedError, match="changes sys.path or the current folder"):
            pair(board.port, Wanted(little), None, quiet)
        assert wipe(board.port) == 1
        assert unpair(board.port)[:2] == (len(written), True)
        assert paths_on(board) == OWN
