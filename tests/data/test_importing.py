"""Imports: pixels arrive, classes meet, nothing comes twice, an export comes back the same."""

import zipfile

import numpy as np
import pytest
from PIL import Image

from tinyteach.data.exporting import export_zip
from tinyteach.data.images import load_square
from tinyteach.data.import_plan import plan_import
from tinyteach.data.importing import import_folder
from tinyteach.data.photos import list_photos, load_photos, save_burst
from tinyteach.data.project import Project
from tinyteach.errors import PhotoError, ProjectError, TinyTeachError, UsageError


@pytest.fixture
def source(tmp_path, save_image):
    """Two classes with three and two photographs of different kinds and sizes."""
    folder = tmp_path / "set"
    for number, name in enumerate(
        ("cat/1.png", "cat/2.jpg", "cat/3.webp", "dog/1.bmp", "dog/x.png")
    ):
        save_image(folder / name, number, (40 + number, 30))
    return folder


def contents(project) -> dict[str, np.ndarray]:
    """Pixels by class and name."""
    loaded = load_photos(list_photos(project))
    assert loaded.problems == []
    return {
        f"{photo.class_name}/{photo.path.name}": pixels
        for photo, pixels in zip(loaded.photos, loaded.squares, strict=True)
    }


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[key], other[key]) for key in one)


def test_photographs_arrive_as_png_squares(project, source):
    steps = []
    result = import_folder(
        project, source, on_progress=lambda done, total: steps.append((done, total))
    )
    assert (result.added, result.skipped, result.renamed) == ({"cat": 3, "dog": 2}, [], {})
    assert steps == [(n, 5) for n in range(1, 6)]
    here = contents(project)
    assert set(here) == {"cat/1.png", "cat/2.png", "cat/3.png", "dog/1.png", "dog/x.png"}
    assert np.array_equal(here["cat/2.png"], load_square(source / "cat/2.jpg"))
    assert all(photo.record.side == 30 for photo in list_photos(project))
    with Image.open(project.photos_dir / "cat/2.png") as image:
        assert (image.format, image.mode, image.size) == ("PNG", "RGB", (30, 30))


def test_an_import_can_be_repeated(project, source):
    import_folder(project, source)
    before = contents(project)
    result = import_folder(project, source)
    assert result.added == {} and len(result.skipped) == 5
    assert "same photograph is in class 'cat' already" in result.skipped[0].reason
    assert same(contents(project), before)


def test_the_same_photograph_in_two_classes_is_taken_once(project, source):
    (source / "dog" / "copy.png").write_bytes((source / "cat" / "1.png").read_bytes())
    result = import_folder(project, source)
    assert result.added == {"cat": 3, "dog": 2}
    assert [skip.name for skip in result.skipped] == ["set/dog/copy.png"]


def test_names_that_are_taken_get_a_number(project, tmp_path, save_image):
    for number, part in enumerate(("train", "val")):
        save_image(tmp_path / "set" / part / "cat" / "1.png", number)
        save_image(tmp_path / "set" / part / "dog" / "1.png", number + 10)
    import_folder(project, tmp_path / "set")
    assert set(contents(project)) == {"cat/1.png", "cat/1-2.png", "dog/1.png", "dog/1-2.png"}


def test_classes_meet_whatever_their_case(project, source):
    project.add_class("Cat")
    result = import_folder(project, source)
    assert project.classes() == ["Cat", "dog"]
    assert result.added == {"Cat": 3, "dog": 2} and result.renamed == {"cat": "Cat"}


def test_class_names_are_made_portable(project, tmp_path, source, save_image):
    with zipfile.ZipFile(tmp_path / "odd.zip", "w") as archive:
        archive.write(source / "cat/1.png", "what?/1.png")
        archive.write(source / "dog/1.bmp", "???/1.bmp")
        archive.write(source / "dog/x.png", "fine/1.png")
    result = import_folder(project, tmp_path / "odd.zip")
    assert result.renamed == {"what?": "what-"} and set(project.classes()) == {"what-", "fine"}
    assert [skip.reason for skip in result.skipped] == ["no class can be called '???'"]


def test_unreadable_photographs_are_skipped_with_reasons(project, source):
    (source / "cat" / "broken.jpg").write_bytes(b"no image")
    (source / "dog" / "notes.doc").write_bytes(b"x")
    result = import_folder(project, source)
    assert result.added == {"cat": 3, "dog": 2}
    reasons = {skip.name: skip.reason for skip in result.skipped}
    assert "cannot be read as PNG" in reasons["set/cat/broken.jpg"]
    assert reasons["set/dog/notes.doc"].startswith("it is not a PNG, JPEG")


def test_numbered_photographs_get_bursts_of_this_import(project, tmp_path, save_image):
    for number in range(20):
        save_image(tmp_path / "set" / "cat" / f"frame_{number:02}.png", number)
    save_image(tmp_path / "set" / "dog" / "1.png", 99)
    import_folder(project, tmp_path / "set")
    bursts = [photo.burst for photo in list_photos(project, "cat")]
    assert len(set(bursts)) == 20 and bursts == sorted(bursts)
    assert not set(bursts) & {photo.burst for photo in list_photos(project, "dog")}


def test_bursts_survive_export_and_import(project, tmp_path, save_image):
    for number in range(20):
        save_image(tmp_path / "set" / "cat" / f"frame_{number:02}.png", number)
    import_folder(project, tmp_path / "set" / "cat")
    for path in list(project.photos_dir.rglob("*.png"))[::3]:
        path.unlink()  # so that a guess would come out otherwise
    back = Project.create(tmp_path / "back")
    import_folder(back, export_zip(project, tmp_path / "a.zip"))
    assert [photo.burst for photo in list_photos(back)] == [p.burst for p in list_photos(project)]


