"""Photographs on disk: saved with records, listed from the folders, changed by hand."""

import json
import re
import threading

import numpy as np
import pytest

from tinyteach.data.importing import import_folder
from tinyteach.data.photos import Recording, list_all, list_photos, load_photos, save_burst
from tinyteach.errors import ProjectError


@pytest.fixture
def cup(project):
    project.add_class("cup")
    return project


def test_saved_burst_comes_back(cup, square):
    squares = [square(number) for number in range(3)]
    saved = save_burst(cup, "cup", squares, board="xiao", sensor="OV2640")
    listed = list_photos(cup)
    assert listed == saved
    assert all(
        np.array_equal(a, b) for a, b in zip(load_photos(listed).squares, squares, strict=True)
    )
    assert len({photo.burst for photo in listed}) == 1
    assert all(re.fullmatch(r"\d{8}T\d{9}Z-[0-9a-f]{6}-00\d\.png", p.path.name) for p in listed)


def test_index_line(cup, square):
    save_burst(cup, "cup", [square(1)], board="xiao", sensor="OV2640", kind="model")
    (line,) = cup.index_path.read_text().splitlines()
    fields = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", fields.pop("time"))
    name = f"{fields.pop('burst')}-001.png"
    assert fields == {
        "path": f"photos/cup/{name}",
        "class": "cup",
        "board": "xiao",
        "sensor": "OV2640",
        "kind": "model",
        "side": 24,
    }


def test_each_recording_is_a_burst(cup, square):
    for _ in range(2):
        save_burst(cup, "cup", [square(1), square(2)])
    bursts = [photo.burst for photo in list_photos(cup)]
    assert len(bursts) == 4 and len(set(bursts)) == 2


def test_recording_stores_each_photograph_at_once(cup, square):
    recording = Recording(cup, "CUP")
    for number in range(3):
        recording.add(square(number))
        assert len(list_photos(cup)) == number + 1 == len(recording.photos)


def test_recording_into_no_class(cup):
    with pytest.raises(ProjectError, match="the classes are cup"):
        Recording(cup, "mug")


def test_photographs_added_by_hand(cup, save_image):
    for name in ("a.png", "b.JPG", "c.webp", "d.bmp", "deeper/e.jpeg"):
        save_image(cup.photos_dir / "cup" / name, 1, (30, 20))
    photos = list_photos(cup)
    assert [photo.path.name for photo in photos] == ["a.png", "b.JPG", "c.webp", "d.bmp", "e.jpeg"]
    assert len({photo.burst for photo in photos}) == 5
    assert all(photo.record is None and photo.class_name == "cup" for photo in photos)
    assert {square.shape for square in load_photos(photos).squares} == {(20, 20, 3)}


def test_photographs_deleted_by_hand(cup, square):
    saved = save_burst(cup, "cup", [square(1), square(2)])
    saved[0].path.unlink()
    assert list_photos(cup) == saved[1:]


def test_photographs_moved_by_hand_keep_their_record(cup, square):
    (photo,) = save_burst(cup, "cup", [square(1)], board="xiao")
    cup.add_class("mug")
    photo.path.rename(cup.photos_dir / "mug" / photo.path.name)
    (moved,) = list_photos(cup)
    assert (moved.class_name, moved.burst, moved.record.board) == ("mug", photo.burst, "xiao")


def test_a_common_name_does_not_fetch_a_record_from_elsewhere(cup, tmp_path, save_image):
    save_image(tmp_path / "cup" / "001.png", 1)
    import_folder(cup, tmp_path / "cup")
    cup.add_class("mug")
    save_image(cup.photos_dir / "mug" / "001.png", 2)
    assert list_photos(cup, "cup")[0].record is not None
    assert list_photos(cup, "mug")[0].record is None


def test_index_deleted_or_damaged_by_hand(cup, square):
    saved = save_burst(cup, "cup", [square(1), square(2)])
    whole = cup.index_path.read_bytes()
    cup.index_path.write_bytes(b'null\n[1]\n{"path": 3}\n\xff\n' + whole[:-20])
    listed = list_photos(cup)
    assert listed[0] == saved[0]
    assert [photo.burst for photo in listed] == [photo.burst for photo in saved]
    more = save_burst(cup, "cup", [square(3)])  # must not end up in the open last line
    assert more[0] in list_photos(cup)
    cup.index_path.unlink()
    assert {photo.burst for photo in list_photos(cup)} == {saved[0].burst, more[0].burst}


def test_unreadable_photographs_are_named_and_kept(cup, square):
    save_burst(cup, "cup", [square(1)])
    broken = cup.photos_dir / "cup" / "broken.png"
    broken.write_bytes(b"no image")
    loaded = load_photos(list_photos(cup))
    assert len(loaded.photos) == len(loaded.squares) == 1
    assert len(loaded.problems) == 1 and str(broken) in loaded.problems[0]
    assert broken.exists()


def test_survey_names_what_is_no_photograph(cup, save_image):
    folder = save_image(cup.photos_dir / "cup" / "a.png", 1).parent
    (folder / "IMG_1.CR2").write_bytes(b"x")
    for litter in (".DS_Store", "Thumbs.db", "._a.png"):
        (folder / litter).write_bytes(b"x")
    (cup.photos_dir / "lpt1").mkdir()
    listing = list_all(cup)
    assert [photo.path.name for photo in listing.photos] == ["a.png"]
    assert len(listing.problems) == 2
    assert (
        "IMG_1.CR2 is a camera's raw file, which cannot be read here; save it as JPEG"
        in listing.problems[0]
    )
    assert "lpt1 cannot be a class because its name is a device's" in listing.problems[1]


def test_photographs_of_one_class(cup, square):
    cup.add_class("mug")
    save_burst(cup, "cup", [square(1)])
    save_burst(cup, "mug", [square(2), square(3)])
    assert [photo.class_name for photo in list_photos(cup, "Mug")] == ["mug", "mug"]
    assert [photo.class_name for photo in list_photos(cup)] == ["cup", "mug", "mug"]


def test_recordings_at_the_same_time(cup, square):
    photos = [square(number) for number in range(8)]

    def record(number):
        save_burst(cup, "cup", photos, board=f"board {number}")

    threads = [threading.Thread(target=record, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    listed = list_photos(cup)
    assert len(listed) == 32 and len({photo.burst for photo in listed}) == 4
    assert all(photo.record is not None for photo in listed)
    # Each record once and whole; between two writers there may be an empty line.
    lines = [line for line in cup.index_path.read_text().splitlines() if line]
    assert len(lines) == 32 and len({json.loads(line)["path"] for line in lines}) == 32
