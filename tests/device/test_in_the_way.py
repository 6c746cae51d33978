"""Files and folders of the user's that have the names of ours: left alone, and named."""

import pytest

from tinyteach.device.repl.clearing import unpair
from tinyteach.device.repl.fitness import boot_fault
from tinyteach.device.repl.pairing import Wanted, pair
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.device.repl.survey import Survey
from tinyteach.errors import BoardRefusedError
from tinyteach.service.boards.clearing import Unpaired
from tinyteach.virtual.board import VirtualBoard

from .conftest import quiet

WRITE = "import os\nfor path in {folders!r}:\n    os.mkdir(path)\nopen({file!r}, 'w').close()"
TREE = """
import json, os
def tree(folder):
    return [p for n in os.listdir(folder or '/') for p in below(folder + '/' + n)]
def below(path):
    return [path] + (tree(path) if os.stat(path)[0] & 0x4000 else [])
print(json.dumps(sorted(tree(''))))
"""
# Folders, and the file that is made in them → which of these is in the way, and what it is.
IN_THE_WAY = {
    "library": ([], "/lib", "a file /lib of its own, where a folder"),
    "agent": (["/lib"], "/lib/agent", "a file /lib/agent of its own, where a folder"),
    "settings": ([], "/tinyteach", "a file /tinyteach of its own, where a folder"),
    "program": (["/main.py"], "/main.py/x", "a folder /main.py of its own, where a file"),
}


def tree_of(repl):
    return repl.evaluate(TREE)


@pytest.mark.parametrize(("folders", "file", "found"), IN_THE_WAY.values(), ids=IN_THE_WAY)
def test_what_is_in_the_way_is_named_before_anything_is_written(embedding, folders, file, found):
    with VirtualBoard("i386") as board:
        with raw_repl(board.port) as repl:
            repl.run(WRITE.format(folders=folders, file=file))
            before = tree_of(repl)
        with pytest.raises(BoardRefusedError, match=f"{found} of TinyTeach's goes; rename /"):
            pair(board.port, Wanted(embedding), None, quiet)
        assert unpair(board.port)[:2] == (0, False)
        with raw_repl(board.port) as repl:
            assert tree_of(repl) == before


def test_unpairing_leaves_an_agent_of_the_users():
    """A board that was never paired, with a package of that name."""
    with VirtualBoard("i386") as board:
        with raw_repl(board.port) as repl:
            repl.run(WRITE.format(folders=["/lib", "/lib/agent"], file="/lib/agent/mine.py"))
        assert unpair(board.port)[:2] == (0, False)
        with raw_repl(board.port) as repl:
            assert tree_of(repl) == ["/lib", "/lib/agent", "/lib/agent/mine.py"]


def test_boot_that_changes_the_folder_is_not_looked_for_there():
    found, fix = boot_fault(Survey(root="/data", path=["/lib"]))
    assert "/data/lib" in found and "its boot.py" in fix and "/data" not in fix


def test_a_board_with_nothing_of_ours_is_said_to_be_so():
    assert (
        Unpaired("desk", 0, False).sentence() == "The board desk has nothing of TinyTeach's on it."
    )
