"""The history of heads: listed, chosen, compared."""

import pytest

from paired import views_of
from tinyteach.data.photos import list_photos, save_burst
from tinyteach.data.project import Project
from tinyteach.errors import ProjectError
from tinyteach.service.heads.head_list import chosen_head, compare_heads, list_heads
from tinyteach.service.heads.recognition import trained_head
from tinyteach.service.heads.teaching import train


@pytest.fixture
def project(tmp_path):
    """A project that was trained twice."""
    made = Project.create(tmp_path / "things")
    for name in ("cat", "coffee"):
        made.add_class(name)
        save_burst(made, name, views_of(name, 4, side=96))
    train(made.root, 0, lambda *told: None)
    made.add_class("rocket")
    save_burst(made, "rocket", views_of("rocket", 5, side=96))
    train(made.root, 0, lambda *told: None)
    return made


def test_list_and_choose(project):
    newest, oldest = list_heads(project.root)
    assert (newest.classes, newest.photos, newest.current) == (
        ["cat", "coffee", "rocket"],
        13,
        True,
    )
    assert (oldest.classes, oldest.photos, oldest.current) == (["cat", "coffee"], 8, False)
    assert newest.interval[0] < newest.accuracy <= newest.interval[1]
    assert "(current)" in newest.row()[0] and "%" in newest.row()[3]
    assert chosen_head(project, None).content == trained_head(project).content
    assert chosen_head(project, oldest.fingerprint).labels == ("cat", "coffee")
    with pytest.raises(ProjectError):
        chosen_head(project, "none")


def test_compare(project):
    newest, oldest = (head.fingerprint for head in list_heads(project.root))
    found = compare_heads(project.root, oldest, newest)
    assert "+5 photographs" in found.sentence
    rows = {row["label"]: row for row in found.classes}
    assert rows["rocket"]["before"] is None and rows["rocket"]["after"] is not None
    assert rows["cat"]["before"] is not None


def test_a_report_that_is_gone(project):
    for path in (project.heads_dir / "history").glob("*/report.json"):
        path.unlink()
    newest, oldest = list_heads(project.root)
    assert newest.accuracy is None and newest.row()[3] == "–"
    sentence = compare_heads(project.root, oldest.fingerprint, newest.fingerprint).sentence
    assert "cannot be compared" in sentence
    assert len(list_photos(project)) == 13
