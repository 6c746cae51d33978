"""Commands at once in one project: a few of the pairs of tests/soak/together.py."""

import pytest

import project_trials
from paired import views_of
from soak_commands import soak_command
from tinyteach.data.photos import Recording
from tinyteach.data.project import Project
from tinyteach.errors import ProjectError

together = soak_command("together")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project with photographs, and more of them beside it."""
    project_trials.preload()
    folder = tmp_path_factory.mktemp("together") / "made"
    project_trials.make(folder, trained=False)
    return folder


@pytest.mark.parametrize(
    "names",
    [
        ("import", "import"),
        ("import", "class rename"),
        ("class remove", "export photos"),
        ("class add", "class add"),
    ],
)
def test_nothing_is_lost_or_there_twice(made, names):
    wrong, done = together.trial(made, together.Pair(0, names, 0.0), None)
    assert wrong == "" and any(each.code == 0 for each in done)


def test_a_recording_goes_where_its_class_is(tmp_path):
    """While it goes on the class is renamed, and another one takes its place."""
    project = Project.create(tmp_path / "things")
    project.add_class("cat")
    recording = Recording(Project.open(project.root), "cat")
    (view,) = views_of("cat", 1, side=64)
    recording.add(view)
    project.rename_class("cat", "lion")
    with pytest.raises(ProjectError, match="There is no class 'cat' here; the classes are lion"):
        recording.add(view)
    project.add_class("cat")
    assert recording.add(view).path.parent == project.photos_dir / "cat"
    assert len(list(project.photos_dir.glob("*/*.png"))) == 2


def test_a_removal_that_was_cut_is_completed_by_the_next(tmp_path):
    project = Project.create(tmp_path / "things")
    for name in ("cat", "dog"):
        project.add_class(name)
        Recording(project, name).add(views_of("cat", 1, side=64)[0])
    with project.changing():
        project._put_aside("cat", delete_photos=True)
    assert Project.open(project.root).classes() == ["dog"]
    project.remove_class("dog", delete_photos=True)
    assert list(project.photos_dir.iterdir()) == []
