"""tinyteach import: what it says before and after, what it refuses, what it leaves behind."""

import json
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from PIL import ExifTags, Image

import tinyteach as tt
from patience import PATIENCE_S
from tinyteach.cli.exit_codes import exit_code_of
from tinyteach.data.photos import list_photos
from tinyteach.data.project import Project
from tinyteach.errors import PhotoError, UsageError
from tinyteach.extras import how_to_add


@pytest.fixture
def empty(tinyteach, tmp_path):
    """A project without classes."""
    assert tinyteach("new", tmp_path / "empty").code == 0
    return tmp_path / "empty"


@pytest.fixture
def build(tmp_path):
    """build(*places) makes a folder "in" with a different photograph at each place."""

    def make(*places: str):
        for number, place in enumerate(places):
            path = tmp_path / "in" / place
            path.parent.mkdir(parents=True, exist_ok=True)
            pixels = np.random.default_rng(number).integers(0, 256, (24, 24, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(path)
        return tmp_path / "in"

    return make


def project_files(project) -> list[str]:
    return sorted(path.relative_to(project).as_posix() for path in project.rglob("*"))


SPLIT = ("Training/Apple/1.png", "Training/Pear/1.png", "Test/Apple/2.png", "Test/Pear/2.png")


def test_what_is_taken_for_what_is_told_before_and_after(tinyteach, empty, build):
    result = tinyteach("-p", empty, "import", build(*SPLIT))
    assert result.code == 0
    assert result.out.splitlines() == [
        "Taken for parts of one collection, not for classes: Test, Training.",
        "Apple: 2 photographs in in/Test/Apple, in/Training/Apple.",
        "Pear: 2 photographs in in/Test/Pear, in/Training/Pear.",
        "Apple: 2 photographs added from in/Test/Apple, in/Training/Apple.",
        "Pear: 2 photographs added from in/Test/Pear, in/Training/Pear.",
    ]


def test_a_dry_run_writes_nothing(tinyteach, empty, build):
    before = project_files(empty)
    source = build(*SPLIT, "Test/cover.png")
    shown = tinyteach("-p", empty, "import", source, "--dry-run").out
    assert "Apple: 2 photographs in in" in shown and "nothing was written" in shown
    assert "Skipped in/Test/cover.png: nothing says which class it belongs to" in shown
    told = json.loads(tinyteach("-p", empty, "import", source, "--dry-run", "--json").out)
    assert told["dry_run"] and told["added"] == {} and told["parts"] == ["Test", "Training"]
    assert told["classes"]["Apple"] == {"in/Test/Apple": 1, "in/Training/Apple": 1}
    assert project_files(empty) == before


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (["cat/notes.txt"], "in/cat/notes.txt: it is no picture"),
        (["README.md", "cat/a.txt", "dog/a.csv"], "3 files that are no pictures, such as in/"),
        (["manifest.json"], ""),  # it may say what the photographs are
    ],
)
def test_what_is_no_picture_is_told_in_one_line(tinyteach, empty, build, files, words):
    source = build("cat/1.png", "dog/1.png")
    for name in files:
        (source / name).write_text("{}")
    for options in (["--dry-run"], ["--dry-run", "--json"], []):
        result = tinyteach("-p", empty, "import", source, *options)
        said = result.out
        assert result.code == 0 and said.count("no picture") == bool(words) and words in said


def test_json_says_what_was_taken_for_what(tinyteach, empty, build):
    told = json.loads(tinyteach("-p", empty, "import", build(*SPLIT), "--json").out)
    assert told["added"] == {"Apple": 2, "Pear": 2} and not told["dry_run"]
    assert told["classes"]["Pear"] == {"in/Test/Pear": 1, "in/Training/Pear": 1}
    assert (told["renamed"], told["skipped"], told["notes"]) == ({}, [], [])


def test_the_level_of_the_classes_can_be_named(tinyteach, empty, build):
    result = tinyteach("-p", empty, "import", build(*SPLIT), "--level", "1", "--json")
    assert json.loads(result.out)["added"] == {"Test": 2, "Training": 2}


