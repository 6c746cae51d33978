"""A board that restarts in the middle of a session goes on running: no frame is its Ctrl-C.

What is on its way just then can hold one (decision 0028); who asks next starts the agent again.
"""

import itertools
import threading
import time

import pytest

from paired import deploy, views_of
from slices import few
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import LinkError
from tinyteach_protocol import messages

ANSWER_TRIES = 20
POLL_S = 0.1


@pytest.fixture(scope="module")
def board(switch_on, trained_heads):
    with switch_on("i386") as started:
        started.show(views_of("cat", 1)[0])
        with BoardClient(started.port) as session:
            deploy(session, trained_heads[0])
        yield started


def upload(client):
    for number in itertools.count():
        client.upload(messages.EMBEDDING, bytes([number % 256, 3]) * 200_000)


def photograph(client):
    while True:
        client.grab()


def watch(client):
    list(client.stream(messages.STREAM_RESULTS))


def preview(client):
    list(client.stream(messages.STREAM_PREVIEW))


def ask(client):
    while True:
        client.info()


@pytest.mark.parametrize("action", few([upload, photograph, watch, preview, ask], upload))
def test_restart_in_the_middle(board, action):
    for delay_s in (0.05, 0.4):
        presser = threading.Timer(delay_s, board.reset)
        with pytest.raises(LinkError), BoardClient(board.port) as client:
            presser.start()
            action(client)
        presser.join()
        assert is_alive(board, is_started_again=True), action.__name__


def test_a_request_with_03_after_a_restart_unseen(board):
    """The host was busy meanwhile; its next frame holds 03 (TEACH_LEARN)."""
    with BoardClient(board.port) as client:
        client.teach(messages.TEACH_LIST)
        board.reset()
        with pytest.raises(LinkError, match="restarted in the middle"):
            client.teach(messages.TEACH_LEARN)
    assert is_alive(board)


def test_numbers_are_chosen_so_that_frames_hold_no_03(board):
    sent = []
    board.disturb(to_board=lambda data: sent.append(data) or data)
    try:
        with BoardClient(board.port) as client:
            for _ in range(300):
                client.request(messages.STOP)
    finally:
        board.disturb()
    assert b"\x03" not in b"".join(sent)


def is_alive(board, is_started_again=False):
    """Whether the agent answers: nobody pressed reset again."""
    for _ in range(ANSWER_TRIES):
        try:
            with BoardClient(board.port, is_agents=is_started_again):
                return True
        except LinkError:
            time.sleep(POLL_S)
        except Exception as error:
            last = error
    raise last
