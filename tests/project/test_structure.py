"""Rules of the tree: small main.py, no paths of one machine, packaged files."""

import subprocess

MAIN_LINES_MAX = 30
FORBIDDEN = ("/work/", "../shared", "/root/", "deb.debian.org", "pypi.org")


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


def test_no_path_or_host_of_one_machine(root):
    for path in tracked_text_files(root):
        if path.name == "test_structure.py":
            continue
        text = path.read_text(errors="replace")
        assert not [word for word in FORBIDDEN if word in text], path


def test_every_dependency_states_its_reason(root):
    inside = False
    for line in (root / "pyproject.toml").read_text().splitlines():
        if line.startswith(("dependencies = [", "test = [")):
            inside = True
        elif line.startswith("]"):
            inside = False
        elif inside and line.strip():
            assert "#" in line, f"no reason beside {line.strip()}"
