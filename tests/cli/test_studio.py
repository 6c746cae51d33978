"""What `tinyteach studio` refuses before it serves, and where it serves."""

import socket

import pytest

from tinyteach.errors import MissingToolError, ProjectError, UsageError
from tinyteach.service.projects import open_or_create_project
from tinyteach.studio import addresses, serve
from tinyteach.studio.addresses import LOOPBACK, Address


def studio(fails, folder, *options):
    return fails("studio", "-p", folder, "--no-browser", *options)


def test_a_folder_that_is_something_else(fails, tinyteach, tmp_path):
    folder = tmp_path / "taxes"
    folder.mkdir()
    (folder / "2025.txt").write_text("x")
    assert "not a TinyTeach project" in studio(fails, folder)
    assert tinyteach("studio", "-p", folder).code == ProjectError.exit_code
    assert [path.name for path in folder.iterdir()] == ["2025.txt"]


def test_a_folder_that_is_missing_or_empty_is_made(tmp_path):
    (tmp_path / "empty").mkdir()
    for name in ("empty", "missing"):
        assert open_or_create_project(tmp_path / name).classes() == []
        assert open_or_create_project(tmp_path / name).name == name


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1", "127.0.0.1:80"])
def test_an_address_of_another_computer(fails, tinyteach, tmp_path, host):
    assert "--host" in studio(fails, tmp_path / "things", "--host", host) or "--port" in studio(
        fails, tmp_path / "things", "--host", host
    )
    options = ("-p", tmp_path / "things", "--host", host)
    assert tinyteach("studio", *options).code == UsageError.exit_code


def test_a_port_that_is_taken(fails, tmp_path):
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        assert "--port" in studio(fails, tmp_path / "things", "--port", port)


def test_without_the_libraries(fails, tinyteach, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "uvicorn", None)
    assert "tinyteach[studio]" in studio(fails, tmp_path / "things")
    assert tinyteach("studio", "-p", tmp_path / "things").code == MissingToolError.exit_code


def test_the_address_is_kept_by_project(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    listener, address = addresses.listen(LOOPBACK, None, None)
    addresses.remember(one, address)
    assert addresses.last_address(one) == address and addresses.last_address(other) is None
    assert len(address.token) > 20 and not addresses.answers(address)
    file = addresses._file(one)
    assert file.stat().st_mode & 0o077 == 0
    with listener:  # taken by another program meanwhile: another port, the same token
        second, moved = addresses.listen(LOOPBACK, None, address)
        second.close()
    assert moved.token == address.token and moved.port != address.port
    again, same = addresses.listen(LOOPBACK, None, address)
    again.close()
    assert same == address
    file.write_text("{")
    assert addresses.last_address(one) is None


def test_addresses():
    assert Address("::1", 80, "t").url == "http://[::1]:80/t/"
    assert serve._checked("localhost") in (LOOPBACK, "::1")
