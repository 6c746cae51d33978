"""Copies belong to one recording, whatever they are called; other photographs of a scene do not."""

import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from tinyteach.data.bursts import guess_bursts, joined
from tinyteach.data.copies import alike, same_files, small_view
from tinyteach.data.handheld import HandheldCamera
from tinyteach.data.photos import list_photos, recordings


def smooth(seed, side=160):
    """A smooth random picture, different for each seed."""
    small = np.random.default_rng(seed).integers(0, 256, (7, 7, 3)).astype(np.uint8)
    return np.array(Image.fromarray(small).resize((side, side), Image.Resampling.BICUBIC))


def in_jpeg(image):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=60)
    return Image.open(file)


COPIES = {
    "jpeg": in_jpeg,
    "half": lambda image: image.resize((image.width // 2,) * 2, Image.Resampling.BILINEAR),
    "double": lambda image: image.resize((image.width * 2,) * 2, Image.Resampling.BICUBIC),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.05),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.9),
}


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_copies_are_found(copy):
    squares = [smooth(seed) for seed in range(6)]
    copied = np.array(copy(Image.fromarray(squares[2])))
    found = alike([small_view(square) for square in (*squares, copied)])
    assert found.tolist() == [0, 1, 2, 3, 4, 5, 2]


def test_mirror_images_only_where_asked():
    views = [small_view(square) for square in (smooth(1), smooth(1)[:, ::-1])]
    assert alike(views).tolist() == [0, 1]
    assert alike(views, mirrored=True).tolist() == [0, 0]


def test_other_views_of_a_scene_are_no_copies():
    camera = HandheldCamera(smooth(3, 400), width=96, height=96)
    views = []
    for _ in range(8):
        camera.new_burst()
        views += [small_view(view) for view in camera.record(1)]
    assert alike(views, mirrored=True).tolist() == list(range(8))


def test_plain_pictures_are_told_apart_by_their_colour():
    plain = [np.full((96, 96, 3), colour, np.uint8) for colour in ((0, 0, 0), (90, 90, 90))]
    plain += [np.full((96, 96, 3), colour, np.uint8) for colour in ((200, 0, 0), (0, 0, 200))]
    noise = np.random.default_rng(0).integers(0, 3, (96, 96, 3)).astype(np.uint8)
    found = alike([small_view(square) for square in (*plain, plain[1] + noise)])
    assert found.tolist() == [0, 1, 2, 3, 1]


def test_copies_of_copies_and_more_than_are_compared_at_once():
    views = [small_view(smooth(seed % 650, 24)) for seed in range(1300)]
    assert alike(views).tolist() == [seed % 650 for seed in range(1300)]
    assert alike([]).tolist() == []


def test_recordings_with_a_copy_of_each_other_are_one():
    assert joined(["a", "b", "c", "d"], [0, 1, 0, 1]) == ["a", "b", "a", "b"]
    assert joined(["a", "a", "b", "b", "c"], [0, 1, 1, 3, 3]) == ["a"] * 5


def test_files_with_the_same_bytes(tmp_path):
    contents = [b"x" * 9000, b"y" + b"x" * 8999, b"x" * 9000, b"x", b"z", b"x"]
    paths = [tmp_path / str(number) for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    assert same_files([*paths, tmp_path / "gone"]) == [0, 1, 0, 3, 4, 3, 6]


def test_copies_under_other_names_are_one_recording(project, save_image):
    for name in ("cup", "mug"):
        project.add_class(name)
        for letter in "abc":
            save_image(project.photos_dir / name / f"{letter}.png", ord(letter))
    save_image(project.photos_dir / "cup" / "copy of a.png", ord("a"))
    photos = list_photos(project)
    bursts = dict(zip((photo.id for photo in photos), recordings(photos), strict=True))
    assert bursts["cup/a.png"] == bursts["cup/copy of a.png"] == bursts["mug/a.png"]
    assert len(set(bursts.values())) == 3


def test_what_roboflow_makes_of_a_picture_is_one_recording():
    names = [f"cup{number}_jpg.rf.{letter * 32}" for number in (1, 2) for letter in "0a"]
    first, again, other, _ = guess_bursts(names, "cup")
    assert first == again != other
