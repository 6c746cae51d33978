"""tinyteach advise: what the last training says of photographs still to be taken."""

import json

import pytest


def tree(folder):
    """Every file below a folder with its content and time."""
    return {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.rglob("*") if p.is_file()}


def test_before_any_training(fails, project):
    assert "run 'tinyteach train' first" in fails("-p", project, "advise")


def test_it_says_what_the_last_training_found(tinyteach, trained_project):
    before = tree(trained_project)
    said = json.loads(tinyteach("-p", trained_project, "advise", "--json").out)
    report = json.loads((trained_project / "heads" / "report.json").read_text())
    assert said["enough"] == report["enough"] and said["advice"] == report["advice"]
    assert said["photos"] == sum(row["photos"] for row in report["classes"])
    lines = tinyteach("-p", trained_project, "advise").out
    told = " ".join(lines.split())
    assert told.startswith(f"Of the last training ({said['photos']} photographs")
    for sentence in [*said["enough"]["sentences"], *said["advice"]]:
        assert sentence in told
    assert tree(trained_project) == before  # a command that only reads


def test_training_says_it_too(tinyteach, project):
    trained = json.loads(tinyteach("-p", project, "train", "--json").out)
    told = " ".join(tinyteach("-p", project, "report").out.split())
    assert trained["enough"] and all(sentence in told for sentence in trained["enough"])


def test_a_training_by_an_earlier_version(fails, trained_project):
    path = trained_project / "heads" / "report.json"
    report = json.loads(path.read_text())
    del report["enough"]
    path.write_text(json.dumps(report))
    assert "run 'tinyteach train' again" in fails("-p", trained_project, "advise")


@pytest.mark.parametrize("enough", [7, {}, {"sentences": 1}, {"sentences": ["x"]}])
def test_a_damaged_report_is_named(fails, trained_project, enough):
    path = trained_project / "heads" / "report.json"
    report = json.loads(path.read_text()) | {"enough": enough}
    path.write_text(json.dumps(report))
    assert "is damaged" in fails("-p", trained_project, "advise")
