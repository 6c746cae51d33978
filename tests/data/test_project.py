"""Projects: folders are the truth, settings give the order, errors say what to do."""

import contextlib
import json
import os
from pathlib import Path

import pytest

from tinyteach.data.photos import list_all, list_photos, save_burst
from tinyteach.data.project import Project
from tinyteach.errors import ProjectError, UsageError


def test_created_project_opens_again(tmp_path):
    created = Project.create(tmp_path / "kitchen")
    created.add_class("cup")
    created.board = "virtual"
    opened = Project.open(tmp_path / "kitchen")
    assert (opened.name, opened.board, opened.classes()) == ("kitchen", "virtual", ["cup"])
    assert opened.head_path == created.root / "heads" / "head.tflite"
    assert opened.report_path("html").name == "report.html"
    assert not opened.heads_dir.exists()  # until there is something to put into it


def test_embedding_is_base_until_another_is_chosen(project):
    assert project.embedding == "base"
    project.embedding = "tiny"
    assert Project.open(project.root).embedding == "tiny"
    project.settings_path.write_text('{"format": 1, "name": "x", "classes": []}')
    assert Project.open(project.root).embedding == "base"


def test_creating_keeps_what_is_there(tmp_path, save_image):
    save_image(tmp_path / "photos/cup/a.png", 1)
    assert Project.create(tmp_path).classes() == ["cup"]


def test_no_second_project_in_a_folder(project):
    with pytest.raises(ProjectError, match="already"):
        Project.create(project.root)


def test_creating_where_a_file_is(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(ProjectError, match="No project can be made"):
        Project.create(tmp_path / "taken")


def test_opening_what_is_no_project(tmp_path):
    with pytest.raises(ProjectError, match="tinyteach new NAME"):
        Project.open(tmp_path)
    with pytest.raises(ProjectError, match="is not a TinyTeach project"):
        Project.open(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"format": 1, "name": "x"}',
        b'{"format": "1", "name": "x", "classes": []}',
        b'{"format": 1, "name": "x", "classes": [3]}',
        b'{"format": 1, "name": "x", "classes": [], "board": 7}',
        b'{"format": 1, "name": "x", "classes": [], "embedding": 7}',
    ],
)
def test_damaged_settings(project, content):
    project.settings_path.write_bytes(content)
    with pytest.raises(ProjectError, match="is damaged .* keeps the photographs"):
        Project.open(project.root)


@pytest.mark.parametrize(
    ("board", "is_fine"),
    [
        *(("kitchen", True), ("lab:fast", True), ("/dev/ttyACM0", True), ("COM3", True)),
        *(("socket://lab:1", True), ("RFC2217://lab:1?poll_modem", True)),
        *(("spy:///dev/ttyACM0?file=.bashrc", False), ("Spy://socket://lab:1", False)),
        *(("alt:///dev/ttyACM0?class=Serial", False), ("x socket://lab:1", False)),
    ],
)
def test_a_project_of_somebody_else_names_a_board_and_no_file_to_write(project, board, is_fine):
    """pyserial's spy://PORT?file=PATH empties PATH."""
    before = json.loads(project.settings_path.read_text())
    project.board = board
    assert Project.open(project.root).board == (board if is_fine else None)
    project.settings_path.write_text(json.dumps({**before, "board": board}))
    if is_fine:
        assert Project.open(project.root).board == board
    else:
        with pytest.raises(ProjectError, match="URL that a project may not name"):
            Project.open(project.root)


def test_damaged_settings_are_healed_by_a_new_project(project, square):
    project.add_class("cup")
    save_burst(project, "cup", [square(1)])
    project.settings_path.unlink()
    assert len(list_photos(Project.create(project.root))) == 1


def test_settings_of_a_newer_version(project):
    project.settings_path.write_text('{"format": 2, "name": "x", "classes": []}')
    with pytest.raises(ProjectError, match="newer TinyTeach"):
        Project.open(project.root)


def test_settings_keep_what_others_wrote(project):
    other = Project.open(project.root)
    other.add_class("mug")
    settings = json.loads(project.settings_path.read_text())
    project.settings_path.write_text(json.dumps({**settings, "theme": "dark"}))
    project.board = "kitchen"
    assert json.loads(project.settings_path.read_text()) == {
        **settings,
        "theme": "dark",
        "board": "kitchen",
    }
    assert not list(project.root.glob(".*"))


def test_classes_keep_their_order(project):
    for name in ("zebra", "apple", "mug"):
        project.add_class(name)
    (project.photos_dir / "by hand").mkdir()
    (project.photos_dir / "apple").rmdir()
    (project.photos_dir / ".hidden").mkdir()
    (project.photos_dir / "loose.txt").write_text("")
    assert Project.open(project.root).classes() == ["zebra", "mug", "by hand"]


