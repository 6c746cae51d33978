"""Photographs moved between classes: files, records, and what is in the way."""

import numpy as np
import pytest

from tinyteach.data.moving import move_photos
from tinyteach.data.photos import list_photos, save_burst
from tinyteach.data.project import Project
from tinyteach.errors import PhotoError, ProjectError


@pytest.fixture
def project(tmp_path):
    made = Project.create(tmp_path / "things")
    for name in ("cat", "dog"):
        made.add_class(name)
    save_burst(made, "cat", [np.full((16, 16, 3), 9 * n, np.uint8) for n in range(2)], board="b7")
    return made


def test_records_come_along_and_a_name_that_is_taken_is_another(project):
    first, second = list_photos(project, "cat")
    taken = project.class_dir("dog") / first.path.name
    taken.write_bytes(second.path.read_bytes())
    loose = project.class_dir("cat") / "loose.png"
    loose.write_bytes(first.path.read_bytes())
    now = move_photos(project, [first.id, "cat/loose.png"], "dog")
    assert now == [f"dog/{first.path.stem}-2.png", "dog/loose.png"]
    found = {photo.id: photo for photo in list_photos(project, "dog")}
    assert found[now[0]].record.board == "b7" and found[now[0]].burst == first.burst
    assert found[now[1]].record is None
    assert [photo.id for photo in list_photos(project, "cat")] == [second.id]
    assert move_photos(project, now, "dog") == now  # where they are already


def test_nothing_is_moved_where_one_is_missing(project):
    first, _ = list_photos(project, "cat")
    with pytest.raises(PhotoError, match="no photograph 'cat/none.png'"):
        move_photos(project, [first.id, "cat/none.png"], "dog")
    with pytest.raises(ProjectError):
        move_photos(project, [first.id], "mouse")
    assert len(list_photos(project, "cat")) == 2 and not list_photos(project, "dog")
