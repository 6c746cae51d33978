"""Tars, plain and compressed: read as zips are, and refused where they mean no good."""

import io
import tarfile
import zipfile

import pytest

from tinyteach.data.layouts import read_collection
from tinyteach.data.listing import list_entries
from tinyteach.errors import PhotoError


@pytest.fixture
def folder(tmp_path, save_image):
    """Two classes with two photographs each, and litter."""
    for number, name in enumerate(("cat/0.png", "cat/1.png", "dog/0.png", "dog/1.png")):
        save_image(tmp_path / "flowers" / name, number)
    (tmp_path / "flowers" / "cat" / ".DS_Store").write_bytes(b"x")
    return tmp_path / "flowers"


def packed(folder, path, mode):
    with tarfile.open(path, mode) as archive:
        archive.add(folder, folder.name)
    return path


MODES = {
    "a.tar": "w:",
    "a.tar.gz": "w:gz",
    "a.tgz": "w:gz",
    "a.tar.bz2": "w:bz2",
    "a.TAR.XZ": "w:xz",
    "a.b.txz": "w:xz",
}


@pytest.mark.parametrize("name", MODES)
def test_tars_are_read_as_zips_are(folder, tmp_path, name):
    path = packed(folder, tmp_path / name, MODES[name])
    photos = read_collection(path).photos
    top = name.lower().split(".t")[0]
    assert [photo.name for photo in photos] == [
        f"{top}/flowers/{name}" for name in ("cat/0.png", "cat/1.png", "dog/0.png", "dog/1.png")
    ]
    assert {photo.class_name for photo in photos} == {"cat", "dog"}
    assert all(photo.square().shape == (24, 24, 3) for photo in reversed(photos))


def test_tars_in_folders_and_in_zips(folder, tmp_path):
    (tmp_path / "all").mkdir()
    packed(folder, tmp_path / "all" / "set.tgz", "w:gz")
    assert len(read_collection(tmp_path / "all").photos) == 4
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.write(tmp_path / "all" / "set.tgz", "set.tgz")
    assert len(read_collection(tmp_path / "all.zip").photos) == 4


def test_links_and_names_that_lead_outside(folder, tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.add(folder / "cat" / "0.png", "cat/0.png")
        for name, kind in (("cat/hard.png", tarfile.LNKTYPE), ("cat/soft.png", tarfile.SYMTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "cat/0.png"
            archive.addfile(info)
        for name in ("../evil.png", "/etc/../../evil.png", "cat/../../evil.png"):
            archive.add(folder / "dog" / "0.png", name, filter=lambda info: info)
            archive.members[-1].name = name
        pipe = tarfile.TarInfo("cat/pipe.png")
        pipe.type = tarfile.FIFOTYPE
        archive.addfile(pipe)
    entries = list_entries(tmp_path / "a.tar")
    read = {entry.name: entry.read() for entry in entries.files}
    assert read["a/cat/hard.png"] == read["a/cat/0.png"]
    reasons = {skip.name: skip.reason for skip in entries.skipped}
    assert reasons["a/cat/pipe.png"] == reasons["a/cat/soft.png"] == "it is no ordinary file"
    assert reasons["a/../evil.png"] == "its name leads outside the zip"


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz", "a.tar.bz2", "a.tar.xz"])
def test_damaged_tars(folder, tmp_path, name):
    content = packed(folder, tmp_path / name, MODES.get(name, "w:gz")).read_bytes()
    for broken in (content[:40], b"nothing", b"", content[:10] + bytes(90) + content[100:]):
        (tmp_path / name).write_bytes(broken)
        with pytest.raises(PhotoError, match="The tar a is damaged|No photographs"):
            read_collection(tmp_path / name)


def test_a_tar_that_unpacks_to_far_too_much(tmp_path):
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz", compresslevel=1) as archive:
        info = tarfile.TarInfo("cat/1.bmp")
        info.size = 300 << 20
        archive.addfile(info, io.BytesIO(bytes(info.size)))
    with pytest.raises(PhotoError, match="which no photographs of its size do"):
        read_collection(tmp_path / "a.tar.gz")


def test_a_header_that_claims_far_too_much(tmp_path):
    info = tarfile.TarInfo("long name")
    info.type, info.size = tarfile.XHDTYPE, 1 << 33
    (tmp_path / "a.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    with pytest.raises(PhotoError, match="The tar a is damaged"):
        read_collection(tmp_path / "a.tar")
