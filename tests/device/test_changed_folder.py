"""A boot.py that changes the current folder of a board that is paired: what is ours is found."""

import pytest

from tinyteach.device.repl.clearing import unpair, wipe
from tinyteach.device.repl.pairing import Wanted, pair
from tinyteach.errors import BoardRefusedError
from tinyteach.virtual.board import VirtualBoard

from .conftest import quiet
from .test_entering import paths_on, put

OWN = {"/boot.py", "/data", "/data/main.py", "/main.py"}


def test_unpair_and_wipe(embedding):
    boot = "import os\nos.chdir('/data')"
    with VirtualBoard("i386") as board:
        put(board, "/main.py", "print('mine')")
        put(board, "/data/main.py", "print('mine, too')")
        written = pair(board.port, Wanted(embedding), None, quiet).written
        put(board, "/tinyteach/head_a.tflite", "a head")
        put(board, "/boot.py", boot)
        with pytest.raises(BoardRefusedError, match="changes sys.path or the current folder"):
            pair(board.port, Wanted(embedding), None, quiet)
        assert wipe(board.port) == 1
        assert unpair(board.port) == (len(written), True)
        assert paths_on(board) == OWN
