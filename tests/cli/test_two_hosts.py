"""Two computers, or two programs, at one board: each ends well or in one sentence."""

import contextlib
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass

import pytest

from keyed import give_key, take_key
from paired import deploy
from patience import PATIENCE_S, expect_silence
from shared_port import SharedPort
from slices import few
from tinyteach.device.wire import session
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import BoardRefusedError
from tinyteach.link.port_server import RAW, PortServer
from tinyteach.service.heads.deploying import head_to_deploy
from tinyteach.service.projects.opening import open_project
from tinyteach_protocol import messages

# A command whose sessions begin at numbers far from those of the other home's: of a thousand pairs
# of hosts one has numbers so near that one's BYE ends the other's session (protocol/SPEC.md, BYE).
CODE = """
import itertools, secrets
by_chance, numbers = secrets.randbits, itertools.count({}, 0x4000)
secrets.randbits = lambda bits: by_chance(bits) & ~0xFFFF | next(numbers) & 0xFFFF
from tinyteach.cli.main import run
run()
"""
SENTENCE = re.compile(r"^tinyteach: .+\.$")


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def is_well(self) -> bool:
        """Success, or one sentence; beside it may stand what the board printed.

        A host that gives up ends any session; what is under way then may hold Ctrl-C.
        """
        own = [line for line in self.err.splitlines() if not line.startswith("board: ")]
        told = [line for line in own if line.startswith("tinyteach: ")]
        is_told = len(told) == 1 and bool(SENTENCE.match(told[0]))
        return "Traceback" not in "".join(own) and (self.code == 0 or is_told and self.code != 1)


class Host:
    """A command in a process of its own, on a computer with that home."""

    def __init__(self, home, *words) -> None:
        pipe = subprocess.PIPE
        environment = {**os.environ, "TINYTEACH_HOME": str(home)}
        first = {"home": 0x1000, "other": 0x3000}[home.name]
        command = [sys.executable, "-c", CODE.format(first), *map(str, words)]
        self._process = subprocess.Popen(
            command, stdout=pipe, stderr=pipe, text=True, env=environment
        )

    def first_line(self) -> str:
        return self._process.stdout.readline()

    def end(self) -> Said:
        out, err = self._process.communicate(timeout=PATIENCE_S)
        return Said(self._process.returncode, out, err)

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def other_project(trained_project, tmp_path):
    return shutil.copytree(trained_project, tmp_path / "other")


@pytest.fixture
def host(tmp_path):
    """host(*words) is a program that has begun; ended with the test."""
    started = []

    def start(*words, home="home"):
        started.append(Host(tmp_path / home, *words))
        return started[-1]

    yield start
    for each in started:
        each.stop()


def head_of(project, threshold):
    return head_to_deploy(open_project(project), None, threshold)


def at_work(port):
    with BoardClient(port) as client:
        info = client.info()
    assert info.state == ""
    return info.head


@pytest.fixture
def before(board, trained_heads):
    """The head that is at work at first."""
    with BoardClient(board.port) as client:
        deploy(client, trained_heads[0])
    return trained_heads[0].fingerprint


def test_the_second_at_a_port_is_told_who_has_it(board, before, host, trained_project, fails):
    watching = host("-b", board.port, "watch", "--json")
    assert json.loads(watching.first_line())["label"]
    assert "is held by" in fails("-b", board.port, "-p", trained_project, "deploy")
    watching.stop()
    assert at_work(board.port) == before


def test_the_second_at_a_bridge_that_serves_one_is_told_that_nothing_answers(
    board, before, host, trained_project, fails, monkeypatch
):
    """It waits in line, and what it said before it gave up does the board no harm."""
    server = PortServer("127.0.0.1", 0, lambda: board.port, RAW)
    url = server.url("127.0.0.1")
    try:
        watching = host("-b", url, "watch", "--json")
        assert json.loads(watching.first_line())["label"]
        with monkeypatch.context() as patch:
            expect_silence(patch, 300)
            assert "Nothing" in fails("-b", url, "-p", trained_project, "deploy")
        assert json.loads(watching.first_line())["label"]
        watching.stop()
        assert at_work(url) == before
    finally:
        server.close()