def test_project_without_photos_folder(project):
    project.photos_dir.rmdir()
    assert project.classes() == []
    assert project.add_class("cup") == "cup"


@pytest.mark.parametrize("again", ["cup", "Cup", " CUP "])
def test_no_class_twice(project, again):
    project.add_class("cup")
    with pytest.raises(ProjectError, match="already"):
        project.add_class(again)


def test_renaming_keeps_order_photographs_and_records(project, square):
    for name in ("cup", "mug"):
        project.add_class(name)
    (before,) = save_burst(project, "cup", [square(1)], board="b", sensor="s")
    assert project.rename_class("cup", "beaker") == "beaker"
    assert Project.open(project.root).classes() == ["beaker", "mug"]
    (after,) = list_photos(project)
    assert (after.class_name, after.burst) == ("beaker", before.burst)
    assert after.record.path == f"photos/beaker/{before.path.name}"
    assert (after.record.board, after.record.class_name) == ("b", "beaker")


def test_renaming_by_case_only(project):
    project.add_class("cup")
    assert project.rename_class("cup", "Cup") == "Cup"
    assert project.classes() == ["Cup"]


def test_renaming_onto_another_class(project):
    project.add_class("cup")
    project.add_class("mug")
    with pytest.raises(ProjectError, match="already"):
        project.rename_class("cup", "MUG")


def test_unknown_class_names_those_there_are(project):
    with pytest.raises(ProjectError, match="tinyteach class add"):
        project.class_dir("cup")
    project.add_class("mug")
    with pytest.raises(ProjectError, match="the classes are mug"):
        project.rename_class("cup", "x")


def test_removal_spares_photographs_unless_told(project, square):
    project.add_class("cup")
    save_burst(project, "cup", [square(1), square(2)])
    with pytest.raises(ProjectError, match="holds 2 files"):
        project.remove_class("cup")
    assert len(list_photos(project)) == 2
    project.remove_class("cup", delete_photos=True)
    assert project.classes() == [] and list_photos(project) == []


def test_removing_an_empty_class(project):
    project.add_class("cup")
    project.remove_class("CUP")
    assert Project.open(project.root).classes() == []


def test_removing_a_linked_class_spares_what_it_leads_to(project, tmp_path, save_image):
    elsewhere = save_image(tmp_path / "elsewhere/a.png", 1)
    (project.photos_dir / "cup").symlink_to(elsewhere.parent)
    project.remove_class("cup", delete_photos=True)
    assert project.classes() == [] and elsewhere.exists()


def test_folder_that_cannot_be_a_class(project):
    (project.photos_dir / ("x" * 64)).mkdir()
    assert project.classes() == []
    ((folder, why),) = project.unusable_folders().items()
    assert folder.name == "x" * 64 and why == "is 64 bytes long"


def test_the_order_of_classes(project):
    for name in ("cup", "mug", "plate"):
        project.add_class(name)
    project.order_classes(["plate", "cup", "mug"])
    assert Project.open(project.root).classes() == ["plate", "cup", "mug"]
    for wrong in ([], ["plate", "cup"], ["plate", "cup", "cup"], ["plate", "cup", "jug"]):
        with pytest.raises(ProjectError, match="order"):
            project.order_classes(wrong)


def test_colours_stay_with_their_class(project):
    for name in ("cup", "mug", "plate"):
        project.add_class(name)
    assert project.colours() == {"cup": 0, "mug": 1, "plate": 2}
    project.order_classes(["plate", "mug", "cup"])
    project.rename_class("cup", "beaker")
    project.set_colour("mug", 7)
    project.remove_class("plate")
    project.add_class("jug")
    again = Project.open(project.root)
    assert again.colours() == {"mug": 7, "beaker": 0, "jug": 1}
    for wrong in (-1, 8):
        with pytest.raises(UsageError, match="colour"):
            project.set_colour("mug", wrong)


@pytest.mark.parametrize("chosen", [None, [], {"cup": "red"}, {"cup": 99}])
def test_colours_that_cannot_be(project, chosen):
    project.add_class("cup")
    settings = json.loads(project.settings_path.read_text())
    project.settings_path.write_text(json.dumps({**settings, "colours": chosen}))
    assert Project.open(project.root).colours()["cup"] in range(8)


def test_more_classes_than_colours(project):
    names = [f"class {number}" for number in range(10)]
    for name in names:
        project.add_class(name)
    colours = project.colours()
    assert set(colours) == set(names) and set(colours.values()) == set(range(8))


