"""What was deleted can be put back, whole, also when it was cut off half-way."""

import pytest

from tinyteach.data import deleted
from tinyteach.data.photos import list_photos, save_burst
from tinyteach.data.project import Project
from tinyteach.errors import PhotoError, ProjectError


@pytest.fixture
def project(tmp_path, square):
    made = Project.create(tmp_path / "things")
    for name in ("cat", "coffee", "rocket"):
        made.add_class(name)
        save_burst(made, name, [square(seed) for seed in range(3)])
    return made


def ids(project):
    return [p.path.relative_to(project.photos_dir).as_posix() for p in list_photos(project)]


def test_photographs_come_back_with_their_records(project):
    before = list_photos(project)
    number = deleted.delete_photos(project, ids(project)[1:5])
    assert len(list_photos(project)) == 5
    assert deleted.restore(project, number) == 4
    assert list_photos(project) == before
    with pytest.raises(ProjectError, match="put back already"):
        deleted.restore(project, number)


def test_a_class_comes_back_to_its_place(project):
    before = ids(project)
    number = deleted.delete_class(project, "coffee")
    assert project.classes() == ["cat", "rocket"]
    project.add_class("mug")
    assert deleted.restore(project, number) == 3
    assert project.classes() == ["cat", "coffee", "rocket", "mug"] and ids(project) == before


def test_photographs_of_a_class_that_is_gone_bring_it_back(project):
    photos = deleted.delete_photos(project, [i for i in ids(project) if i.startswith("cat/")])
    empty = deleted.delete_class(project, "cat")
    assert deleted.restore(project, photos) == 3
    assert deleted.restore(project, empty) == 0
    assert len(list_photos(project, "cat")) == 3


def test_a_place_that_is_taken_meanwhile(project):
    first = ids(project)[0]
    number = deleted.delete_photos(project, [first])
    (project.photos_dir / first).write_bytes(b"another")
    deleted.restore(project, number)
    assert (project.photos_dir / first).read_bytes() == b"another"
    assert len(list_photos(project, "cat")) == 4


def test_a_crash_half_way_loses_nothing(project, monkeypatch):
    moves = []

    def crash(source, target):
        if len(moves) == 2:
            raise KeyboardInterrupt
        moves.append(source)
        return real(source, target)

    real = deleted.move_file
    monkeypatch.setattr(deleted, "move_file", crash)
    with pytest.raises(KeyboardInterrupt):
        deleted.delete_photos(project, ids(project)[:3])
    monkeypatch.setattr(deleted, "move_file", real)
    (place,) = (project.root / "deleted").iterdir()
    assert deleted.restore(project, place.name) == 2 and len(ids(project)) == 9


@pytest.mark.parametrize("name", ["", "cat", "cat/none.png", "../things/tinyteach.json", "/etc/x"])
def test_what_is_no_photograph(project, name):
    with pytest.raises(PhotoError, match="no photograph"):
        deleted.delete_photos(project, [name])


@pytest.mark.parametrize("number", ["", "..", "../photos", "none"])
def test_what_was_not_deleted(project, number):
    with pytest.raises(ProjectError):
        deleted.restore(project, number)
