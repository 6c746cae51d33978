"""The WebSocket and the board behind it: credits, recording, thresholds, what survives."""

import shutil
import threading
import tracemalloc

import numpy as np
import pytest

from paired import views_of
from patience import PATIENCE_S
from tinyteach.data.photos import Recording, list_photos, save_burst
from tinyteach.service.boards.overview import board_info
from tinyteach.workbench.views import KEPT_MAX


def test_a_page_hears_every_part_when_it_opens(studio):
    with studio.open_page() as page:
        missing = set(studio.bench.feed.parts())
        while missing:
            missing.discard(page.hear()["part"])


def test_parts_come_in_the_order_in_which_they_changed_last(studio):
    """That a deployment is done comes behind what the board has by now, however much waits."""
    feed, names = studio.bench.feed, [f"part {number}" for number in range(30)]
    with studio.open_page() as page:
        for name in (*names, *reversed(names), "the last"):
            feed.publish(name, None)
        heard = [page.hear().get("part")]
        while heard[-1] != "the last":
            heard.append(page.hear().get("part"))
    assert [*dict.fromkeys(each for each in reversed(heard) if each in names)] == names
    assert [*feed.parts()][-31:] == [*reversed(names), "the last"]


def test_what_another_program_added_is_seen_by_the_next_page(studio, project):
    save_burst(project, "cat", views_of("cat", 2, seed=9, side=96))
    with studio.open_page() as page:
        page.part("project", lambda value: value["classes"][0]["photos"] == 6)
        page.part("training", lambda value: value["status"] == "done")


def test_a_project_that_is_gone_meanwhile_is_told(studio, project, caplog):
    settings = project.root / "tinyteach.json"
    content = settings.read_text()
    settings.write_text("{")
    with studio.open_page() as page:
        assert page.hear_refusal()["sentence"].endswith(".")
        settings.write_text(content)
        page.say(record="dog")
        assert "no class 'dog'" in page.hear_refusal()["sentence"]
    assert "Traceback" not in caplog.text


def test_views_come_one_a_credit(with_board):
    with with_board.open_page() as page:
        page.say(credits=3)
        views = [page.view() for _ in range(3)]
        assert [view["view"] for view in views] == sorted({view["view"] for view in views})
        assert len(views[0]["pixels"]) == 64 * 64 * 3 and views[0]["width"] == 64
        page.say(credits=3)  # no more than before
        page.say(nonsense=True)
        with pytest.raises(TimeoutError):
            while True:
                assert "pixels" not in page.hear(timeout_s=1)


def test_a_slow_page_gets_the_newest_view_and_costs_no_memory(studio):
    """The credits hold: of ten thousand views it is sent one, the last; the others are dropped."""
    bench = studio.bench
    pixels = np.zeros((64, 64, 3), np.uint8)
    with studio.open_page() as page:
        page.part("project")
        for _ in range(KEPT_MAX):
            bench._show(bench._views.add(pixels.copy(), None, None, ""))
        tracemalloc.start()
        for _ in range(10_000):
            bench._show(bench._views.add(pixels.copy(), None, None, ""))
        grown, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert grown < (KEPT_MAX + 100) * pixels.nbytes * 1.2
        page.say(credits=1)
        page.say(record=0)  # refused, once the credit has been taken
        page.hear_refusal()
        bench._show(bench._views.add(pixels, None, None, ""))
        bench._show(bench._views.add(pixels, None, None, ""))
        assert page.view()["view"] >= KEPT_MAX + 10_001


def test_parts_are_never_queued(studio):
    with studio.open_page() as page:
        assert page.part("sight") == ""
        for number in range(5000):
            studio.bench.feed.publish("sight", str(number))
        heard = [page.part("sight")]
        while heard[-1] != "4999":
            heard.append(page.part("sight"))
        assert heard == sorted(heard, key=int) and len(heard) <= 5000


def hold(studio, page, name, count):
    page.say(record=name)
    page.part("recording", lambda value: value and len(value["photos"]) >= count)


def test_a_photograph_that_cannot_be_kept_is_told_and_no_fault_of_the_board(with_board, project):
    """As on a full disk: here the class's folder is gone."""
    with with_board.open_page() as page:
        hold(with_board, page, "cat", 1)
        shutil.rmtree(project.root / "photos" / "cat")
        told = page.part("recording", lambda value: value and value["sentence"])
        assert told["sentence"].endswith(".")
        page.say(record=None)
        page.part("recording", lambda value: value is None)
        hold(with_board, page, "coffee", 2)
        page.say(record=None)
        assert with_board.bench.feed.get("board")["status"] == "connected"


def test_holding_records_and_letting_go_trains(with_board, project):
    with with_board.open_page() as page:
        hold(with_board, page, "cat", 3)
        page.say(record=None)
        told = page.part("project", lambda value: value["classes"][0]["photos"] >= 7)
        assert len({photo["burst"] for photo in told["photos"] if photo["id"][:3] == "cat"}) == 2
        page.part("training", lambda value: value and value["status"] == "done")
    recorded = [photo.record for photo in list_photos(project, "cat") if photo.record.sensor]
    assert len(recorded) >= 3
    assert {(r.sensor, r.kind, r.side) for r in recorded} == {("VIRTUAL", "square", 240)}


