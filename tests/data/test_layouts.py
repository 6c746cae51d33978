"""Every layout that other tools write: which class each of its photographs gets."""

import io
import json
import zipfile

import pytest

from tinyteach.data.layouts import read_collection
from tinyteach.errors import PhotoError, UsageError


@pytest.fixture
def build(tmp_path, save_image):
    """build(*paths) makes a folder "source" with a different image at each path."""

    def make(*paths: str):
        source = tmp_path / "source"
        for number, path in enumerate(paths):
            save_image(source / path, number)
        return source

    return make


def zipped(folder, target):
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder).as_posix())
    return target


def classes(source) -> dict[str, str]:
    """Class by place below the source's own name."""
    photos = read_collection(source).photos
    return {photo.name.split("/", 1)[1]: photo.class_name for photo in photos}


LAYOUTS = {
    "image folder": {"cat/1.png": "cat", "cat/2.jpg": "cat", "dog/1.png": "dog"},
    "outer folders": {"set/data/cat/1.png": "cat", "set/data/dog/1.png": "dog"},
    "folders in classes": {"cat/a/1.png": "cat", "cat/b/1.png": "cat", "dog/1.png": "dog"},
    "split": {
        "train/cat/1.png": "cat",
        "train/dog/1.png": "dog",
        "val/cat/1.png": "cat",
        "Test/dog/2.png": "dog",
    },
    "one part of a split": {"train/cat/1.png": "cat", "train/dog/1.png": "dog"},
    "split below": {"set/train/images/a/1.png": "a", "set/test/images/b/1.png": "b"},
    "a class called test": {"test/1.png": "test", "other/1.png": "other"},
    "flat": {"1.png": "source", "2.png": "source"},
    "Teachable Machine samples": {
        "Red cup-samples/0.jpg": "Red cup",
        "Class 2-samples (3)/0.jpg": "Class 2",
    },
    "Edge Impulse without labels": {
        "training/cup.3k2.png": "cup",
        "training/mug.1.jpg.3k3.jpg": "mug",
        "testing/cup.3k4.png": "cup",
    },
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_folder_and_zip_of_each_layout(build, tmp_path, layout):
    folder = build(*layout)
    assert classes(folder) == layout
    assert classes(zipped(folder, tmp_path / "source.zip")) == layout


def test_a_single_class_in_folders(build):
    assert classes(build("photos/cup/1.png", "photos/cup/2.png")) == {
        "photos/cup/1.png": "cup",
        "photos/cup/2.png": "cup",
    }


def test_files_beside_the_classes_are_skipped(build):
    source = build("cat/1.png", "cat/2.png", "dog/1.png", "cover.png")
    (source / "cat" / "IMG.CR2").write_bytes(b"x")
    (source / "cat" / ".DS_Store").write_bytes(b"x")
    (source / "README.md").write_text("x")
    collection = read_collection(source)
    assert len(collection.photos) == 3
    assert {skip.name: skip.reason for skip in collection.skipped} == {
        "source/cover.png": "nothing says which class it belongs to",
        "source/cat/IMG.CR2": "it is a camera's raw file, which cannot be read here; save it as "
        "JPEG",
    }


def test_teachable_machine_sample_zips_in_a_folder_and_in_a_zip(build, tmp_path):
    source = build("Cup-samples/0.jpg", "Cup-samples/1.jpg", "Mug-samples/0.jpg")
    zips = tmp_path / "zips"
    zips.mkdir()
    for name in ("Cup-samples", "Mug-samples"):
        zipped(source / name, zips / f"{name}.zip")
    expected = {"Cup-samples/0.jpg": "Cup", "Cup-samples/1.jpg": "Cup", "Mug-samples/0.jpg": "Mug"}
    assert classes(zips) == expected
    assert classes(zipped(zips, tmp_path / "all.zip")) == expected
    assert classes(zips / "Cup-samples.zip") == {"0.jpg": "Cup", "1.jpg": "Cup"}


def test_teachable_machine_project_file(build, tmp_path):
    source = build("1.png", "2.png", "3.png")
    target = tmp_path / "project.tm"
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("manifest.json", json.dumps({"type": "image", "version": "2.4.7"}))
        for number, name in enumerate(["Cup v1.5-!-0", "Cup v1.5-!-1", "Mug-!-0.jpg"], 1):
            archive.write(source / f"{number}.png", name)
    expected = {"Cup v1.5-!-0": "Cup v1.5", "Cup v1.5-!-1": "Cup v1.5", "Mug-!-0.jpg": "Mug"}
    assert classes(target) == expected
    assert read_collection(target).skipped == []
    assert all(photo.square().shape == (24, 24, 3) for photo in read_collection(target).photos)


@pytest.mark.parametrize("place", ["info.labels", "training/info.labels"])
def test_edge_impulse_labels(build, place):
    source = build(*(f"training/{name}.jpg" for name in "abcdefg"))
    prefix = "" if "/" in place else "training/"
    files = [
        {"path": f"{prefix}a.jpg", "label": {"type": "label", "label": "red cup"}},
        {"path": f"{prefix}b.jpg", "label": "mug"},
        {"path": f"{prefix}c.jpg", "label": {"type": "unlabeled"}},
        {"path": f"{prefix}d.jpg", "label": {"type": "multi-label", "labels": []}},
        {"path": f"{prefix}e.jpg", "boundingBoxes": [{"label": "lid"}, {"label": "lid"}]},
        {"path": f"{prefix}f.jpg", "boundingBoxes": [{"label": "lid"}, {"label": "cup"}]},
        {"path": "g.jpg", "category": "training", "label": {"type": "label", "label": "mug"}},
    ]
    (source / place).write_text(json.dumps({"version": 1, "files": files}))
    assert classes(source) == {
        "training/a.jpg": "red cup",
        "training/b.jpg": "mug",
        "training/e.jpg": "lid",
        "training/g.jpg": "mug",
    }
    assert len(read_collection(source).skipped) == 3


def test_damaged_edge_impulse_labels(build):
    source = build("training/a.jpg")
    (source / "info.labels").write_text("[")
    with pytest.raises(PhotoError, match="export the data again"):
        read_collection(source)


def test_reports_of_a_project_are_no_photographs(build):
    source = build("photos/cup/1.png", "photos/mug/1.png", "heads/report.png")
    (source / "photos.jsonl").write_text("")
    assert set(classes(source)) == {"photos/cup/1.png", "photos/mug/1.png"}


def test_sources_without_photographs(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(PhotoError, match="No photographs were found"):
        read_collection(tmp_path / "empty")
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(PhotoError, match="neither a folder nor a zip"):
        read_collection(tmp_path / "notes.txt")
    with pytest.raises(UsageError, match="There is no folder or zip"):
        read_collection(tmp_path / "nowhere")


def test_names_that_lead_outside_are_refused(build, tmp_path):
    image = (build("1.png") / "1.png").read_bytes()
    target = tmp_path / "evil.zip"
    names = ["cup/good.png", "../cup/1.png", "/cup/2.png", "cup/../../3.png", "C:/../cup/4.png"]
    with zipfile.ZipFile(target, "w") as archive:
        for name in [*names, "..\\cup\\5.png"]:
            archive.writestr(zipfile.ZipInfo(name), image)
    collection = read_collection(target)
    assert [photo.name for photo in collection.photos] == ["evil/cup/2.png", "evil/cup/good.png"]
    assert [skip.reason for skip in collection.skipped] == ["its name leads outside the zip"] * 4


def test_damaged_zip(build, tmp_path):
    content = zipped(build("cup/1.png"), tmp_path / "a.zip").read_bytes()
    with pytest.raises(PhotoError, match="a zip whose end is missing"):
        read_collection(_file(tmp_path / "cut.zip", content[:-30]))
    with pytest.raises(PhotoError, match="damaged"):
        read_collection(_file(tmp_path / "start.zip", content[60:-60] + content[-22:]))


def test_damage_inside_a_zip_is_that_photographs(build, tmp_path):
    content = zipped(build("cup/1.png", "cup/2.png"), tmp_path / "a.zip").read_bytes()
    first = content.index(b"IDAT") + 10
    broken = content[:first] + bytes(8) + content[first + 8 :]
    photos = read_collection(_file(tmp_path / "b.zip", broken)).photos
    with pytest.raises(PhotoError, match="damaged inside its zip"):
        photos[0].square()
    assert photos[1].square().shape == (24, 24, 3)


def test_zip_with_a_password(build, tmp_path):
    content = bytearray(zipped(build("cup/1.png"), tmp_path / "a.zip").read_bytes())
    content[content.index(b"PK\3\4") + 6] |= 1  # the flag of encryption, in both headers
    content[content.rindex(b"PK\1\2") + 8] |= 1
    with pytest.raises(PhotoError, match="b is locked by a password; unpack it"):
        read_collection(_file(tmp_path / "b.zip", bytes(content)))


def test_zip_that_claims_to_hold_far_too_much(build, tmp_path):
    content = zipped(build("cup/1.png"), tmp_path / "a.zip").read_bytes()
    directory = content.rindex(b"PK\1\2")
    size = (0xFFFFFFF0).to_bytes(4, "little")
    huge = bytearray(content)
    huge[directory + 24 : directory + 28] = size  # uncompressed size
    with pytest.raises(PhotoError, match="claims to unpack to 4095 MiB from 1 KiB"):
        read_collection(_file(tmp_path / "b.zip", bytes(huge)))


def test_zip_with_a_file_that_is_too_long(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("cup/1.bmp", bytes((64 << 20) + 1))
    (photo,) = read_collection(tmp_path / "a.zip").photos
    with pytest.raises(PhotoError, match="longer than 64 MiB"):
        photo.square()


def test_zip_whose_files_add_up_to_far_too_much(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(9):
            archive.writestr(f"cup/{number}.png", b"x")
    content = bytearray(buffer.getvalue())
    position = content.find(b"PK\1\2")
    while position >= 0:
        content[position + 24 : position + 28] = (0xFFFFFFF0).to_bytes(4, "little")
        position = content.find(b"PK\1\2", position + 4)
    with pytest.raises(PhotoError, match="unpacks to more than 32 GiB"):
        read_collection(_file(tmp_path / "bomb.zip", bytes(content)))


def test_zips_too_deep_inside_zips(build, tmp_path):
    inner = zipped(build("cup/1.png", "cup/2.png"), tmp_path / "0.zip")
    for depth in range(1, 4):
        outer = tmp_path / f"{depth}.zip"
        with zipfile.ZipFile(outer, "w") as archive:
            archive.write(inner, "in.zip")
            archive.write(tmp_path / "source/cup/1.png", f"cup/{depth}.png")
        inner = outer
    collection = read_collection(inner)
    assert [skip.reason for skip in collection.skipped] == [
        "it is an archive too deep inside others"
    ]
    assert len(collection.photos) == 3


def _file(path, content: bytes):
    path.write_bytes(content)
    return path
