"""Uploads that nobody goes on with: they end, keep nobody out and leave no file."""

import socket
import time

import pytest

from studio_server import all_from
from tinyteach.errors import PhotoError, UsageError
from tinyteach.studio import bodies
from tinyteach.workbench import uploads
from tinyteach.workbench.uploads import UPLOADS_MAX, Uploads


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(uploads.tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def clock(monkeypatch):
    """What the uploads take for the time, in seconds; set ``clock[0]``."""
    now = [1000.0]
    monkeypatch.setattr(uploads, "now_s", lambda: now[0])
    return now


@pytest.fixture
def held():
    made = Uploads()
    yield made
    made.close()


def write(held, number, name="cat/1.png", content=b"x"):
    with held.receiving(number, name) as file:
        file.write(content)


def until(condition):
    """Wait until it holds."""
    while not condition():
        time.sleep(0.05)


def test_a_silent_one_makes_room(held, clock, temporary):
    first, *others = [held.begin() for _ in range(UPLOADS_MAX)]
    with pytest.raises(UsageError, match="under way"):
        held.begin()
    clock[0] += uploads.MAKES_ROOM_S
    for number in others:
        write(held, number)
    held.begin()  # in the place of the first, the only silent one
    with pytest.raises(UsageError, match="is over"):
        write(held, first)
    for number in others:
        write(held, number)
    assert len([*temporary.iterdir()]) == UPLOADS_MAX


def test_one_that_a_request_is_about_is_not_silent(held, clock):
    numbers = [held.begin() for _ in range(UPLOADS_MAX)]
    with held.receiving(numbers[0], "a.png") as file:
        clock[0] += 10 * uploads.ENDS_S
        held.end_silent(uploads.ENDS_S)
        file.write(b"x")
    write(held, numbers[0])
    with pytest.raises(UsageError, match="is over"):
        write(held, numbers[1])


def test_all_end_by_themselves(held, temporary, monkeypatch):
    monkeypatch.setattr(uploads, "ENDS_S", 0.2)
    for _ in range(UPLOADS_MAX):
        write(held, held.begin())
    until(lambda: not [*temporary.iterdir()])


def test_one_that_is_dropped_while_a_file_comes(held, temporary):
    number = held.begin()
    with held.receiving(number, "a.png") as file:
        held.end(number)
        file.write(b"x")
    assert [*temporary.iterdir()] == []


def test_closing_waits_for_nobody(held, temporary):
    number = held.begin()
    with held.receiving(number, "a.png"):
        held.close()
        assert [*temporary.iterdir()] == []


@pytest.mark.parametrize("name", ["cat", "cat/1.png/2.png"])
def test_names_that_stand_in_each_other_s_way(held, name):
    number = held.begin()
    write(held, number, "cat/1.png")
    with pytest.raises(PhotoError, match="cannot be kept"):
        write(held, number, name)


def begin_and_leave(studio, sent=b"half"):
    """Send the first bytes of a file, and be gone."""
    number = studio.ask("POST", "/api/uploads").value["upload"]
    path = f"/{studio.address.folder}/api/uploads/{number}?name=cat/1.png"
    head = (
        f"PUT {path} HTTP/1.1\r\nHost: {studio.host}\r\nContent-Length: 1000\r\n"
        f"Authorization: Bearer {studio.address.key}\r\n\r\n"
    )
    connection = socket.create_connection((studio.address.host, studio.address.port))
    connection.sendall(head.encode() + sent)
    return number, connection


def test_a_page_that_is_gone_in_the_middle_of_a_file(studio, temporary, caplog):
    for _ in range(2 * UPLOADS_MAX):
        number, connection = begin_and_leave(studio)
        until(lambda: [*temporary.rglob("*.png")])
        connection.close()
        until(lambda: not [*temporary.iterdir()])
        assert studio.ask("POST", f"/api/uploads/{number}").status == 400
    assert "Traceback" not in caplog.text and "Exception" not in caplog.text


def test_a_page_that_falls_silent_in_the_middle_of_a_file(studio, temporary, monkeypatch):
    monkeypatch.setattr(bodies, "SILENCE_S", 0.2)
    _, connection = begin_and_leave(studio)
    with connection:
        answer = all_from(connection)
    assert answer.startswith(b"HTTP/1.1 400 ") and b"did not come" in answer
    assert [*temporary.iterdir()] == []


def test_what_is_too_much_ends_it(studio, temporary, monkeypatch):
    number = studio.ask("POST", "/api/uploads").value["upload"]
    path = f"/api/uploads/{number}?name=cat"
    assert studio.ask("PUT", f"{path}/1.png", b"half").status == 200
    monkeypatch.setattr(uploads, "BYTES_MAX", 10)
    assert studio.ask("PUT", f"{path}/2.png", bytes(20)).status == 413
    assert [*temporary.iterdir()] == []
