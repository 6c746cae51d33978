"""Sessions with the agent on a real MicroPython: bad links, the REPL before and after."""

import itertools
import subprocess
import sys
import zlib

import pytest
import serial

from paired import deploy, scores_of, views_of
from patience import PATIENCE_S
from slices import few
from tinyteach.device.registry import PairedBoard, remember
from tinyteach.device.repl.pairing import await_agent
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.device.wire import session as session_module
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.runtime import load_embedding
from tinyteach.errors import BoardNotPairedError, BoardRefusedError, LinkError
from tinyteach.service.heads.recognition import Reference
from tinyteach_protocol import errors, frame, messages, requester, session
from tinyteach_protocol.frame import MAGIC
from tinyteach_protocol.session import hello_frame

STOPPED = b"TinyTeach's agent stopped"


@pytest.fixture(scope="module")
def board(switch_on, tmp_path_factory):
    """A 32-bit board that this computer has paired.

    What is tested here does not depend on the word size.
    """
    with switch_on("i386") as started, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYTEACH_HOME", str(tmp_path_factory.mktemp("home")))
        remember(PairedBoard("", "desk", started.port, "", "a machine"))
        yield started


@pytest.fixture(scope="module")
def square():
    return views_of("cat", 1, seed=4, side=96)[0]


# Bad links


@pytest.fixture
def patient(monkeypatch):
    """On a busy machine the board is silent for longer than in the field."""
    monkeypatch.setattr(requester, "TRIES", 60)
    monkeypatch.setattr(requester.Requester.request, "__defaults__", (0, 60))


def every(limit, measure, change, changed):
    """A filter that changes a chunk whenever ``limit`` is reached, and keeps those in ``changed``.

    ``measure`` says what a chunk counts.
    """
    passed = 0

    def pass_on(data):
        nonlocal passed
        passed += measure(data)
        if passed < limit:
            return data
        passed = 0
        changed.append(data)
        return change(data)

    return pass_on


FAULTS = {
    "lost": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "flipped": lambda data: data[:-1] + bytes([data[-1] ^ 0x10]),
    "doubled": lambda data: data * 2,
    "noise before": lambda data: bytes(range(256)) + data,
}
# Of what the host writes in pieces the bytes are counted, of the board's many small answers each.
LIMITS = {"to_board": (16_000, len), "to_host": (9, bool)}


CASES = [*itertools.product(FAULTS, LIMITS)]
# Each fault in one direction.
SOME = CASES[1::4] + CASES[2::4]


@pytest.mark.parametrize("case", few(CASES, *SOME), ids="-".join)
def test_bad_link_gives_whole_uploads_and_exact_results(
    board, trained_heads, square, patient, case
):
    fault, direction = case
    old, new = trained_heads
    expected = Reference(load_embedding(), new).scores(square).tobytes()
    with BoardClient(board.port) as client:
        deploy(client, old)
        changed = []
        board.disturb(**{direction: every(*LIMITS[direction], FAULTS[fault], changed)})
        try:
            deploy(client, new)
            assert scores_of(client, square) == expected
            taken, pixels = client.grab()
            assert zlib.crc32(pixels) == taken.crc32
        finally:
            board.disturb()
        assert client.info().head == new.fingerprint and changed


def test_text_between_frames_becomes_log_lines(board, square):
    """What the firmware prints on the same port is shown, and confuses nothing."""
    shown = []
    text = "I (8234) cam_hal: buffer switch"
    line = text.encode() + b"\r\n"
    with BoardClient(board.port, on_text=shown.append) as client:
        board.disturb(to_host=lambda data: line + data if data[:2] == MAGIC else data)
        try:
            assert client.grab()[1]
            client.send_image(square.tobytes(), 96, messages.RGB888)
            assert client.info().state == ""
        finally:
            board.disturb()
    assert len(shown) >= 3 and set(shown) == {text}


def test_slow_line(board, client, square):
    """11 KB/s, as firmware that copies its output to a UART: slow, and whole."""
    board.set_speed(11_000)
    try:
        taken, pixels = client.grab(messages.GRAB_MODEL)
        assert zlib.crc32(pixels) == taken.crc32
    finally:
        board.set_speed(None)


# The REPL


def test_byte_of_ctrl_c_is_data(client):
    """A photograph may hold the interrupt byte, and nothing else."""
    side = 64
    client.send_image(bytes([3]) * side * side * 3, side, messages.RGB888)
    client.run(messages.SOURCE_IMAGE, messages.STAGE_PREPROCESS)
    tensor = client.read(messages.TENSOR, side * side * 3)
    assert set(tensor) == {(3 - 128) & 0xFF}


def test_ctrl_c_works_again_after_bye(board):
    BoardClient(board.port).close()
    with serial.Serial(board.port, timeout=PATIENCE_S, exclusive=True) as port:
        port.write(b"\x03")
        assert STOPPED in port.read_until(b">>> ")
    with pytest.raises(BoardNotPairedError):
        BoardClient(board.port, hello_tries=1)
    board.reset()