def test_the_second_by_another_way_is_told_too(board, before, host, trained_project, fails):
    """One at the port itself, one through a bridge to it."""
    server = PortServer("127.0.0.1", 0, lambda: board.port, RAW)
    url = server.url("127.0.0.1")
    try:
        watching = host("-b", board.port, "watch", "--json")
        assert json.loads(watching.first_line())["label"]
        assert url in fails("-b", url, "-p", trained_project, "deploy")
        watching.stop()
        watching = host("-b", url, "watch", "--json")
        assert json.loads(watching.first_line())["label"]
        assert "is in use" in fails("-b", board.port, "-p", trained_project, "deploy")
        watching.stop()
        assert at_work(url) == before
    finally:
        server.close()


def test_who_was_taken_over_ends_nothing_by_its_end(board, before, monkeypatch):
    """Its BYE comes among the other's frames, which would be Ctrl-C to a board that listens.

    Where their numbers are not near (`CODE`).
    """
    numbers = itertools.count(0x1000, 0x4000)
    monkeypatch.setattr(session.secrets, "randbits", lambda _: next(numbers))
    with SharedPort(board.port) as shared:
        first = BoardClient(shared.url)
        with BoardClient(shared.url) as second:
            first.close()
            began = second._requester.welcome
            for _ in range(20):
                with contextlib.suppress(BoardRefusedError):  # no model, yet each byte is there
                    second.upload(messages.HEAD, bytes([3]) * 900)
                    second.commit()
            assert second.info().head == before and second._requester.welcome is began
    assert at_work(board.port) == before


# Seconds that the second begins after the first has said something, or at once.
LATER_S = [0.0, 0.1, 0.3, 0.7]


@pytest.mark.parametrize("later_s", few(LATER_S, 0.1))
@pytest.mark.parametrize("other", few(["watch", "deploy", "capture", "teach"], "watch", "deploy"))
def test_two_at_once(board, before, host, trained_project, other_project, other, later_s):
    """At a bridge that serves both: one takes the board over from the other, in the middle."""
    words = {
        "watch": ["watch", "-n", 30],
        "deploy": ["deploy", "--threshold", "0.75"],
        "capture": ["capture", "cat", "-n", 3],
        "teach": ["teach", "thing", "-n", 2],
    }[other]
    with SharedPort(board.port) as shared:
        second = host("-b", shared.url, "-p", other_project, *words, home="other")
        while not shared.clients_ever:
            time.sleep(0.01)
        time.sleep(later_s)
        first = host("-b", shared.url, "-p", trained_project, "deploy", "--threshold", "0.5")
        said = [first.end(), second.end()]
        assert [each.is_well for each in said] == [True, True], said
        now = at_work(shared.url)
    mine, others = head_of(trained_project, 0.5), head_of(other_project, 0.75)
    allowed = {before, mine.fingerprint, others.fingerprint}
    assert now in allowed or other == "teach" and said[1].code == 0
    if said[0].code == 0 and other in ("watch", "capture"):
        assert now == mine.fingerprint


@pytest.fixture
def key(board, tmp_path, monkeypatch):
    """The board has one, and the first host holds it."""
    monkeypatch.setenv("TINYTEACH_HOME", str(tmp_path / "home"))
    give_key(board)
    yield
    take_key(board)


def test_one_without_the_key_may_end_a_session_and_change_nothing(
    board, before, key, host, trained_project, other_project
):
    with SharedPort(board.port) as shared:
        watching = host("-b", shared.url, "watch", "--json", home="other")
        assert json.loads(watching.first_line())["label"]
        first = host("-b", shared.url, "-p", trained_project, "deploy", "--threshold", "0.5")
        words = ("-b", shared.url, "-p", other_project, "deploy", "--threshold", "0.75")
        second = host(*words, home="other")
        said = [first.end(), second.end()]
        watching.stop()
        assert [each.is_well for each in said] == [True, True], said
        assert said[1].code != 0
        now = at_work(shared.url)
    mine = head_of(trained_project, 0.5).fingerprint
    assert now == mine if said[0].code == 0 else now in (before, mine)
