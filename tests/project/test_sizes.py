"""Files stay small enough to be read at once."""

from pathlib import Path

from .test_structure import tracked_text_files

LINES_MAX = 400
# Longer ones, each with its reason.
LONGER = {
    "tests/protocol/test_session.py": "one scenario a test, all over the same simulated link",
}


def lines_of(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_python_files_are_small(root):
    files = [p for p in tracked_text_files(root) if p.suffix == ".py"]
    long = {p.relative_to(root).as_posix() for p in files if lines_of(p) > LINES_MAX}
    assert long - set(LONGER) == set()


def test_exceptions_are_still_needed(root):
    assert [name for name in LONGER if lines_of(root / name) <= LINES_MAX] == []
