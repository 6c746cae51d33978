"""Folders as they lie on disks: links, loops, litter and what is no file."""

import os
import socket

import pytest

from tinyteach.data.layouts import read_collection
from tinyteach.data.listing import list_entries
from tinyteach.data.litter import is_litter
from tinyteach.data.photos import list_all
from tinyteach.errors import PhotoError


@pytest.fixture
def folder(tmp_path, save_image):
    """Two classes with two photographs each."""
    for number, name in enumerate(("cat/0.png", "cat/1.png", "dog/0.png", "dog/1.png")):
        save_image(tmp_path / "set" / name, number)
    return tmp_path / "set"


def classes(source) -> dict[str, str]:
    return {photo.name: photo.class_name for photo in read_collection(source).photos}


LITTER = [
    "__MACOSX",
    "__macosx 2",
    ".DS_Store",
    "._1.png",
    "thumbs.db",
    "THUMBS.DB",
    "Desktop.ini",
    "@eaDir",
    "@EADIR",
    ".thumbnails",
    ".ipynb_checkpoints",
    ".git",
    "$RECYCLE.BIN",
    "System Volume Information",
    "#recycle",
    "lost+found",
    "1.png:Zone.Identifier",
    "1.png\uf03aZone.Identifier",
    "Icon\r",
]


@pytest.mark.parametrize("name", LITTER)
def test_litter_is_passed_over_in_any_case(folder, project, save_image, name):
    assert is_litter(name)
    before = classes(folder)
    for place in (folder, folder / "cat"):
        save_image(place / name / "cat" / "9.png", 9)
    assert classes(folder) == before and read_collection(folder).skipped == []
    project.add_class("cup")
    save_image(project.photos_dir / "cup" / name / "1.png", 1)
    save_image(project.photos_dir / name / "1.png", 1)
    assert project.classes() == ["cup"]
    assert list_all(project).photos == [] and list_all(project).problems == []


def test_what_only_looks_like_litter():
    assert not any(map(is_litter, ["thumbs", "desktop", "@home", "recycle", "macosx", "git"]))


def test_linked_classes(folder, tmp_path):
    links = tmp_path / "links"
    links.mkdir()
    (links / "cat").symlink_to(folder / "cat")
    (links / "hund").symlink_to(folder / "dog")
    assert classes(links) == {
        "links/cat/0.png": "cat",
        "links/cat/1.png": "cat",
        "links/hund/0.png": "hund",
        "links/hund/1.png": "hund",
    }


def test_a_link_to_the_source_and_links_to_files(folder, tmp_path, save_image):
    (tmp_path / "mice").symlink_to(save_image(tmp_path / "else" / "0.png", 7).parent)
    assert classes(tmp_path / "mice") == {"mice/0.png": "mice"}
    (folder / "cat" / "2.png").symlink_to(tmp_path / "else" / "0.png")
    assert classes(folder)["set/cat/2.png"] == "cat"


def test_a_folder_is_taken_once_and_under_its_own_name(folder, tmp_path):
    (folder / "a link").symlink_to(folder / "cat")
    (folder / "loop").symlink_to(folder)
    (folder / "cat" / "up").symlink_to(folder.parent)
    (folder / "dog" / "self").symlink_to(folder / "dog" / "self")
    outside = tmp_path / "outside"
    outside.mkdir()
    for number in range(2):
        (folder / f"twice{number}").symlink_to(outside)
    (outside / "back").symlink_to(folder)
    collection = read_collection(folder)
    assert {photo.class_name for photo in collection.photos} == {"cat", "dog"}
    assert len(collection.photos) == 4
    reasons = {skip.name: skip.reason for skip in collection.skipped}
    again = "it leads to a folder that is taken already"
    for name in ("a link", "loop", "cat/up", "twice1", "twice0/back"):
        assert reasons[f"set/{name}"] == again
    assert "leads to" in reasons["set/dog/self"]


def test_links_that_lead_nowhere_are_named(folder):
    (folder / "cat" / "9.png").symlink_to("gone.png")
    (skip,) = list_entries(folder).skipped
    assert skip.name == "set/cat/9.png" and "it leads to gone.png" in skip.reason


def test_pipes_and_sockets_do_not_hang(folder):
    os.mkfifo(folder / "cat" / "pipe.png")
    with socket.socket(socket.AF_UNIX) as endpoint:
        here = os.open(folder, os.O_RDONLY)
        try:
            endpoint.bind(f"/proc/self/fd/{here}/socket.png")  # a path of a socket is short
        finally:
            os.close(here)
        entries = list_entries(folder)
    assert {skip.name: skip.reason for skip in entries.skipped} == {
        "set/cat/pipe.png": "it is no ordinary file",
        "set/socket.png": "it is no ordinary file",
    }


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_folders_that_may_not_be_read(folder):
    (folder / "dog").chmod(0)
    try:
        assert "permission denied" in list_entries(folder).skipped[0].reason
        with pytest.raises(PhotoError, match="permission denied"):
            list_entries(folder / "dog")
    finally:
        (folder / "dog").chmod(0o700)


def test_the_source_keeps_the_name_that_it_was_given(folder, monkeypatch):
    monkeypatch.chdir(folder / "cat")
    for name in (".", "../cat", "../../set/cat", ""):
        assert set(classes(name).values()) == {"cat"}
    assert set(classes("..").values()) == {"cat", "dog"}
