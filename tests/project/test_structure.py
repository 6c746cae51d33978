"""Rules of the tree: small main.py, no paths of one machine, packaged files."""

import subprocess
from pathlib import Path
from urllib.parse import urlparse

from longest import LONGEST
from tinyteach.virtual.interpreter.apt import archives

MAIN_LINES_MAX = 45
LISTS = {f"{name} = [" for name in ("dependencies", "test", "studio", "lab", "docs", "pictures")}


def tracked_text_files(root):
    """Every file that git tracks or would, but binary models."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    for name in names.stdout.splitlines():
        path = root / name
        if path.is_file() and path.suffix not in (".tflite", ".png"):
            yield path


def test_main_is_a_composition_root(root):
    lines = (root / "firmware_agent" / "main.py").read_text().splitlines()
    assert len(lines) <= MAIN_LINES_MAX


def words_of_this_machine(root) -> set[str]:
    """The checkout's and the user's folders, and where this system's packages come from."""
    hosts = {urlparse(archive.site).hostname for archive in archives()}
    return {f"{root}/", f"{Path.home()}/"} | {host for host in hosts if host}


def test_no_path_or_host_of_one_machine(root):
    forbidden = words_of_this_machine(root)
    for path in tracked_text_files(root):
        text = path.read_text(errors="replace")
        assert not [word for word in forbidden if word in text], path


def test_every_dependency_states_its_reason(root):
    inside = False
    for line in (root / "pyproject.toml").read_text().splitlines():
        if line in LISTS:
            inside = True
        elif line.startswith("]"):
            inside = False
        elif inside and line.strip():
            assert "#" in line, f"no reason beside {line.strip()}"


def test_files_that_take_longest_are_there(root):
    """Named twice or renamed, one would no longer begin first."""
    assert len(set(LONGEST)) == len(LONGEST)
    assert [name for name in LONGEST if not (root / "tests" / name).is_file()] == []