@pytest.mark.parametrize("folder", ["Unknown", "UNKNOWN ", "unknown", "\u00a0unknown"])
def test_a_folder_called_unknown_is_the_one_class(project, save_image, folder):
    save_image(project.photos_dir / folder / "a.png", 1)
    assert project.classes() == ["unknown"]
    (photo,) = list_photos(project)
    assert (photo.class_name, photo.id) == ("unknown", "unknown/a.png")
    assert project.class_dir("Unknown").name == folder
    with pytest.raises(ProjectError, match="class 'unknown' already"):
        project.add_class("UNKNOWN")


def test_decomposed_and_padded_folders_are_classes(project, save_image, square):
    """As some file systems of macOS give names back, and as they come out of zips."""
    for folder in ("cafe\u0301", "red\u00a0cup", "mug "):
        save_image(project.photos_dir / folder / "a.png", 1)
    assert project.classes() == ["caf\u00e9", "mug", "red cup"]
    save_burst(project, "caf\u00e9", [square(2)], board="b")
    photos = {photo.id: photo for photo in list_photos(project, "Cafe\u0301")}
    assert len(photos) == 2 and {photo.class_name for photo in photos.values()} == {"caf\u00e9"}
    assert sorted(photo.record.board for photo in photos.values() if photo.record) == ["b"]
    assert project.rename_class("cafe\u0301", "tea") == "tea"
    assert sorted(photo.record is None for photo in list_photos(project, "tea")) == [False, True]


def test_an_index_with_composed_names_of_decomposed_folders(project, square):
    project.add_class("caf\u00e9")
    (before,) = save_burst(project, "caf\u00e9", [square(1)])
    renamed = before.path.with_name("photo.png")
    before.path.rename(renamed)
    line = json.loads(project.index_path.read_text())
    project.index_path.write_text(json.dumps({**line, "path": "photos/caf\u00e9/photo.png"}))
    (project.photos_dir / "caf\u00e9").rename(project.photos_dir / "cafe\u0301")
    (photo,) = list_photos(project)
    assert photo.record is not None and photo.burst == before.burst


@pytest.mark.parametrize(
    "twins", [("Cup", "cup"), ("caf\u00e9", "cafe\u0301"), ("Unknown", "unknown")]
)
def test_two_folders_of_one_class_are_told(project, save_image, twins):
    for number, folder in enumerate(twins):
        save_image(project.photos_dir / folder / "a.png", number)
    (name,) = project.classes()
    ((folder, why),) = project.unusable_folders().items()
    assert folder.name in twins and "is the same class as" in why
    assert len(list_photos(project)) == 1 and project.class_dir(name) != folder
    assert any("rename it" in problem for problem in list_all(project).problems)


@pytest.mark.parametrize("cut", range(6))
def test_a_renaming_that_is_cut_loses_no_record(project, square, monkeypatch, cut):
    """At whatever change of the disk it ends: every photograph keeps its record, and its class
    its place; the same again completes it."""
    for name in ("cup", "mug"):
        project.add_class(name)
    save_burst(project, "cup", [square(1)], board="b")
    (own,) = list_photos(project)
    line = json.loads(project.index_path.read_text())
    own.path.rename(own.path.with_name("photo.png"))  # a name that holds no record
    project.index_path.write_text(json.dumps({**line, "path": "photos/cup/photo.png"}) + "\n")
    project.learnt_dir("cup").mkdir(parents=True)
    steps = 0

    def counted(change):
        def step(*arguments):
            nonlocal steps
            if steps == cut:
                raise KeyboardInterrupt
            steps += 1
            return change(*arguments)

        return step

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", counted(Path.rename))
        patch.setattr(Path, "replace", counted(Path.replace))
        patch.setattr(os, "write", counted(os.write))
        with contextlib.suppress(KeyboardInterrupt):
            project.rename_class("cup", "beaker")
    again = Project.open(project.root)
    (photo,) = list_photos(again)
    assert photo.record is not None and photo.record.board == "b"
    assert again.classes() in (["cup", "mug"], ["beaker", "mug"])
    if "cup" in again.classes():
        again.rename_class("cup", "beaker")
    assert again.classes() == ["beaker", "mug"] and again.learnt_dir("beaker").is_dir()
    assert list_photos(again)[0].record.class_name == "beaker"


def test_an_empty_folder_takes_no_class_away(tmp_path):
    """On a disk that tells capitals apart, a folder of the other case was made by hand."""
    project = Project.create(tmp_path / "things")
    project.add_class("rose")
    (project.photos_dir / "rose" / "1.png").write_bytes(b"x")
    for other in ("Rose", "ROSE"):
        (project.photos_dir / other).mkdir()
    project = Project.open(project.root)
    assert project.classes() == ["rose"]
    assert project.class_dir("Rose") == project.photos_dir / "rose"
    assert {path.name for path in project.unusable_folders()} == {"Rose", "ROSE"}
