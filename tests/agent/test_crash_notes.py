"""What goes wrong inside the agent is written down once, and the board answers all the same."""

import pytest
from mpremote.transport_serial import SerialTransport

from tinyteach.device.wire.client import BoardClient
from tinyteach.device.wire.crash import read_crash
from tinyteach.errors import BoardRefusedError
from tinyteach_protocol import errors, messages

# After the first frames, which the agent's start takes, the module's captures fail by a bug: a
# host's, for without one the board would crash and start anew.
BREAKS = """
import camera, sys
capture = camera.Camera.capture
taken = []
def broken(self):
    if 'agent.alone' in sys.modules:
        return capture(self)
    taken.append(0)
    if len(taken) > {after}:
        raise {error}
    return capture(self)
camera.Camera.capture = broken
"""
FILL = """
import os
with open('/filler', 'wb') as file:
    for size in (65536, 512):
        try:
            while True:
                file.write(bytes(size))
                file.flush()
        except OSError:
            pass
print(os.statvfs('/')[3])
"""


@pytest.fixture
def board(switch_on):
    with switch_on("i386") as started:
        yield started


def execute(board, code):
    """Run code on the board, whose agent has started; what it printed."""
    BoardClient(board.port).close()
    transport = SerialTransport(board.port)
    try:
        transport.enter_raw_repl()
        return transport.exec(code)
    finally:
        transport.serial.close()


def break_captures(board, error, after=2):
    code = BREAKS.format(error=error, after=after)
    execute(board, f"with open('/boot.py', 'w') as file:\n    file.write({code!r})")
    board.reset()


def refusal_of(client, action):
    with pytest.raises(BoardRefusedError) as refused:
        action()
    return refused.value.code


def test_what_a_request_meets_is_written_down_once(board):
    break_captures(board, "KeyError('a bug')")
    with BoardClient(board.port) as client:
        assert client.info().crash_bytes == 0
        assert refusal_of(client, client.grab) == errors.INTERNAL
        crash = read_crash(client)
        assert crash.startswith("TinyTeach's agent") and "KeyError: a bug" in crash
        assert "Traceback" in crash
        operations = board.memory.block_operations
        for _ in range(3):
            assert refusal_of(client, client.grab) == errors.INTERNAL
        assert board.memory.block_operations == operations
        assert client.info().safe_mode == 0
    board.reset()
    with BoardClient(board.port) as client:
        assert read_crash(client) == crash and client.info().safe_mode == 0


def test_what_ends_a_stream_is_written_down(board):
    break_captures(board, "ValueError('in a stream')", after=4)
    with BoardClient(board.port) as client:
        with pytest.raises(BoardRefusedError) as refused:
            for _ in client.stream(messages.STREAM_PREVIEW):
                pass
        assert refused.value.code == errors.INTERNAL
        assert "ValueError: in a stream" in read_crash(client)


def test_a_camera_that_fails_is_no_crash(board):
    break_captures(board, "OSError(5)")
    with BoardClient(board.port) as client:
        assert refusal_of(client, client.grab) == errors.CAMERA_FAILED
        assert client.info().crash_bytes == 0


def test_errors_that_take_turns_do_not_wear_the_flash(board):
    break_captures(board, "ValueError(len(taken))")
    with BoardClient(board.port) as client:
        for _ in range(10):
            refusal_of(client, client.grab)
        operations, crash = board.memory.block_operations, read_crash(client)
        for _ in range(5):
            assert refusal_of(client, client.grab) == errors.INTERNAL
        assert board.memory.block_operations == operations and read_crash(client) == crash


def test_a_long_traceback_is_cut(board):
    break_captures(board, "ValueError('x' * 20000)")
    with BoardClient(board.port) as client:
        assert refusal_of(client, client.grab) == errors.INTERNAL
        assert 0 < client.info().crash_bytes <= 4096


def test_a_full_flash_is_no_reason_not_to_answer(board):
    break_captures(board, "KeyError('a bug')")
    execute(board, FILL)
    board.reset()
    with BoardClient(board.port) as client:
        for _ in range(2):
            assert refusal_of(client, client.grab) == errors.INTERNAL
        assert client.info().board
