"""So many connections at once, and requests that are none: a sentence, no line in the terminal."""

import contextlib
import json
import socket

import pytest

from browser import StudioProcess
from studio_server import all_from
from tinyteach.data.project import Project
from tinyteach.studio import connections

NO_REQUESTS = [
    b"nonsense\r\n\r\n",
    b"GET / HTTX\r\n\r\n",
    b"GET /a b HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),  # https
    b"GET / HTTP/1.1\r\nHost: x\r\n" + b"x: y\r\n" * 20_000,
]
UPGRADES = [
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
    b"GET /live HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    b"POST /live HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
]


def connected(studio):
    return socket.create_connection((studio.address.host, studio.address.port))


def answer_to(studio, request):
    """All that comes until the studio hangs up."""
    with connected(studio) as opened:
        with contextlib.suppress(OSError):  # it had hung up already; what it said can still be read
            opened.sendall(request)
            opened.shutdown(socket.SHUT_WR)
        return all_from(opened)


def sentence_in(answer):
    return json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["sentence"]


@pytest.mark.parametrize("request_", NO_REQUESTS)
def test_what_is_no_request_gets_a_sentence(studio, request_):
    answer = answer_to(studio, request_)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert sentence_in(answer) == connections.NO_REQUEST


def test_no_request_writes_a_line(folder, home_folder):
    Project.create(folder)
    with StudioProcess(folder, home_folder) as studio:
        for request in NO_REQUESTS + UPGRADES:
            answer_to(studio, request)
        assert studio.ask("GET", "/api/boards").status == 200
        studio.stop()
        assert studio.log.read_text() == ""


def test_who_says_nothing_makes_room(studio, monkeypatch):
    """However many open a connection and ask nothing, or half of something, the page is served."""
    monkeypatch.setattr(connections, "CONNECTIONS_MAX", 4)
    opened = [connected(studio) for _ in range(12)]
    for each in opened:
        with contextlib.suppress(ConnectionError):
            each.sendall(b"GET / HTTP/1.1\r\nHost: ")
    assert studio.ask("GET", "/api/boards").status == 200
    with studio.open_page() as page:
        assert page.part("project")
        for each in opened:
            each.close()


def test_one_that_is_refused_may_say_all_it_has_to(studio, monkeypatch):
    """Reset in the middle, a browser shows no sentence, whatever had come."""
    monkeypatch.setattr(connections, "CONNECTIONS_MAX", 0)
    monkeypatch.setattr(connections, "LAST_WORD_S", 60)
    with connected(studio) as opened:
        assert sentence_in(all_from(opened)) == connections.FULL
        for _ in range(3):
            opened.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")


def test_one_page_too_many_gets_a_sentence(studio, monkeypatch):
    monkeypatch.setattr(connections, "CONNECTIONS_MAX", 2)
    with studio.open_page() as one, studio.open_page() as other:
        assert one.part("project") and other.part("project")
        answer = answer_to(studio, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 503 ") and sentence_in(answer) == connections.FULL
    while answer_to(studio, NO_REQUESTS[0]).startswith(b"HTTP/1.1 503"):
        pass  # those that closed are not forgotten at once
    assert studio.ask("GET", "/api/boards").status == 200