def test_an_annotated_collection_is_refused(fails, empty, build):
    source = build("train/a_jpg.rf.01.png", "train/b_jpg.rf.02.png")
    (source / "train" / "_annotations.coco.json").write_text("{}")
    assert "_annotations.coco.json" in fails("-p", empty, "import", source)
    assert not list((empty / "photos").iterdir())


@pytest.mark.parametrize(
    ("one", "other"),
    [("wet?", "wet*"), ("Cat", "cat"), ("caf\u00e9", "cafe\u0301"), ("cup", "cup "), ("a.", "a")],
)
def test_classes_that_would_become_one_are_refused(fails, empty, build, one, other):
    told = fails("-p", empty, "import", build(f"{one}/1.png", f"{other}/1.png"))
    assert "would both be called" in told and "rename one" in told
    assert not list((empty / "photos").iterdir())


def test_long_names_that_begin_alike_are_refused(fails, empty, build):
    assert "would both be called" in fails(
        "-p", empty, "import", build(f"{'x' * 70}1/1.png", f"{'x' * 70}2/1.png")
    )


def test_classes_that_only_look_alike_stay_apart(tinyteach, empty, build):
    names = ("red cup", "red_cup", "red-cup", "redcup", "cup 1", "cup 01")
    result = tinyteach("-p", empty, "import", build(*(f"{name}/1.png" for name in names)), "--json")
    assert json.loads(result.out)["added"] == dict.fromkeys(names, 1)


def test_one_class_written_in_two_ways_is_one_and_is_told(tinyteach, empty, build):
    places = ("train/Cat/1.png", "train/Dog/1.png", "test/cat/2.png", "test/dog/2.png")
    source = build(*places)
    assert (
        tinyteach("-p", empty, "import", source).out.count("Class 'cat' there is 'Cat' here.") == 2
    )
    told = json.loads(tinyteach("-p", empty, "import", source, "--json").out)
    assert told["renamed"] == {"cat": "Cat", "dog": "Dog"}


def test_a_class_that_joins_one_of_the_project_is_told(tinyteach, empty, build):
    tinyteach("-p", empty, "class", "add", "Cat")
    result = tinyteach("-p", empty, "import", build("cat/1.png", "dog/1.png"))
    assert result.out.count("Class 'cat' there is added to 'Cat', which the project has.") == 2


def test_teachable_machine_classes_with_a_slash(tinyteach, empty, build, tmp_path):
    source = build("1.png", "2.png")
    with zipfile.ZipFile(tmp_path / "project.tm", "w") as archive:
        archive.writestr("manifest.json", json.dumps({"type": "image"}))
        archive.write(source / "1.png", "left/up-!-0.png")
        archive.write(source / "2.png", "right/up-!-0.png")
    for folder in (tmp_path / "project.tm", tmp_path / "tm"):
        told = json.loads(tinyteach("-p", empty, "import", folder, "--dry-run", "--json").out)
        assert told["renamed"] == {"left/up": "left-up", "right/up": "right-up"}
        if folder.is_file():
            (tmp_path / "tm").mkdir()
            folder.replace(tmp_path / "tm" / "project.tm")


def test_sounds_of_teachable_machine(fails, tinyteach, empty, tmp_path):
    with zipfile.ZipFile(tmp_path / "project.tm", "w") as archive:
        archive.writestr("manifest.json", json.dumps({"type": "audio"}))
        archive.writestr("Clap-!-0.webm", b"\x1aE\xdf\xa3")
    assert "film" in fails("-p", empty, "import", tmp_path / "project.tm")
    assert tinyteach("-p", empty, "class", "list", "--json").out.count("Clap") == 0


@pytest.mark.parametrize("as_json", [False, True])
def test_an_import_that_brings_nothing(tinyteach, empty, tmp_path, as_json):
    for name in ("cat", "dog"):
        (tmp_path / "in" / name).mkdir(parents=True)
        (tmp_path / "in" / name / "1.jpg").write_text("version https://git-lfs.github.com/spec/v1")
    result = tinyteach("-p", empty, "import", tmp_path / "in", *(["--json"] if as_json else []))
    assert result.code == exit_code_of(PhotoError)
    assert "None of the 2 photographs" in result.err and "git lfs pull" in result.err
    assert "in/dog/1.jpg" in result.out
    if as_json:
        assert json.loads(result.out)["added"] == {}
    assert not list((empty / "photos").iterdir())


