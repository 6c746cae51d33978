"""What an import costs does not grow with what the project has: by what it does to files."""

import json
import os
import shutil
import sys
from collections import Counter
from pathlib import Path

import pytest

from tinyteach.data import importing, layouts, pixel_index
from tinyteach.data.importing import import_folder
from tinyteach.data.photos import list_photos
from tinyteach.data.pixel_index import kept_path
from tinyteach.data.project import Project

MANY, MORE = 400, 10
_counting: list[tuple[str, Counter]] = []


def _hook(event: str, arguments: tuple) -> None:
    """Python's audit events of a folder's files, while somebody counts."""
    for below, counts in _counting:
        if event in ("open", "os.listdir", "os.scandir", "os.rename", "os.remove"):
            path = os.fsdecode(arguments[0]) if not isinstance(arguments[0], int) else ""
            if path.startswith(below):
                counts[event] += 1


@pytest.fixture(scope="module", autouse=True)
def _hooked():
    sys.addaudithook(_hook)  # nothing takes it away again; it does nothing while nobody counts


@pytest.fixture
def decoded(monkeypatch):
    """The photographs of the project that are decoded."""
    asked = []
    plain = pixel_index.load_square
    monkeypatch.setattr(pixel_index, "load_square", lambda path: asked.append(path) or plain(path))
    return asked


def operations(project: Project, source: Path) -> Counter:
    """What an import does to files of the project and of its source."""
    counts: Counter = Counter()
    _counting.append((str(source.parent), counts))
    try:
        added = import_folder(project, source).added
    finally:
        _counting.pop()
    assert sum(added.values()) == MORE
    return counts


def pictures(folder: Path, save_image, count: int, first: int = 0) -> Path:
    for number in range(first, first + count):
        save_image(folder / ("cat", "dog")[number % 2] / f"{number}.png", number, (12, 12))
    return folder


def test_ten_into_four_hundred_cost_what_ten_cost(tmp_path, save_image, decoded):
    many = pictures(tmp_path / "many", save_image, MANY)
    more = pictures(tmp_path / "more", save_image, MORE, first=MANY)
    full = Project.create(tmp_path / "full")
    import_folder(full, many)
    into_many = operations(full, more)
    into_none = operations(Project.create(tmp_path / "none"), more)
    assert decoded == []
    assert into_none["open"] >= 3 * MORE  # the picture, its file, the index
    assert into_many - into_none == {"os.scandir": 2}  # the folders of the two classes


def test_a_project_without_it_is_decoded_once(project, tmp_path, save_image, decoded):
    import_folder(project, pictures(tmp_path / "some", save_image, 6))
    kept_path(project).unlink()
    assert import_folder(project, tmp_path / "some").known == 6 and len(decoded) == 6
    assert import_folder(project, tmp_path / "some").known == 6 and len(decoded) == 6


def test_what_changed_is_decoded_anew(project, tmp_path, save_image, decoded):
    import_folder(project, pictures(tmp_path / "some", save_image, 4))
    first, second = list_photos(project)[:2]
    shutil.copyfile(second.path, first.path)
    os.utime(first.path, ns=(1, 1))
    again = import_folder(project, tmp_path / "some")
    assert decoded == [str(first.path)] and (again.known, sum(again.added.values())) == (3, 1)


def test_what_changed_under_the_same_size_and_time_is_decoded_anew(
    project, tmp_path, save_image, decoded
):
    import_folder(project, pictures(tmp_path / "some", save_image, 4))
    first = list_photos(project)[0]
    about, other = first.path.stat(), list_photos(project)[1].path.read_bytes()
    shorter = min(about.st_size, len(other))
    first.path.write_bytes(other[:shorter].ljust(about.st_size, b"\0"))
    os.utime(first.path, ns=(about.st_atime_ns, about.st_mtime_ns))
    import_folder(project, tmp_path / "some")
    assert decoded == [str(first.path)]


def test_one_letter_of_it_damaged_lets_nothing_in_twice_nor_keeps_any_out(
    project, tmp_path, save_image, decoded
):
    import_folder(project, pictures(tmp_path / "some", save_image, 4))
    kept = kept_path(project).read_bytes()
    digest = json.loads(kept)["files"]["cat/0.png"][-1].encode()
    kept_path(project).write_bytes(kept.replace(digest, digest[::-1]))
    assert import_folder(project, tmp_path / "some").known == 4 and len(decoded) == 4


def test_a_photograph_that_is_gone_is_not_known(project, tmp_path, save_image):
    import_folder(project, pictures(tmp_path / "some", save_image, 4))
    list_photos(project)[0].path.unlink()
    assert import_folder(project, tmp_path / "some").added == {"cat": 1}


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"made_by": "x", "files": {"a": 1}}'])
def test_a_damaged_one_is_as_none(project, tmp_path, save_image, content):
    import_folder(project, pictures(tmp_path / "some", save_image, 4))
    content = content.replace(b'"x"', b'"%s"' % pixel_index.MADE_BY.encode())
    kept_path(project).write_bytes(content)
    assert import_folder(project, tmp_path / "some").known == 4


def test_what_an_interrupted_import_took_is_known(project, tmp_path, save_image, monkeypatch):
    source = pictures(tmp_path / "some", save_image, 4)
    left = iter([True, True])
    plain = layouts.ClassPhoto.square
    broken = lambda photo: plain(photo) if next(left, False) else 1 / 0  # noqa: E731
    with monkeypatch.context() as patched:
        patched.setattr(importing.ClassPhoto, "square", broken)
        with pytest.raises(ZeroDivisionError):
            import_folder(project, source)
    result = import_folder(project, source)
    assert (result.known, sum(result.added.values())) == (2, 2)