def test_nothing_is_made_of_an_import_that_fails(project, tmp_path):
    with pytest.raises(TinyTeachError):
        import_folder(project, tmp_path / "nowhere")
    assert project.classes() == [] and not project.index_path.exists()


def test_a_full_disk_leaves_no_empty_class(project, source, monkeypatch):
    import_folder(project, source / "cat")

    def full(path, content):
        raise ProjectError(f"{path} could not be written (no space left on device); free space.")

    monkeypatch.setattr("tinyteach.data.importing.write_atomically", full)
    with pytest.raises(ProjectError, match="no space left"):
        import_folder(project, source)
    assert project.classes() == ["cat"] and len(list_photos(project)) == 3


def test_names_that_lead_outside_write_nothing_outside(project, tmp_path, source):
    image = (source / "cat/1.png").read_bytes()
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("cat/good.png", (source / "dog/x.png").read_bytes())
        archive.writestr("../../escaped/1.png", image)
        archive.writestr("cat/..\\..\\escaped.png", image)

    def elsewhere():
        """Neither in the project nor in the user's own folder, where its lock is."""
        ours = {project.root, tmp_path / "home"}
        return {p for p in tmp_path.rglob("*") if not ours & {p, *p.parents}}

    before = elsewhere()
    import_folder(project, tmp_path / "evil.zip")
    assert elsewhere() == before
    assert set(contents(project)) == {"cat/good.png"}


@pytest.fixture
def filled(project, square, save_image):
    """A project with bursts, hand-added photographs of many kinds and a class without any."""
    for name in ("red cup", "mug", "empty"):
        project.add_class(name)
    save_burst(project, "red cup", [square(n) for n in range(3)], board="xiao", sensor="OV2640")
    save_burst(project, "mug", [square(n, 64) for n in range(3, 5)])
    for number, name in enumerate(("photo.JPG", "x.webp", "deep/y.bmp", "large.png")):
        size = (700, 700) if name == "large.png" else (50, 40)
        save_image(project.photos_dir / "mug" / name, 10 + number, size)
    return project


def test_an_export_comes_back_the_same(filled, tmp_path):
    target = export_zip(filled, tmp_path / "photos.zip")
    back = Project.create(tmp_path / "back")
    result = import_folder(back, target)
    assert result.skipped == []
    there, here = contents(filled), contents(back)
    renamed = {key.rsplit(".", 1)[0] + ".png": pixels for key, pixels in there.items()}
    assert same(renamed, here)
    facts = {photo.path.name: photo.record for photo in list_photos(filled, "red cup")}
    for photo in list_photos(back, "red cup"):
        assert photo.record == facts[photo.path.name]


def test_a_project_folder_can_be_imported_too(filled, tmp_path):
    filled.heads_dir.mkdir()
    filled.report_path("png").write_bytes(b"a picture, but no photograph")
    back = Project.create(tmp_path / "back")
    assert import_folder(back, filled.root).added == {"mug": 6, "red cup": 3}


def test_an_export_is_a_folder_of_class_folders(filled, tmp_path):
    target = export_zip(filled, tmp_path)
    assert target == tmp_path / "project.zip"
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        photo = filled.photos_dir / "mug" / "photo.JPG"
        assert archive.read("photos/mug/photo.JPG") == photo.read_bytes()
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert names[0] == "photos.jsonl"
    assert {name.split("/")[1] for name in names[1:]} == {"red cup", "mug"}


def test_equal_photographs_give_equal_zips(filled, tmp_path):
    one = export_zip(filled, tmp_path / "one.zip")
    for path in filled.photos_dir.rglob("*"):
        path.touch()
    assert export_zip(filled, tmp_path / "two.zip").read_bytes() == one.read_bytes()


def test_an_export_overwrites_nothing(filled, tmp_path):
    target = tmp_path / "a.zip"
    target.write_bytes(b"precious")
    with pytest.raises(UsageError, match="exists already"):
        export_zip(filled, target)
    assert target.read_bytes() == b"precious"
    target.unlink()
    export_zip(filled, target)
    assert zipfile.is_zipfile(target)


def test_nothing_to_export_and_nowhere_to_put_it(project, filled, tmp_path):
    with pytest.raises(PhotoError, match="could not be written"):
        export_zip(filled, tmp_path / "no such folder" / "a.zip")
    with pytest.raises(PhotoError, match="tinyteach capture"):
        export_zip(Project.create(tmp_path / "bare"), tmp_path / "b.zip")


def test_a_zip_that_claims_too_much(tmp_path, project):
    """A bomb is refused before any of it is unpacked; photographs of one colour are not."""
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(5):
            archive.writestr(f"cat/{number}.bmp", bytes(16 << 20))
    with pytest.raises(PhotoError, match="claims to unpack to 80 MiB"):
        import_folder(project, bomb)
    Image.new("RGB", (400, 400)).save(tmp_path / "black.bmp")
    plain = tmp_path / "plain.zip"
    with zipfile.ZipFile(plain, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "black.bmp", "cat/black.bmp")
    assert import_folder(project, plain).added == {"cat": 1}


def test_names_that_only_compose_their_accents_otherwise(project, tmp_path, save_image):
    """They look the same to whoever reads the sentence, so it says what differs."""
    composed, apart = "caf\u00e9", "cafe\u0301"
    source = tmp_path / "source"
    for number, name in enumerate((composed, apart)):
        save_image(source / name / "1.png", number)
    with pytest.raises(PhotoError, match="look the same but have their accents in letters or"):
        plan_import(project, source)
    project.add_class(composed)
    (project.photos_dir / apart).mkdir()
    (why,) = project.unusable_folders().values()
    assert why.startswith("looks like and is the same class as")