def test_a_class_of_which_nothing_can_be_read_is_not_made(tinyteach, empty, build):
    source = build("cat/1.png", "dog/1.png")
    (source / "dog" / "1.png").write_bytes(b"nothing")
    assert tinyteach("-p", empty, "import", source).code == 0
    assert [path.name for path in (empty / "photos").iterdir()] == ["cat"]


def test_an_import_can_be_repeated(tinyteach, empty, build):
    source = build("cat/1.png", "dog/1.png")
    tinyteach("-p", empty, "import", source)
    result = tinyteach("-p", empty, "import", source)
    assert result.code == 0 and "Nothing is new" in result.out


def test_many_files_left_out_for_one_reason_are_one_line(tinyteach, empty, build):
    source = build("train/cat/1.png", "train/dog/1.png", *(f"test/{n}.png" for n in range(30)))
    shown = tinyteach("-p", empty, "import", source).out
    assert shown.count("Skipped") == 1 and "30 files in in/test, such as in/test/0.png" in shown
    told = json.loads(tinyteach("-p", empty, "import", source, "--json").out)
    assert len(told["skipped"]) == 32


def test_a_zip_that_cannot_be_unpacked_here(fails, empty, build, tmp_path):
    source = build("cat/1.png", "dog/1.png")
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in source.rglob("*.png"):
            archive.write(path, path.relative_to(source).as_posix())
    content = (tmp_path / "a.zip").read_bytes()
    for mark, at in ((b"PK\3\4", 8), (b"PK\1\2", 10)):
        parts = content.split(mark)
        changed = [part[: at - 4] + b"\x09\0" + part[at - 2 :] for part in parts[1:]]
        content = mark.join([parts[0], *changed])
    (tmp_path / "a.zip").write_bytes(content)
    told = fails("-p", empty, "import", tmp_path / "a.zip")
    assert "Deflate64" in told and "password" not in told


def test_an_export_of_any_class_names_comes_back(tinyteach, empty, build, tmp_path):
    """Names that elsewhere would be parts of a collection."""
    names = ("train", "images", "part1")
    source = build(*(f"{name}/{n}.png" for name in names for n in range(2)))
    for project in (empty, tmp_path / "back"):
        if project != empty:
            assert tinyteach("new", project).code == 0
        assert tinyteach("-p", project, "import", source, "--level", "1").code == 0
        assert tinyteach("-p", project, "export", tmp_path / f"{project.name}.zip").code == 0
        source = tmp_path / f"{project.name}.zip"
    third = tmp_path / "third"
    tinyteach("new", third)
    told = json.loads(tinyteach("-p", third, "import", tmp_path / "empty.zip", "--json").out)
    assert told["added"] == dict.fromkeys(names, 2)
    assert tinyteach("-p", third, "import", empty, "--dry-run").code == 0


def test_copies_are_one_line(tinyteach, empty, build):
    source = build("cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png", "dog/3.png")
    (source / "cat" / "again.png").write_bytes((source / "dog" / "3.png").read_bytes())
    first = tinyteach("-p", empty, "import", source).out
    assert first.count("Skipped") == 1 and "the same photograph is in class" in first
    again = tinyteach("-p", empty, "import", source).out
    assert again.count("Skipped") == 1
    assert "Skipped 6 photographs that are there already or came twice, such as in/cat" in again


# What counts as one recording

MORNING, EVENING, NEXT = "2024:05:31 10:00:00", "2024:05:31 18:30:00", "2024-06-01 09:00:00"
DAYS = [MORNING, EVENING, NEXT, "0000:00:00 00:00:00", ""]
SESSIONS = {"cat": "desk", "dog": "yard"}


