"""Where a model is exported to: a new folder, whole or not at all."""

import os
import resource
from pathlib import Path

import pytest

from exported_models import files_in
from tinyteach.errors import ProjectError, UsageError
from tinyteach.service.heads.exporting import export_model


def test_what_is_there_is_kept(project, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("mine")
    for target in (tmp_path / "mine", tmp_path / "mine" / "file"):
        with pytest.raises(UsageError, match="is there already"):
            export_model(project.root, "litert", target)
    assert files_in(tmp_path) == ["mine/file"]


def test_an_empty_folder_is_taken(project, tmp_path):
    (tmp_path / "empty").mkdir()
    export_model(project.root, "openmv", tmp_path / "empty")
    assert "model.tflite" in files_in(tmp_path / "empty")


def test_folders_above_are_made(project, tmp_path):
    export_model(project.root, "tflm", tmp_path / "a" / "b" / "c")
    assert len(files_in(tmp_path / "a" / "b" / "c")) == 3


def test_a_place_that_a_file_is_in(project, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectError, match="cannot be made"):
        export_model(project.root, "litert", tmp_path / "file" / "model")


@pytest.fixture
def little_room():
    """No file may grow beyond 400 KB, which the model as C does, after others are written."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400 << 10, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("runtime", ["tflm", "arduino"])
@pytest.mark.parametrize("place", ["full", "a/b/full", "empty"])
def test_too_little_room_leaves_nothing(project, tmp_path, monkeypatch, request, runtime, place):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    request.getfixturevalue("little_room")
    with pytest.raises(ProjectError, match=f"{place} could not be written .file too large."):
        export_model(project.root, runtime, Path(place))
    assert [path.name for path in tmp_path.rglob("*")] == ["empty"]


@pytest.mark.parametrize("is_root", [os.geteuid() == 0] if hasattr(os, "geteuid") else [])
def test_a_place_where_nobody_may_write(project, tmp_path, is_root):
    """Root may write nearly anywhere; not in what the system shows of itself."""
    place = Path("/proc/model") if is_root else tmp_path / "locked" / "model"
    if not is_root:
        place.parent.mkdir(mode=0o500)
    with pytest.raises(ProjectError, match=f"{place} could not be written"):
        export_model(project.root, "litert", place)


@pytest.mark.parametrize("named", [".", "linked"])
def test_an_empty_folder_stays_the_one_that_it_is(project, tmp_path, monkeypatch, named):
    monkeypatch.chdir(tmp_path)
    if named == "linked":
        (tmp_path / "other").mkdir()
        (tmp_path / "linked").symlink_to("other")
    export_model(project.root, "arduino", Path(named))
    assert Path(named, "README.md").is_file() and Path(named, "src", "tinyteach_model.h").is_file()
    assert not list(tmp_path.rglob("*.tmp"))
    assert named == "." or (tmp_path / "linked").is_symlink()


def test_what_can_be_no_name(project, tmp_path):
    for name in ("x" * 300, "a\0b"):
        with pytest.raises(ProjectError, match="could not be written|cannot be made"):
            export_model(project.root, "tflm", tmp_path / name)
