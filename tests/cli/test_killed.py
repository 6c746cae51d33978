"""Commands that are killed (kill -9) while bytes cross the link: the board answers the next one."""

import subprocess
import sys

import pytest

from paired import views_of
from patience import PATIENCE_S
from slices import few
from tinyteach.device.wire import session
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.runtime import EMBEDDING_FILE
from tinyteach.service.heads.deploying import head_to_deploy
from tinyteach.service.projects.opening import open_project

COMMAND = [sys.executable, "-c", "from tinyteach.cli.main import run; run()"]
# HELLOs that a board may swallow, and time for it on a busy machine; a frame holds ten times more.
HELLO_TRIES = 20
THRESHOLD = 0.75
WORDS = {
    "deploy": ["deploy", "--threshold", THRESHOLD],
    "capture": ["capture", "cat", "-n", 5],
    "upgrade": ["upgrade", "--embedding", "tiny"],
}
# (what is killed, which way bytes are counted, how many have crossed by then): a head has some
# 19,000, a photograph some 58,000, the embedding some 280,000.
CASES = [
    *(("deploy", "to_board", count) for count in (300, 1000, 5001, 10_000, 15_333, 18_000)),
    *(("capture", "to_board", count) for count in (100, 301)),
    *(("capture", "to_host", count) for count in (5000, 50_001, 200_000)),
    *(("upgrade", "to_board", count) for count in (5001, 100_000, 200_007, 280_000)),
]
SOME = (("deploy", "to_board", 10_000), ("capture", "to_host", 50_001))


def kill_after(board, way, count, words):
    """Run a command, and kill it when so many bytes have crossed; whether it was still there."""
    process = subprocess.Popen(
        [*COMMAND, *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    passed = 0

    def counted(data):
        nonlocal passed
        passed += len(data)
        if passed >= count:
            process.kill()
        return data

    board.disturb(**{way: counted})
    try:
        return process.wait(PATIENCE_S) < 0
    finally:
        board.disturb()


@pytest.fixture(scope="module", params=("amd64", "i386"))
def board(request, switch_on):
    with switch_on(request.param) as started:
        started.show(views_of("cat", 1)[0])
        yield started


@pytest.fixture
def nobody_knows(tmp_path, monkeypatch):
    """That an agent is there: nothing but HELLOs is sent to it."""
    monkeypatch.setenv("TINYTEACH_HOME", str(tmp_path / "elsewhere"))
    monkeypatch.setattr(session, "LATE_HELLO_TRIES", HELLO_TRIES)


@pytest.mark.parametrize("case", few(CASES, *SOME), ids=str)
def test_killed_in_the_middle(board, trained_project, tiny, tinyteach, nobody_knows, case):
    kind, way, count = case
    at = ("-b", board.port, "-p", trained_project)
    words = [tiny if word == "tiny" else word for word in WORDS[kind]]
    first = ["upgrade", "--embedding", EMBEDDING_FILE] if kind == "upgrade" else ["deploy"]
    assert tinyteach(*at, *first).code == 0
    with BoardClient(board.port) as client:
        before = client.info().head
    wanted = head_to_deploy(open_project(trained_project), None, THRESHOLD).fingerprint
    assert kill_after(board, way, count, [*at, *words]) or count > 200_000
    with BoardClient(board.port) as client:
        info = client.info()
    if kind == "upgrade":
        assert info.embedding
    else:
        assert info.state == "" and info.head in (before, *[wanted] * (kind == "deploy"))
    assert tinyteach(*at, *words).code == 0