@pytest.fixture
def dated(build):
    """Two classes; of each class a photograph of each of the DAYS, half in a folder below."""
    folders = {name: (name, f"{name}/{session}") for name, session in SESSIONS.items()}
    numbers = range(len(DAYS))
    places = [f"{both[n % 2]}/{n}.jpg" for both in folders.values() for n in numbers]
    source = build(*places)
    for place in places:
        path, exif = source / place, Image.Exif()
        if day := DAYS[int(path.stem)]:
            exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = day
        Image.open(path).save(path, exif=exif)
    return source


@pytest.mark.parametrize(
    ("named", "recordings", "undated"), [("day", 4, 4), ("folder", 2, 0), ("none", 5, 0)]
)
def test_recordings_as_they_are_named(tinyteach, empty, dated, named, recordings, undated):
    words = ("-p", empty, "import", dated, "--recordings", named, "--json")
    told = json.loads(tinyteach(*words).out)
    assert told["added"] == {"cat": 5, "dog": 5} and told["undated"] == undated
    photos = list_photos(Project.open(empty))
    found = {name: {p.burst for p in photos if p.class_name == name} for name in told["added"]}
    assert {name: len(bursts) for name, bursts in found.items()} == dict.fromkeys(found, recordings)
    assert not found["cat"] & found["dog"]


def test_photographs_without_a_day_are_told(tinyteach, empty, dated):
    shown = tinyteach("-p", empty, "import", dated, "--recordings", "day").out
    assert "4 photographs without the day on which" in shown


def test_what_an_export_says_of_recordings_stays(tinyteach, empty, dated, tmp_path):
    tinyteach("-p", empty, "import", dated, "--recordings", "folder")
    tinyteach("-p", empty, "export", tmp_path / "all.zip")
    tinyteach("new", tmp_path / "other")
    tinyteach("-p", tmp_path / "other", "import", tmp_path / "all.zip", "--recordings", "none")
    ours, theirs = (list_photos(Project.open(each)) for each in (empty, tmp_path / "other"))
    assert {p.burst for p in ours} == {p.burst for p in theirs}


def test_a_program_says_it_too(empty, dated):
    tt.Project(empty).import_photos(dated, recordings="folder")
    assert len({p.burst for p in list_photos(Project.open(empty))}) == 4


def test_recordings_that_cannot_be_told_so(tinyteach, fails, empty, dated):
    words = ("-p", empty, "import", dated, "--recordings", "week")
    assert "choose one of day, folder, none" in fails(*words)
    assert tinyteach(*words).code == exit_code_of(UsageError)


# HEIC

WITHOUT = "import sys; sys.modules['pillow_heif'] = None; from tinyteach.cli.main import run; run()"


@pytest.fixture
def heic(build):
    """A photograph as an iPhone keeps it, beside others; of the day before."""
    pillow_heif = pytest.importorskip("pillow_heif", reason="needs the extra heic")
    source = build("cat/1.png", "dog/1.png")
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = DAYS[0]
    red = Image.new("RGB", (64, 48), (200, 30, 30))
    pillow_heif.from_pillow(red).save(source / "cat" / "IMG_1.HEIC", exif=exif.tobytes())
    return source


def test_a_heic_photograph(tinyteach, empty, heic):
    words = ("-p", empty, "import", heic, "--recordings", "day", "--json")
    told = json.loads(tinyteach(*words).out)
    assert told["added"] == {"cat": 2, "dog": 1} and told["undated"] == 2
    (photo,) = [p for p in list_photos(Project.open(empty)) if p.path.stem == "IMG_1"]
    pixels = np.array(Image.open(photo.path)).astype(int)
    assert pixels.shape == (48, 48, 3) and np.abs(pixels - (200, 30, 30)).max() < 12
    assert photo.burst.endswith("cat/2024-05-31")


def test_a_damaged_heic_photograph_is_left_out(tinyteach, empty, heic):
    path = heic / "cat" / "IMG_1.HEIC"
    path.write_bytes(path.read_bytes()[:200])
    shown = tinyteach("-p", empty, "import", heic).out
    assert "IMG_1.HEIC: it is a HEIC photograph that is damaged" in shown


def test_without_the_extra_it_is_named(empty, heic):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, "-p", str(empty), "import", str(heic)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0 and how_to_add("heic") in done.stdout
    assert "cat: 1 photograph added" in done.stdout
