"""Every training keeps its head; the oldest go."""

from datetime import datetime
from types import SimpleNamespace

import pytest

from tinyteach.data import head_history
from tinyteach.data.head_history import change_head, keep_head, kept_head, kept_heads
from tinyteach.data.project import Project
from tinyteach.errors import ProjectError


@pytest.fixture
def project(tmp_path):
    return Project.create(tmp_path / "things")


def keep(project, number):
    files = {"head.tflite": bytes([number]), "report.json": b'{"accuracy": 0.5}'}
    keep_head(project, f"{number:064x}"[::-1], files)


def test_the_newest_comes_first(project):
    for number in (1, 2, 3):
        keep(project, number)
    found = kept_heads(project)
    assert [kept.content for kept in found] == [b"\3", b"\2", b"\1"]
    assert found[0].report == {"accuracy": 0.5} and found[0].time.endswith("+00:00")
    assert kept_head(project, "2000").content == b"\2"
    with pytest.raises(ProjectError, match="tinyteach heads"):
        kept_head(project, "ffff")
    with pytest.raises(ProjectError):
        kept_head(project, "")


def test_the_same_again_is_kept_once(project):
    for number in (1, 2, 2, 1):
        keep(project, number)
    assert [kept.content for kept in kept_heads(project)] == [b"\1", b"\2", b"\1"]


def test_a_head_that_was_trained_meanwhile_stays(project):
    """As where a deploy with a threshold of its own ends after a training has."""
    for trained in (b"first", b"second"):
        keep_head(project, trained.hex(), {"head.tflite": trained}, {project.head_path: trained})
    assert not change_head(project, b"first", b"first with a threshold")
    assert project.head_path.read_bytes() == b"second"
    assert change_head(project, b"second", b"second with a threshold")
    assert project.head_path.read_bytes() == b"second with a threshold"


def test_the_oldest_go(project, monkeypatch):
    monkeypatch.setattr(head_history, "KEPT_MAX", 2)
    for number in range(4):
        keep(project, number)
    assert [kept.content for kept in kept_heads(project)] == [b"\3", b"\2"]


def test_a_clock_that_was_set_back_makes_no_head_older(project, monkeypatch):
    """The last one trained stays the newest, and is none of those that go."""
    monkeypatch.setattr(head_history, "KEPT_MAX", 2)
    for number, year in enumerate((2031, 1970, 2026, 2031)):
        clock = SimpleNamespace(
            now=lambda zone, year=year: datetime(year, 1, 1, tzinfo=zone),
            fromisoformat=datetime.fromisoformat,
            strptime=datetime.strptime,
        )
        monkeypatch.setattr(head_history, "datetime", clock)
        keep(project, number)
        assert kept_heads(project)[0].content == bytes([number])
    assert [kept.content for kept in kept_heads(project)] == [b"\3", b"\2"]


def test_half_a_head_and_foreign_folders_are_passed_over(project):
    keep(project, 1)
    history = project.heads_dir / "history"
    (history / "20260101T000000000000Z-abc").mkdir()
    (history / "notes-of mine").mkdir()
    (history / "notes-of mine" / "head.tflite").write_bytes(b"x")
    kept_heads(project)[0].folder.joinpath("report.json").write_text("{")
    assert [kept.report for kept in kept_heads(project)] == [{}]
