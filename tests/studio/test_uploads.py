"""Photographs, folders and zips from a page: taken over whole, or refused with a sentence."""

import io
import zipfile

import pytest

from paired import views_of
from tinyteach.data.images import KINDS, encode_png
from tinyteach.errors import PhotoError, TooLargeError
from tinyteach.studio.statuses import status_of
from tinyteach.workbench import uploads


def png(name="rocket", seed=5):
    return encode_png(views_of(name, 1, seed=seed, side=64)[0])


def zipped(**files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def send(studio, **files):
    """Send files by name; the last answer, that of importing or of the file that was refused."""
    number = studio.ask("POST", "/api/uploads").value["upload"]
    for name, content in files.items():
        answer = studio.ask("PUT", f"/api/uploads/{number}?name={name}", content)
        if answer.status != 200:
            return answer
    return studio.ask("POST", f"/api/uploads/{number}")


def check_refused(answer, error, *words):
    assert answer.status == status_of(error), answer.content
    told = answer.value["error"]
    assert told["sentence"].endswith(".") and all(word in told["sentence"] for word in words)


def photos_of(studio):
    return {row["name"]: row["photos"] for row in studio.bench.feed.get("project")["classes"]}


def test_photographs_go_into_their_class(studio):
    answer = send(studio, **{"cat/a.png": png(seed=5), "cat/b.png": png(seed=6)})
    assert answer.value == {"added": {"cat": 2}, "skipped": [], "renamed": {}, "told": []}
    assert photos_of(studio) == {"cat": 6, "coffee": 4}
    rows = studio.bench.feed.get("project")["classes"]
    # Nobody has recorded what came as files.
    assert [(row["bursts"], row["files"]) for row in rows] == [(1, 2), (1, 0)]


def test_a_folder_and_a_zip_bring_their_classes(studio):
    inner = zipped(**{"set/rocket/1.png": png(seed=7), "set/mug/1.png": png("coffee", 7)})
    assert send(studio, **{"all.zip": inner}).value["added"] == {"rocket": 1, "mug": 1}
    assert send(studio, **{"train/rocket/2.png": png(seed=8), "train/mug/2.png": png("cat", 8)})
    assert photos_of(studio) == {"cat": 4, "coffee": 4, "rocket": 2, "mug": 2}


def test_a_file_that_is_no_photograph(studio):
    answer = send(studio, **{"cat/a.png": b"no picture", "cat/b.png": png()})
    assert answer.value["added"] == {"cat": 1}
    assert [each.split(": ")[0] for each in answer.value["skipped"]] == ["cat/a.png"]
    check_refused(send(studio, **{"notes.doc": b"words"}), PhotoError, "No photographs")
    check_refused(send(studio, **{"broken.zip": b"PK\x03\x04 cut"}), PhotoError)


def test_files_beside_photographs(studio):
    """Those that were sent by themselves are told; an archive's, and labels, are nobody's loss."""
    inner = zipped(**{"set/rocket/1.png": png(seed=7), "set/about.txt": b"words"})
    sent = {"upload/cup/a.png": png(seed=9), "upload/cup/notes.txt": b"words"}
    told = send(studio, **sent, **{"manifest.json": b"{}", "all.zip": inner}).value
    assert told["added"] == {"cup": 1, "rocket": 1}
    assert told["skipped"] == [f"upload/cup/notes.txt: it is not a {KINDS} file"]


def test_what_says_nothing_of_its_class_and_what_would_be_one(studio):
    loose = send(studio, **{"a.png": png(), "b.png": png(seed=6)})
    check_refused(loose, PhotoError, "the 2 photographs in what was sent")
    alike = send(studio, **{"wet?/a.png".replace("?", "%3F"): png(), "wet*/b.png": png(seed=6)})
    check_refused(alike, PhotoError, "would both be called", "in what was sent")
    empty = send(studio, **{"cup/a.png": b"no picture"})
    check_refused(empty, PhotoError, "None of the 1 photograph in what was sent")
    assert photos_of(studio) == {"cat": 4, "coffee": 4}


def test_a_class_of_the_page_may_be_called_like_a_split(studio):
    studio.ask("POST", "/api/classes", {"name": "Test"})
    assert send(studio, **{"Test/a.png": png(seed=7)}).value["added"] == {"Test": 1}


def test_splits_are_told(studio):
    names = ("train/rocket/1.png", "train/mug/1.png", "test/rocket/2.png")
    answer = send(studio, **{name: png(seed=seed) for seed, name in enumerate(names, 20)})
    assert answer.value["added"] == {"rocket": 2, "mug": 1}
    assert answer.value["told"] == [
        "Taken for parts of one collection, not for classes: test, train."
    ]


def test_a_zip_bomb(studio):
    bomb = zipped(**{"cat/a.bmp": bytes(80 << 20)})
    assert len(bomb) < 1 << 20
    check_refused(send(studio, **{"bomb.zip": bomb}), PhotoError, "claims to unpack to 80 MiB")
    assert photos_of(studio) == {"cat": 4, "coffee": 4}


@pytest.mark.parametrize("name", ["../../evil.png", "C:/../evil.png", "cat/../../evil.png"])
def test_a_zip_that_leads_outside(studio, tmp_path, name):
    content = zipped(**{"cat/good.png": png(), name: png(seed=9)})
    answer = send(studio, **{"bad.zip": content, "good.png": png(seed=3)})
    check_refused(answer, PhotoError, f"The zip holds 'bad/{name}', whose name leads outside")
    assert "nothing of what was sent was taken" in answer.value["error"]["sentence"]
    assert photos_of(studio) == {"cat": 4, "coffee": 4}
    assert not list(tmp_path.rglob("evil*"))


@pytest.mark.parametrize(
    "name", ["../evil.png", "/etc/evil.png", "a/../../evil.png", "", "C:/x.png"]
)
def test_a_name_that_leads_outside(studio, tmp_path, name):
    check_refused(send(studio, **{name: png()}), PhotoError, "leads outside")
    assert not list(tmp_path.rglob("evil*"))


def test_more_than_it_takes(studio, monkeypatch):
    monkeypatch.setattr(uploads, "BYTES_MAX", 10_000)
    check_refused(send(studio, **{"cat/a.png": bytes(20_000)}), TooLargeError, "MiB at most")
    monkeypatch.setattr(uploads, "FILES_MAX", 1)
    check_refused(send(studio, **{"cat/a.png": b"", "cat/b.png": b""}), TooLargeError, "1 files")
    assert studio.ask("POST", "/api/classes", b"{" + bytes(2 << 20)).status == 413


def test_uploads_leave_nothing_behind(studio, tmp_path, monkeypatch):
    monkeypatch.setattr(uploads.tempfile, "tempdir", str(tmp_path))
    send(studio, **{"cat/a.png": png()})
    number = studio.ask("POST", "/api/uploads").value["upload"]
    studio.ask("PUT", f"/api/uploads/{number}?name=cat/b.png", png())
    assert list(tmp_path.glob("tinyteach-upload-*"))
    studio.ask("DELETE", f"/api/uploads/{number}")
    assert not list(tmp_path.glob("tinyteach-upload-*"))
    assert studio.ask("POST", f"/api/uploads/{number}").status == 400
    numbers = [studio.ask("POST", "/api/uploads").status for _ in range(uploads.UPLOADS_MAX + 1)]
    assert numbers == [200] * uploads.UPLOADS_MAX + [400]
