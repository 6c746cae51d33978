"""A paired virtual board for a file of tests."""

import sys
from pathlib import Path

import pytest

from tinyteach.device.wire import session
from tinyteach.device.wire.client import BoardClient
from tinyteach_protocol import requester

TFLITE = Path(__file__).resolve().parent / "tflite"
sys.path.append(str(TFLITE))

import machine_code_of_thumb as thumb_code  # noqa: E402

ARCHS = ("amd64", "i386")
STARTING_S = 120  # of a board on a busy machine, of which a session is wanted at once


@pytest.fixture(scope="session", autouse=True)
def boards_may_start_slowly():
    """What is at these ports is an agent, so nobody gives it up; a second each try."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "LATE_HELLO_TRIES", STARTING_S)
        yield


@pytest.fixture(scope="module")
def board(switch_on):
    """A paired board without a head, of 32 bits as boards are.

    On 64 bits, too, is tested what is computed, and what of memory it takes: by `on_both`'s board.
    """
    with switch_on("i386") as started:
        yield started


@pytest.fixture(scope="module", params=ARCHS)
def on_both(request, switch_on):
    """The same, once of each word size."""
    with switch_on(request.param) as started:
        yield started


@pytest.fixture
def client(board):
    """A session with the board."""
    with BoardClient(board.port) as session:
        yield session


@pytest.fixture(scope="session")
def thumb_folder(tmp_path_factory) -> Path:
    """A folder with thumb_code.py, for thumb_by_ffi: the machine code that boards get."""
    folder = tmp_path_factory.mktemp("thumb")
    thumb_code.write(folder)
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Where this computer's keys are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYTEACH_HOME", str(folder := tmp_path_factory.mktemp("home")))
        yield folder


@pytest.fixture
def patience(monkeypatch):
    """What is lost is asked for again soon: what comes of a lost frame is tested, not when."""
    monkeypatch.setattr(requester, "TIMEOUT_MS", 300)
    monkeypatch.setattr(requester, "SLOW_TIMEOUT_MS", 1500)