def test_a_photograph_on_its_way_to_disk_is_trained_on(with_board, project, monkeypatch):
    """Letting go waits for it: else the training would begin without it, and be given up for it."""
    adding, may_add = threading.Event(), threading.Event()
    plain = Recording.add

    def add(recording, square):
        adding.set()
        assert may_add.wait(PATIENCE_S)
        return plain(recording, square)

    monkeypatch.setattr(Recording, "add", add)
    with_board.bench.record_button.start("cat")
    assert adding.wait(PATIENCE_S)
    letting_go = threading.Thread(target=with_board.bench.record_button.stop)
    letting_go.start()
    letting_go.join(0.3)
    assert letting_go.is_alive()
    may_add.set()
    letting_go.join()
    with_board.wait("project", lambda value: value["classes"][0]["photos"] == 5)
    trained = with_board.wait("training", lambda value: value and value["status"] == "done")
    assert trained["result"]["photos"] == 9 and len(list_photos(project)) == 9


def test_a_page_that_closes_lets_go(with_board, project):
    page = with_board.open_page()
    hold(with_board, page, "coffee", 2)
    page.close()
    with_board.wait("recording", lambda value: value is None)
    kept = list_photos(project, "coffee")
    assert len(kept) >= 6 and all(photo.path.stat().st_size for photo in kept)


def test_two_pages_at_once(with_board):
    with with_board.open_page() as first, with_board.open_page() as second:
        hold(with_board, first, "cat", 1)
        second.say(record="coffee")
        assert "under way already" in second.hear_refusal()["sentence"]
        second.say(record=None)  # not its own: the first goes on
        first.part("recording", lambda value: value and len(value["photos"]) >= 3)
        assert second.part("recording", lambda value: value and len(value["photos"]) >= 3)
        first.say(record=None)
        second.part("recording", lambda value: value is None)


def test_recording_without_a_board_or_class(studio):
    with studio.open_page() as page:
        for name, sentence in (("cat", "No board is connected"), ("dog", "no class 'dog'")):
            page.say(record=name)
            assert sentence in page.hear_refusal()["sentence"]


def test_facts_are_what_info_says(with_board):
    """Its one class has them all, for every front end."""
    facts = with_board.bench.feed.get("board")["facts"]
    said = with_board.bench.board.do(board_info).result().as_dict()
    assert facts.keys() == said.keys()
    assert {"name", "has_camera", "embedding_name", "in_place", "crash", "labels"} <= said.keys()
    for name in ("board_id", "name", "port", "machine", "embedding", "embedding_name"):
        assert facts[name] == said[name]


def train_and_deploy(studio):
    studio.bench.trainer.ask()
    studio.wait("training", lambda value: value and value["status"] == "done")
    assert studio.ask("POST", "/api/board/deploy", {}).status == 200


def test_deploy_threshold_correct_rollback(with_board, board, project):
    train_and_deploy(with_board)
    first = with_board.bench.feed.get("board")["facts"]["head"]
    sent = with_board.bench.feed.get("deploying")
    assert sent["status"] == "done" and sent["bytes"] > 1000 and sent["fingerprint"] == first
    with with_board.open_page() as page:
        page.say(credits=2)
        view = page.view()
        assert view["board"]["best_label"] == "cat" and view["host_head"] == first
        assert with_board.ask("PUT", "/api/board/threshold", {"probability": 0.5}).status == 200
        assert with_board.bench.feed.get("preview")["threshold"] == 0.5
        board.show(views_of("rocket", 1)[0])
        for total in range(3, 100):
            page.say(credits=total)
            view = page.view()
            if view["board"]["probabilities"]["unknown"] > 0.5:
                break
        assert view["board"]["label"] == "unknown"
        answer = with_board.ask("POST", "/api/correct", {"view": view["view"], "class": "coffee"})
        kept = project.photos_dir / answer.value["id"]
        assert kept.exists() and kept.parent.name == "coffee"
    with_board.wait("preview", lambda value: value["head"]["fingerprint"] != first)
    with_board.wait("training", lambda value: value["status"] == "done")
    assert with_board.ask("POST", "/api/board/deploy", {}).status == 200
    assert with_board.bench.feed.get("board")["facts"]["head"] != first
    assert with_board.ask("POST", "/api/board/rollback").status == 200
    assert with_board.bench.feed.get("board")["facts"]["head"] == first


@pytest.mark.soak  # as cli/test_job.py has it
def test_a_head_of_the_history_can_be_deployed(with_board):
    train_and_deploy(with_board)
    oldest = with_board.bench.feed.get("heads")[-1]["fingerprint"]
    ids = [photo["id"] for photo in with_board.bench.feed.get("project")["photos"]]
    with_board.ask("POST", "/api/photos/delete", {"ids": ids[-1:]})
    with_board.wait("heads", lambda heads: len(heads) > 1)
    assert with_board.ask("POST", "/api/board/deploy", {"fingerprint": oldest}).status == 200
    assert with_board.bench.feed.get("board")["facts"]["head"].startswith(oldest)


def test_a_camera_that_fails_says_so_and_comes_back(with_board, board):
    board.scene.broken = True
    with with_board.open_page() as page:
        page.say(credits=8)
        sentence = page.part("sight", bool)
        assert sentence.endswith(".")
        board.scene.broken = False
        assert page.part("sight", lambda value: value == "") == ""


def test_the_doctor_looks_and_the_board_is_held_again(with_board, board):
    answer = with_board.ask("POST", "/api/board/doctor", {"board": board.port})
    assert answer.status == 200
    lines = {finding["name"]: finding for finding in answer.value["findings"]}
    assert lines["agent"]["status"] == "pass" and answer.value["sentence"].endswith(".")
    with_board.wait("board", lambda value: value["status"] == "connected")
