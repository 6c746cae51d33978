"""kill -9 of the studio while it records and while it deploys.

Started again it has all that it told of, holds the board and goes on: no lock is left behind, and
the board has a whole head, the one before or the new one.
"""

import contextlib
import http.client
import threading
import time

import pytest

from browser import StudioProcess
from paired import views_of
from slices import few
from tinyteach.data.photos import list_photos, load_photos, save_burst

SLOW = 8000  # bytes/s, so that a deploy takes seconds
LINK_BYTES = (1, 4000)  # of the head, when the studio is killed
DELAYS_S = (0.0, 0.013, 0.037, 0.071, 0.11, 0.19)  # after a photograph was told of


@pytest.fixture
def studio(project, home_folder):
    with StudioProcess(project.root, home_folder) as started:
        yield started


def heard(studio, name, wanted):
    """A part as a page that has just opened hears it, as soon as it is ``wanted``."""
    with studio.open_page() as page:
        return page.part(name, wanted)


def hold(studio, board):
    """Have the studio hold the board; what it says of it."""
    assert studio.ask("POST", "/api/board/connect", {"board": board.port}).status == 200
    return heard(studio, "board", lambda value: value["status"] == "connected")["facts"]


def trained(studio, but=""):
    """The fingerprint of a tested head, another one than ``but``."""
    told = heard(studio, "preview", lambda value: is_tested(value["head"], but))
    return told["head"]["fingerprint"]


def is_tested(head, but):
    return bool(head and head["tested"] and head["fingerprint"] != but)


def kill_and_start(studio):
    """As after a crash: without waiting, and at the same port."""
    port = studio.address.port
    studio.kill()
    studio.process.stdout.close()
    studio.start()
    assert studio.address.port == port


@pytest.mark.parametrize("delay_s", few(DELAYS_S, 0.037))
def test_while_recording(studio, board, project, delay_s):
    hold(studio, board)
    page = studio.open_page()
    page.say(record="cat")
    told = page.part("recording", lambda value: value and len(value["photos"]) >= 2)["photos"]
    time.sleep(delay_s)
    kill_and_start(studio)
    kept = list_photos(project)
    assert load_photos(kept).problems == [] and {photo.id for photo in kept} >= set(told)
    assert all(photo.record for photo in kept if photo.id in told)
    hold(studio, board)
    with studio.open_page() as again:
        again.say(record="cat")
        more = again.part("recording", lambda value: value and value["photos"])["photos"]
    wanted = {photo.id for photo in kept} | set(more)
    heard(studio, "project", lambda value: {each["id"] for each in value["photos"]} >= wanted)
    page.close()


@pytest.mark.parametrize("sent", few(LINK_BYTES, 1))
def test_while_deploying(studio, board, project, sent):
    hold(studio, board)
    first = trained(studio)
    assert studio.ask("POST", "/api/board/deploy", {}).status == 200
    save_burst(project, "coffee", views_of("coffee", 2, seed=9, side=96))
    assert studio.ask("POST", "/api/train").status == 200
    second = trained(studio, but=first)
    board.set_speed(SLOW)
    deploying = threading.Thread(target=deploy_until_it_dies, args=[studio])
    with studio.open_page() as page:  # which has heard of the first deployment
        page.part("deploying", lambda value: value.get("fingerprint") == first)
        deploying.start()
        page.part("deploying", lambda value: is_under_way(value, second, sent))
        kill_and_start(studio)
    deploying.join()
    board.set_speed(None)
    facts = hold(studio, board)
    assert facts["head"] in (first, second) and facts["labels"] == ["cat", "coffee"]
    assert studio.ask("POST", "/api/board/deploy", {"fingerprint": second}).status == 200
    heard(studio, "board", lambda value: value["facts"].get("head") == second)
    heads = heard(studio, "heads", bool)
    known = {head["fingerprint"] for head in heads}
    assert all(any(head.startswith(each) for each in known) for head in (first, second))


def is_under_way(value, fingerprint, sent):
    """Whether so many bytes of that head were sent; who hears late hears that it is done."""
    is_sent = value["status"] == "sending" and value["done"] >= sent
    return value["fingerprint"] == fingerprint and (is_sent or value["status"] == "done")


def deploy_until_it_dies(studio):
    with contextlib.suppress(ConnectionError, http.client.HTTPException):
        studio.ask("POST", "/api/board/deploy", {})
