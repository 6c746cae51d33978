"""The computer's webcam as a source of photographs: marked so, and tested across sources."""

import html

import pytest

from paired import views_of
from tinyteach.data.images import encode_png
from tinyteach.data.photos import list_photos, save_burst
from tinyteach.data.project import Project
from tinyteach.head.format.head_file import with_threshold
from tinyteach.service.heads.training import load_report
from tinyteach.service.photos import known_photos


@pytest.fixture
def project(tmp_path):
    """Two classes of four photographs by a board."""
    made = Project.create(tmp_path / "things")
    for name in ("cat", "coffee"):
        made.add_class(name)
        views = [views_of(name, 1, hand, 96)[0] for hand in range(4)]
        save_burst(made, name, views, board="1", sensor="OV2640")
    return made


def put(studio, content):
    return studio.ask("PUT", "/api/webcam", content)


def record(studio, name, seeds):
    """Hold a class's button while the webcam gives a picture a seed; no board is there."""
    with studio.open_page() as page:
        page.say(record=name, webcam=True)
        page.part("recording", lambda value: value and value["class"] == name)
        for seed in seeds:
            assert put(studio, encode_png(views_of(name, 1, seed, 96)[0])).status == 200
        assert put(studio, b"no picture").status == 422
        page.say(record=None)
        page.part("recording", lambda value: value is None)
    assert put(studio, encode_png(views_of(name, 1, 9, 96)[0])).status == 400


def test_recorded_by_the_webcam_and_tested_across(studio, project):
    record(studio, "cat", (4, 5, 6))
    studio.wait("training", lambda value: value and value["status"] == "done")
    told = load_report(project.root).data["sources"]
    assert told["photos"] == {"board": 8, "webcam": 3, "file": 0} and told["across"] == []
    assert "3 photographs of 11 (27%) are by a webcam." in told["sentences"]
    assert "Record two classes or more with both cameras" in told["sentences"][-1]

    record(studio, "coffee", (4, 5, 6))
    made = [p for p in list_photos(project) if p.source == "webcam"]
    assert len(made) == 6 and len({photo.burst for photo in made}) == 2
    assert {(p.record.board, p.record.sensor) for p in made if p.record} == {("", "webcam")}
    shown = studio.wait("project", lambda value: len(value["photos"]) == 14)["photos"]
    assert sorted(each["source"] for each in shown) == ["board"] * 8 + ["webcam"] * 6

    def is_trained(value):
        return value["status"] == "done" and value["result"]["photos"] == 14

    trained = studio.wait("training", is_trained)
    report = load_report(project.root)
    ways = [
        (way["trained_on"], way["tested_on"], way["trained"], way["tested"], way["classes"])
        for way in report.data["sources"]["across"]
    ]
    both = ["cat", "coffee"]
    assert ways == [("board", "webcam", 8, 6, both), ("webcam", "board", 6, 8, both)]
    assert all(2 * way["right"] > way["tested"] for way in report.data["sources"]["across"])
    said = "Trained on the board's 8 of cat and coffee and tested on the webcam's 6: "
    assert any(sentence.startswith(said) for sentence in report.enough)
    assert trained["result"]["enough"] == report.enough
    page = html.unescape(report.page.read_text())
    assert said in page and "a webcam (6 of 14, 43%)</dd>" in page


def test_letting_go_makes_a_head_without_looking_for_photographs(studio, project, monkeypatch):
    """Of thousands that takes long: only the test does it. Where something else changed, too."""
    studio.bench.trainer.ask()
    studio.wait("training", lambda value: value and value["status"] == "done")
    trainer, heads, listed = studio.bench.trainer, [], []
    plain, use = known_photos.list_all, trainer._use
    monkeypatch.setattr(known_photos, "list_all", lambda of: listed.append(of) or plain(of))

    def used(embedding, head, tested):
        heads.append((tested, len(listed)))
        use(embedding, head, tested)

    monkeypatch.setattr(trainer, "_use", used)
    record(studio, "cat", (4, 5, 6))
    studio.wait("training", lambda value: value["status"] == "done" and len(heads) == 2)
    assert heads == [(False, 0), (True, 1)]
    list_photos(project)[0].path.unlink()
    studio.bench.changed()
    studio.wait("training", lambda value: value["status"] == "done" and len(heads) == 4)
    assert heads[2:] == [(False, 2), (True, 3)]


def test_a_new_head_says_at_once_what_it_makes_of_the_newest_view(studio):
    bench = studio.bench
    bench.trainer.ask()
    studio.wait("training", lambda value: value and value["status"] == "done")
    embedding, first = bench.preview.embedding, bench.preview.head
    pixels = views_of("cat", 1, 0, 64)[0]
    bench._see(pixels, None)
    with studio.open_page() as page:
        page.part("project")
        page.say(credits=2)
        page.say(record=0)  # refused, once the credits have been taken
        page.hear_refusal()
        other = with_threshold(first, 255)
        bench._use_head(embedding, other, True)
        view = page.view()
    assert view["host_head"] == other.fingerprint.hex() != first.fingerprint.hex()
    assert view["host"]["best_label"] == "cat" and view["pixels"] == pixels.tobytes()
    assert (
        bench._views.find(view["view"]).smoothed.host.probabilities == view["host"]["probabilities"]
    )
    bench._views.pause()  # nobody looks any more
    assert bench._views.again(bench.preview.recognise) is None


def test_a_webcam_alone_is_advised_against(studio, project):
    for photo in list_photos(project):
        photo.path.unlink()
    for name in ("cat", "coffee"):
        record(studio, name, (4, 5))
    studio.wait("training", lambda value: value["status"] == "done")
    said = load_report(project.root).data["sources"]["sentences"]
    assert said[0] == "4 photographs of 4 (100%) are by a webcam." and len(said) == 2
    assert said[1].startswith("The board's own camera sees things otherwise")
