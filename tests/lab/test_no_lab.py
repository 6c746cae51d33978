"""Where there is no lab, or its file is damaged: one sentence, and an exit code of its own."""

import socket
import sys

import pytest

from tinyteach.cli.exit_codes import EXIT_CODES
from tinyteach.errors import LabError, MissingToolError, ProjectError, UsageError
from tinyteach.extras import how_to_add

LAB = '[boards.left]\nboard = "left"\n'


@pytest.fixture
def fails(monkeypatch, capsys, tmp_path):
    """fails(error, *words) is the one sentence of a command that ends with that error's code."""
    from tinyteach.cli import main

    monkeypatch.setenv("TINYTEACH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    def run(error, *words):
        monkeypatch.setattr(sys, "argv", ["tinyteach", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main.run()
        told = capsys.readouterr()
        assert (ended.value.code, told.out) == (EXIT_CODES[error], "")
        assert told.err.startswith("tinyteach: ") and told.err.count("\n") == 1
        return told.err

    return run


@pytest.fixture
def lab_file(tmp_path, monkeypatch):
    """A lab's file that is well, and labgrid's programs by name."""
    (tmp_path / "labgrid-exporter").write_text("#!/bin/sh\n")
    (tmp_path / "labgrid-exporter").chmod(0o755)
    monkeypatch.setenv("TINYTEACH_LABGRID", str(tmp_path))
    path = tmp_path / "lab.toml"
    path.write_text(LAB)
    return path


@pytest.fixture(params=["nobody", "a web server", "nobody who answers"])
def address(request):
    """Where no coordinator is."""
    if request.param == "nobody":
        yield "127.0.0.1:1"
        return
    with socket.create_server(("127.0.0.1", 0)) as server:
        if request.param == "a web server":
            server.settimeout(60)
            answering(server)
        yield f"127.0.0.1:{server.getsockname()[1]}"


def answering(server):
    """Each connection is told what a web server says to HTTP/2."""
    import contextlib
    import threading

    def answer():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                with connection:
                    connection.sendall(b"HTTP/1.1 505 HTTP Version Not Supported\r\n\r\n")

    threading.Thread(target=answer, daemon=True).start()


def test_no_coordinator(fails, address, monkeypatch, lab_file):
    monkeypatch.setenv("LG_COORDINATOR", address)
    sentence = f"No coordinator answers at {address}"
    assert sentence in fails(LabError, "info", "--board", "lab:xiao")
    assert sentence in fails(LabError, "lab", "status")
    assert sentence in fails(LabError, "lab", "export", lab_file)


def test_a_damaged_file(fails, lab_file):
    lab_file.write_text("boards = [")
    assert "lab.toml cannot be used (it is no TOML" in fails(
        ProjectError, "lab", "export", lab_file
    )
    assert "There is no file none.toml" in fails(ProjectError, "lab", "export", "none.toml")


def test_no_labgrid(fails, lab_file, monkeypatch, tmp_path):
    monkeypatch.setenv("TINYTEACH_LABGRID", str(tmp_path / "nowhere"))
    assert "'tinyteach lab setup'" in fails(MissingToolError, "lab", "export", lab_file)


def test_no_grpc(fails, monkeypatch):
    monkeypatch.setitem(sys.modules, "grpc", None)
    assert how_to_add("lab") in fails(MissingToolError, "lab", "status")


@pytest.mark.parametrize("value", ["soon", "nan", "-1", "1e99"])
def test_a_wait_that_is_none(fails, monkeypatch, value):
    monkeypatch.setenv("TINYTEACH_LAB_WAIT_S", value)
    assert "is no number of seconds" in fails(UsageError, "info", "--board", "lab:xiao")
