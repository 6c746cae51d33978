"""The history of heads: listed, chosen, compared."""

import json
import re
import shutil

import pytest

from paired import views_of
from tinyteach.data.photos import list_photos, save_burst
from tinyteach.data.project import Project
from tinyteach.errors import ModelError, ProjectError
from tinyteach.service.heads.head_list import chosen_head, compare_heads, list_heads
from tinyteach.service.heads.recognition import trained_head
from tinyteach.service.heads.training import load_report, train


@pytest.fixture(scope="module")
def trained_twice(tmp_path_factory):
    """The folder of a project that was, to be copied."""
    made = Project.create(tmp_path_factory.mktemp("trained") / "things")
    for name in ("cat", "coffee"):
        made.add_class(name)
        save_burst(made, name, views_of(name, 4, side=96))
    train(made.root, 0, lambda *told: None)
    made.add_class("rocket")
    save_burst(made, "rocket", views_of("rocket", 5, side=96))
    train(made.root, 0, lambda *told: None)
    return made.root


@pytest.fixture
def project(trained_twice, tmp_path):
    """A project of the test's own that was trained twice."""
    return Project.open(shutil.copytree(trained_twice, tmp_path / "things"))


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


def test_a_report_without_figures(project):
    """What may be none may be missing."""
    for path in (project.heads_dir / "history").glob("*/report.json"):
        report = json.loads(path.read_text())
        del report["classes"][0]["recall"], report["accuracy"]
        path.write_text(json.dumps(report))
    newest, oldest = list_heads(project.root)
    assert newest.accuracy is None and None in newest.recall.values()
    project.report_path("json").write_text(json.dumps(report))
    assert load_report(project.root).title == report["title"]
    assert "–" in load_report(project.root).rows[0]


def test_a_listing_names_what_is_damaged_and_lists_the_others(project):
    newest, oldest = list_heads(project.root)
    history = sorted((project.heads_dir / "history").iterdir())
    current, older = project.head_path, history[0] / "head.tflite"
    for path in (current, older):
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    (history[1] / "report.json").write_text("{")
    found = list_heads(project.root)
    assert [head.fingerprint for head in found] == ["", newest.fingerprint, oldest.fingerprint]
    damaged = (current, history[1] / "report.json", older)
    for head, path in zip(found, damaged, strict=True):
        assert head.problem.startswith(f"{path} is damaged") and "(damaged)" in head.row()[0]


@pytest.mark.parametrize("fingerprint", [None, "oldest"])
def test_a_damaged_head_is_named(project, fingerprint):
    path = project.head_path
    if fingerprint:
        fingerprint = list_heads(project.root)[-1].fingerprint
        path = sorted((project.heads_dir / "history").iterdir())[0] / "head.tflite"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelError, match=re.escape(str(path))):
        chosen_head(project, fingerprint)
