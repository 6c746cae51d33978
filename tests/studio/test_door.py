"""The command as a process: no secret leaves it, and it leaves nothing behind, however it ends."""

import json
import os
import pty
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from browser import StudioProcess, command
from slices import few
from studio_server import all_from
from tinyteach.studio.addresses import LOOPBACK
from tinyteach.studio.codes import cookie_of

KEYLESS = {"Authorization": None}


class Listener:
    """A stranger's server: hears who comes, and what is said."""

    def __init__(self, port: int = 0) -> None:
        self._socket = socket.create_server((LOOPBACK, port))
        self.port = self._socket.getsockname()[1]
        self.heard: list[bytes] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self.heard.append(connection.recv(65536))

    def __enter__(self) -> "Listener":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture
def temporary(tmp_path):
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


@pytest.fixture
def started(folder, home_folder, temporary, virtual):
    with StudioProcess(folder, home_folder, TMPDIR=str(temporary)) as studio:
        yield studio


def again(studio, **environment):
    """What the same command prints while the studio runs."""
    ran = subprocess.run(
        studio._command,
        env=studio.environment | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(ran.stdout)


def opens(studio, url):
    """The status of opening an address as a browser does."""
    path = url.removeprefix(studio.address.base.removesuffix("/"))
    return studio.ask("GET", path, **KEYLESS).status


def test_whoever_holds_the_last_port_is_asked_nothing(started):
    started.kill()  # its file still says that it runs
    with Listener(started.address.port) as stranger:
        before = started.address
        started.start()
        assert not started.told["ran_before"] and started.address.port != before.port
        assert {started.address.key, started.address.folder}.isdisjoint({before.key, before.folder})
        assert again(started)["ran_before"]
        assert stranger.heard == []


def test_the_command_again_opens_another_browser(started, folder):
    """It asks the studio itself: no proxy hears of it."""
    assert opens(started, started.url) == 303 and opens(started, started.url) == 403
    with Listener() as proxy:
        names = ("http_proxy", "HTTP_PROXY", "all_proxy", "https_proxy")
        address = f"http://{LOOPBACK}:{proxy.port}"
        told = again(started, **dict.fromkeys(names, address), no_proxy="")
        assert proxy.heard == []
    assert told == {**started.told, "url": told["url"], "ran_before": True}
    assert told["url"] != started.url
    assert opens(started, told["url"]) == 303
    key_file = Path(told["key_file"])
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert started.address.key not in json.dumps(told)
    assert (folder / "tinyteach.json").exists()


def test_the_documented_script(root, tmp_path, home_folder):
    """Word for word as docs/studio-api.md has it."""
    text = (root / "docs" / "studio-api.md").read_text()
    script = re.search(r"```python\n(.*?)```", text, re.S)[1]
    place = tmp_path / "things"
    place.mkdir()
    path = f"{Path(command()[0]).parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "TINYTEACH_HOME": str(home_folder), "PATH": path},
        cwd=place,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "'objects'" in ran.stdout and ran.stderr == ""


@pytest.mark.soak
def test_two_at_the_same_time_are_one(folder, home_folder):
    environment = {**os.environ, "TINYTEACH_HOME": str(home_folder)}
    line = command("studio", "-p", folder, "--no-browser", "--json")
    pair = [
        subprocess.Popen(line, stdout=subprocess.PIPE, env=environment, text=True) for _ in range(2)
    ]
    try:
        told = [json.loads(process.stdout.readline()) for process in pair]
        assert sorted(each["ran_before"] for each in told) == [False, True]
        assert told[0]["api"] == told[1]["api"]
    finally:
        for process in pair:
            process.terminate()
            process.wait()
            process.stdout.close()


def test_a_browser_s_command_line_holds_a_code_alone(tmp_path, folder, home_folder):
    seen = tmp_path / "seen"
    os.mkfifo(seen)
    fake = tmp_path / "browser"
    fake.write_text(f'#!{sys.executable}\nimport sys\nopen("{seen}", "w").write(repr(sys.argv))\n')
    fake.chmod(0o755)
    with StudioProcess(folder, home_folder, "--browser", BROWSER=str(fake)) as studio:
        line = seen.read_text()  # waits for it
        url = line.split("'")[-2]
        assert url.startswith(studio.address.base) and url != studio.url
        for secret in (studio.address.key, cookie_of(studio.address.key)):
            assert secret not in line + json.dumps(studio.told)
        assert opens(studio, url) == 303 and opens(studio, url) == 403
        assert opens(studio, studio.url) == 303  # what was printed is another


def leave_an_upload(studio, temporary):
    number = studio.ask("POST", "/api/uploads").value["upload"]
    assert studio.ask("PUT", f"/api/uploads/{number}?name=cat/1.png", b"half").status == 200
    assert [*temporary.glob("tinyteach-upload-*")]


def half_sent(studio, temporary):
    """A connection in the middle of a file, which the studio has begun to keep."""
    before = len([*temporary.rglob("*.png")])
    number = studio.ask("POST", "/api/uploads").value["upload"]
    connection = socket.create_connection((studio.address.host, studio.address.port))
    path = f"/{studio.address.folder}/api/uploads/{number}?name=cat/1.png"
    head = f"PUT {path} HTTP/1.1\r\nHost: {studio.host}\r\nContent-Length: 1000\r\n"
    connection.sendall(f"{head}Authorization: Bearer {studio.address.key}\r\n\r\nhalf".encode())
    while len([*temporary.rglob("*.png")]) == before:
        time.sleep(0.05)
    return connection


def be_refused(studio):
    """As a page of a studio that ended is, which tries again every two seconds."""
    with pytest.raises(InvalidStatus):
        studio.open_page(**KEYLESS)
    assert studio.ask("GET", "/", Host="[", **KEYLESS).status == 403
    assert studio.ask("GET", "/", **KEYLESS).status == 403


def check_nothing_is_left(studio, temporary):
    assert [*temporary.iterdir()] == []
    told = json.loads(Path(studio.told["key_file"]).read_text())
    assert told == {"port": studio.address.port}
    assert studio.log.read_text() == ""


@pytest.mark.parametrize("name", few(["SIGTERM", "SIGHUP", "SIGINT"], "SIGINT"))
def test_a_signal_ends_it_in_order(started, temporary, name):
    leave_an_upload(started, temporary)
    be_refused(started)
    with started.open_page(), half_sent(started, temporary) as connection:
        started.process.send_signal(number := getattr(signal, name))
        assert started.process.wait() == 128 + number
        assert b"ended before this was done" in all_from(connection)
    check_nothing_is_left(started, temporary)


@pytest.mark.soak  # test_closing.py has what ends it
@pytest.mark.usefixtures("paired_before")
def test_its_virtual_board_ends_with_it(started, temporary):
    from tinyteach.virtual import running

    assert started.ask("POST", "/api/virtual/start").status == 200
    assert [info.name for info in running.running()] == ["virtual"]
    started.process.terminate()
    assert started.process.wait() == 128 + signal.SIGTERM
    assert running.running() == []
    check_nothing_is_left(started, temporary)


@pytest.mark.usefixtures("paired_before")
@pytest.mark.soak
def test_a_virtual_board_that_ran_before_goes_on(started, temporary):
    from tinyteach.virtual import running

    running.start_daemon()
    assert started.ask("POST", "/api/virtual/start").status == 200
    started.process.terminate()
    started.process.wait()
    assert [info.name for info in running.running()] == ["virtual"]


@pytest.mark.soak
def test_a_terminal_that_closes_ends_it_in_order(folder, home_folder, temporary):
    studio = StudioProcess(folder, home_folder, TMPDIR=str(temporary))
    ours, theirs = pty.openpty()
    try:
        studio.start(stdin=theirs, start_new_session=True, preexec_fn=lambda: take_terminal(theirs))
    finally:
        os.close(theirs)
    leave_an_upload(studio, temporary)
    os.close(ours)
    assert studio.process.wait() == 128 + signal.SIGHUP
    studio.process.stdout.close()
    check_nothing_is_left(studio, temporary)


def take_terminal(number):
    import fcntl
    import termios

    fcntl.ioctl(number, termios.TIOCSCTTY, 0)
