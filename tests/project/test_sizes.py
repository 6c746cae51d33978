"""Files stay small enough to be read at once."""

from .test_structure import tracked_text_files

LINES_MAX = 400


def test_python_files_are_small(root):
    files = [p for p in tracked_text_files(root) if p.suffix == ".py"]
    long = [
        p.relative_to(root).as_posix() for p in files if len(p.read_text().splitlines()) > LINES_MAX
    ]
    assert files and long == []
