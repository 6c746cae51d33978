"""What `tinyteach studio` refuses before it serves, and where it serves."""

import socket

import pytest

from tinyteach.cli.exit_codes import exit_code_of
from tinyteach.errors import MissingToolError, ProjectError, UsageError
from tinyteach.extras import how_to_add
from tinyteach.service.projects.opening import open_or_create_project
from tinyteach.studio import addresses, serve
from tinyteach.studio.addresses import LOOPBACK, Address, Place


def studio(fails, folder, *options):
    return fails("studio", "-p", folder, "--no-browser", *options)


def test_a_folder_that_is_something_else(fails, tinyteach, tmp_path):
    folder = tmp_path / "taxes"
    folder.mkdir()
    (folder / "2025.txt").write_text("x")
    assert "not a TinyTeach project" in studio(fails, folder)
    assert tinyteach("studio", "-p", folder).code == exit_code_of(ProjectError)
    assert [path.name for path in folder.iterdir()] == ["2025.txt"]


def test_a_folder_that_is_missing_or_empty_is_made(tmp_path):
    (tmp_path / "empty").mkdir()
    for name in ("empty", "missing"):
        assert open_or_create_project(tmp_path / name).classes() == []
        assert open_or_create_project(tmp_path / name).name == name


def test_no_second_project_inside_of_one(fails, tmp_path, monkeypatch):
    """Who is in things already and says things means that one."""
    outer = open_or_create_project(tmp_path / "things").root
    monkeypatch.chdir(outer)
    sentence = f"run commands in {outer} to use that one"
    assert sentence in studio(fails, "things") and sentence in fails("new", "things")
    assert not (outer / "things").exists()


def test_a_folder_without_one_is_served_as_it_is(tinyteach, tmp_path, monkeypatch):
    """The page offers to make one there."""
    served = []
    monkeypatch.setattr(
        "tinyteach.studio.serve.serve", lambda folder, board, *_: served.append((folder, board))
    )
    monkeypatch.chdir(tmp_path)
    assert tinyteach("--board", "kitchen", "studio", "--no-browser").code == 0
    assert served == [(tmp_path, "kitchen")] and [*tmp_path.iterdir()] == []


def test_none_is_offered_inside_of_one(fails, tmp_path, monkeypatch):
    outer = open_or_create_project(tmp_path / "things")
    monkeypatch.chdir(outer.photos_dir)
    assert f"inside of the project {outer.root}" in fails("studio", "--no-browser")


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1", "127.0.0.1:80"])
def test_an_address_of_another_computer(fails, tinyteach, tmp_path, host):
    assert "--host" in studio(fails, tmp_path / "things", "--host", host) or "--port" in studio(
        fails, tmp_path / "things", "--host", host
    )
    options = ("-p", tmp_path / "things", "--host", host)
    assert tinyteach("studio", *options).code == exit_code_of(UsageError)


def test_a_port_that_is_taken(fails, tmp_path):
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        assert "--port" in studio(fails, tmp_path / "things", "--port", port)


def test_without_the_libraries(fails, tinyteach, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "uvicorn", None)
    assert how_to_add("studio") in studio(fails, tmp_path / "things")
    assert tinyteach("studio", "-p", tmp_path / "things").code == exit_code_of(MissingToolError)


def test_where_it_runs_is_kept_by_project(tmp_path):
    with Place(tmp_path / "one") as one, Place(tmp_path / "other") as other:
        assert one.take() is None and other.take() is None
        address = Address(LOOPBACK, 4711)
        with one.announced_as(address):
            assert one.announced() == address and other.announced() is None
            assert one.file.stat().st_mode & 0o077 == 0
            with Place(tmp_path / "one") as again:  # the lock is another opening's, as a process's
                assert again.take() == address
        assert one.announced() is None and one.last_port() == 4711
        assert address.key not in one.file.read_text()


def test_a_studio_that_was_killed_runs_no_more(tmp_path):
    """Its lock went with it; what it wrote, key and all, stays and counts for nothing."""
    with Place(tmp_path) as place:
        address = Address(LOOPBACK, 4711)
        place.take()
        place._write(vars(address))
    with Place(tmp_path) as next_one:
        assert next_one.announced() == address
        assert next_one.take() is None and next_one.last_port() == 4711
        assert next_one.announced() is None


@pytest.mark.parametrize(
    "content",
    [
        *(
            "",
            "{",
            "null",
            "[]",
            "7",
            "[" * 100_000,
            '"x"',
            "\x00",
            '{"port": "80"}',
            '{"port": 0}',
        ),
        *('{"port": true}', '{"port": 1e400}', '{"port": -1}', '{"port": 99999}', '{"host": 1}'),
        '{"host": 1, "port": 99999, "folder": [], "key": null}',
    ],
)
def test_a_file_that_is_damaged(tmp_path, content):
    with Place(tmp_path) as place:
        place.file.parent.mkdir(parents=True)
        place.file.write_text(content)
        assert place.announced() is None and place.last_port() == 0
        assert place.take() is None


def test_a_state_folder_that_is_none(fails, tmp_path, monkeypatch):
    monkeypatch.setenv("TINYTEACH_STATE", str(tmp_path / "file"))
    (tmp_path / "file").write_text("")
    assert "writable" in studio(fails, tmp_path / "things")


def test_another_that_neither_tells_nor_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(addresses, "ANNOUNCE_S", 0.1)
    with Place(tmp_path) as one, Place(tmp_path) as other:
        one.take()
        with pytest.raises(UsageError, match="starting or ending"):
            other.take()


def test_the_last_port_or_another_and_always_new_secrets():
    listener, first = addresses.listen(LOOPBACK, None, 0)
    with listener:  # taken by another program meanwhile
        second, moved = addresses.listen(LOOPBACK, None, first.port)
        second.close()
    again, same_port = addresses.listen(LOOPBACK, None, first.port)
    again.close()
    assert moved.port != first.port == same_port.port
    secrets = {each for one in (first, moved, same_port) for each in (one.key, one.folder)}
    assert len(secrets) == 6 and min(map(len, secrets)) >= 12 and len(first.key) > 40
    assert first.key not in repr(first)


def test_addresses():
    six = Address("::1", 80, "f", "k")
    assert six.base == "http://[::1]:80/f/"
    assert six.opening().startswith("http://[::1]:80/f/?code=")
    assert serve._checked("localhost") in (LOOPBACK, "::1")