def test_mpremote_works_after_bye(board):
    BoardClient(board.port).close()
    command = [sys.executable, "-m", "mpremote", "connect", board.port]
    done = subprocess.run(
        [*command, "exec", "print(6 * 7)"], capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.stdout.strip() == "42", done.stderr
    board.reset()
    with BoardClient(board.port) as client:
        assert client.info().state == ""


# The session's ends


def test_silent_host_is_left(switch_on):
    """After a silence the port is the REPL's again, without BYE (15 s, here a tenth)."""
    with switch_on("i386") as board:
        _shorten_silence(board, 1500)
        with serial.Serial(board.port, timeout=PATIENCE_S, exclusive=True) as port:
            port.write(hello_frame(1, 1)[0])
            assert port.read(1)
            port.timeout = 0.2
            port.write(b"\x03")
            assert STOPPED not in port.read(1000)
            heard = b""
            for _ in range(50):
                port.write(b"\x03")
                heard += port.read(1000)
                if STOPPED in heard:
                    break
    assert STOPPED in heard


def _shorten_silence(board, silence_ms):
    BoardClient(board.port).close()
    program = f"""
import os
os.rename('/main.py', '/agent_main.py')
with open('/main.py', 'w') as file:
    file.write('import tinyteach_protocol.responder as r\\n')
    file.write('r.IDLE_MS = {silence_ms}\\n')
    file.write("exec(open('/agent_main.py').read())\\n")
"""
    assert session.IDLE_MS == 15000
    with raw_repl(board.port) as repl:
        repl.run(program)
    board.reset()


def test_host_that_vanished_does_not_hold_the_board(board):
    gone = BoardClient(board.port)
    gone._link.write(b"\xf5\x54\x13\x00")  # and its last frame was cut off
    gone._link.close()
    with BoardClient(board.port) as client:
        assert client.info().state == ""


def test_restart(board):
    with BoardClient(board.port) as client:
        client.restart()
    with BoardClient(board.port) as client:
        assert client.info().state == ""


def test_verbs_with_wrong_values_are_refused(client):
    wrong = [
        (messages.GRAB, {"kind": 9}),
        (messages.RUN, {"source": 9, "stages": messages.STAGES_ALL}),
        (messages.STREAM, {"kind": 9, "credits": 1}),
        (messages.READ, {"object": 77, "offset": 0, "length": 10}),
    ]
    for verb, fields in wrong:
        with pytest.raises(BoardRefusedError) as refused:
            client.request(verb, **fields)
        assert refused.value.code in (errors.BAD_VALUE, errors.NO_OBJECT)


@pytest.mark.parametrize("side", [7, 1025])
def test_image_of_impossible_size(client, side):
    with pytest.raises(BoardRefusedError) as refused:
        client.send_image(bytes(side * side), side, messages.GRAY8)
    assert refused.value.code == errors.BAD_VALUE


def test_run_before_anything_was_sent(switch_on):
    with switch_on("i386") as board, BoardClient(board.port) as client:
        for source in (messages.SOURCE_IMAGE, messages.SOURCE_FRAME):
            with pytest.raises(BoardRefusedError) as refused:
                client.run(source)
            assert refused.value.code == errors.NO_OBJECT


def test_reading_past_the_end(client):
    taken, _ = client.grab()
    with pytest.raises(BoardRefusedError) as refused:
        client.request(messages.READ, object=messages.FRAME, offset=taken.size, length=10)
    assert refused.value.code == errors.BAD_OFFSET


def test_session_is_renewed_after_a_pause(board, trained_heads, square, monkeypatch):
    """A host that was busy for long, training for example, goes on where it was."""
    with BoardClient(board.port) as client:
        deploy(client, trained_heads[0])
        scores = scores_of(client, square)
        monkeypatch.setattr(session_module, "SESSION_SILENCE_MS", -1)
        for _ in range(3):
            assert scores_of(client, square) == scores
            assert client.grab()[1]
            assert next(client.stream(messages.STREAM_RESULTS)).scores


def test_board_that_lost_power_does_not_hold_the_host(switch_on, monkeypatch):
    monkeypatch.setattr(requester, "TIMEOUT_MS", 100)
    with switch_on("i386") as board, BoardClient(board.port) as client:
        board.cut_power_now()
        with pytest.raises(LinkError, match="stopped answering"):
            client.info()


@pytest.mark.parametrize("arrived", [1, 40, 63, 64])
def test_board_cut_off_inside_a_frame_answers_the_next_host(board, arrived):
    """Whatever part of a piece of 64 bytes it waits for."""
    cut_inside_a_frame(board, arrived)
    with BoardClient(board.port) as again:
        assert again.info().model_side == 64


def test_board_cut_off_inside_a_frame_gives_up_its_port(board, monkeypatch, tmp_path):
    """Also where nobody knows that an agent is there."""
    monkeypatch.setenv("TINYTEACH_HOME", str(tmp_path))
    cut_inside_a_frame(board, 40)
    with raw_repl(board.port) as repl:
        assert repl.evaluate("print([1])") == [1]
        repl.reset()
    await_agent(board.port, "").close()


@pytest.mark.parametrize("arrived", [1, 41, 63])
def test_board_cut_off_inside_a_frame_answers_whoever_knows_of_no_agent(
    board, monkeypatch, tmp_path, arrived
):
    """By HELLOs alone, far fewer than the frame has bytes."""
    monkeypatch.setenv("TINYTEACH_HOME", str(tmp_path))
    monkeypatch.setattr(session_module, "LATE_HELLO_TRIES", 20)
    cut_inside_a_frame(board, arrived)
    with BoardClient(board.port) as again:
        assert again.info().model_side == 64


def cut_inside_a_frame(board, arrived):
    """A host that goes with its request half sent, ``arrived`` bytes of the payload."""
    client = BoardClient(board.port)
    whole = frame.encode(messages.WRITE, 9, bytes(4000))
    client._link.write(whole[: frame.HEADER_BYTES + arrived])
    client._link.close()
