"""Pairing on the virtual board: from blank flash, again, after changes and after accidents."""

import shutil
import socket
import subprocess
import sys
import threading

import pytest
import serial

from patience import PATIENCE_S, expect_silence
from slices import few
from tinyteach.device.registry import find_board, paired_boards
from tinyteach.device.repl import pairing
from tinyteach.device.repl.fitness import check_firmware
from tinyteach.device.repl.installing import KEPT_MAIN
from tinyteach.device.repl.pairing import Wanted, pair
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.device.repl.survey import EMBEDDING, Survey
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import (
    BoardNotFoundError,
    BoardNotPairedError,
    BoardRefusedError,
    UsageError,
)
from tinyteach.firmware import MAIN
from tinyteach.link.serial_link import SerialLink
from tinyteach.virtual.board import VirtualBoard

from .conftest import ARCHS, quiet


def files_on(board, folder="/"):
    """Names in a folder of the board's flash; stops what runs on it."""
    pairing.free_the_repl(board.port)
    with raw_repl(board.port) as repl:
        return set(repl.evaluate(f"import json, os\nprint(json.dumps(os.listdir({folder!r})))"))


def read_text(board, path):
    with raw_repl(board.port) as repl:
        return repl.evaluate(f"import json\nprint(json.dumps(open({path!r}).read()))")


@pytest.mark.parametrize("arch", few(ARCHS, "i386"))
def test_paired_board_answers_and_is_remembered(paired_flashes, little, tmp_path, arch):
    shutil.copy(paired_flashes(arch), tmp_path / "flash")
    with VirtualBoard(arch, tmp_path / "flash") as board:
        again = pair(board.port, Wanted(little), "desk", quiet)
        assert again.written == [] and again.board_id == board.unique_id.hex()
        assert find_board("desk").port == board.port
        with BoardClient(board.port) as client:
            info = client.info()
    assert info.state == "" and info.arch == {"amd64": "x64", "i386": "x86"}[arch]
    assert info.kernels == "viper" and info.sensor == "VIRTUAL"


def test_only_what_changed_is_written(paired_board, little):
    pairing.free_the_repl(paired_board.port)
    with raw_repl(paired_board.port) as repl:
        repl.run("import os; os.remove('/lib/agent/link.mpy')")
        repl.run("f = open('/lib/agent/loop.mpy', 'ab'); f.write(b'x'); f.close()")
    paired = pair(paired_board.port, Wanted(little), None, quiet)
    assert set(paired.written) == {"/lib/agent/link.mpy", "/lib/agent/loop.mpy"}


def test_new_embedding_is_replaced(paired_board, little):
    longer = little + bytes(16)
    assert pair(paired_board.port, Wanted(longer), None, quiet).written == [EMBEDDING]


def test_embedding_that_may_stay_does(paired_board, little):
    longer, longest = little + bytes(16), little + bytes(32)
    for keep in ([longest, little], [little]):
        assert pair(paired_board.port, Wanted(longer, keep), None, quiet).written == []
    assert pair(paired_board.port, Wanted(longer, [longest]), None, quiet).written == [EMBEDDING]


def test_stale_files_are_removed(paired_board, little):
    """A source beside its .mpy would be loaded in its place."""
    pairing.free_the_repl(paired_board.port)
    with raw_repl(paired_board.port) as repl:
        repl.run("f = open('/lib/agent/loop.py', 'w'); f.write('1/0'); f.close()")
    assert pair(paired_board.port, Wanted(little), None, quiet).written == []
    assert "loop.py" not in files_on(paired_board, "/lib/agent")


# Most of the flash: with it there, no file would fit.
LEFT_UNFINISHED = """
import os
for path in ('/tinyteach/embedding.tflite', '/main.py', '/lib/agent/loop.mpy'):
    file = open(path + '.new', 'wb')
    if path == '/tinyteach/embedding.tflite':
        for blocks in (50, 1):
            while os.statvfs('/')[3] > 20 + blocks:
                file.write(bytes(blocks * 4096))
                file.flush()
    file.close()
os.remove('/lib/agent/link.mpy')
"""


def test_what_an_earlier_pairing_left_unfinished(paired_board, little):
    """It takes no room from this one, and is gone after it, also where nothing else changes."""
    pairing.free_the_repl(paired_board.port)
    with raw_repl(paired_board.port) as repl:
        repl.run(LEFT_UNFINISHED)
    assert pair(paired_board.port, Wanted(little), None, quiet).written == ["/lib/agent/link.mpy"]
    for folder in ("/", "/tinyteach", "/lib/agent"):
        assert [name for name in files_on(paired_board, folder) if name.endswith(".new")] == []
    with raw_repl(paired_board.port) as repl:
        repl.run("open('/tinyteach/embedding.tflite.new', 'w').close()")
    assert pair(paired_board.port, Wanted(little), None, quiet).written == []
    assert "embedding.tflite.new" not in files_on(paired_board, "/tinyteach")


def test_users_own_main_is_kept_and_stopped(little, tmp_path):
    """A program that prints for ever holds the port until Ctrl-C; all is written, step by step."""
    program, steps = "# mine\nwhile True:\n    print('busy')\n", []
    with VirtualBoard("i386", tmp_path / "flash") as board:
        with raw_repl(board.port) as repl:
            repl.write_file(MAIN, program.encode(), quiet)
        board.reset()
        paired = pair(board.port, Wanted(little), None, lambda *step: steps.append(step))
        assert KEPT_MAIN.strip("/") in files_on(board)
        assert read_text(board, KEPT_MAIN) == program
    assert paired.name == "board" and {MAIN, EMBEDDING} <= set(paired.written)
    counts = [done for _, done, _ in steps]
    assert counts == sorted(counts) and counts[-1] == steps[-1][2] > len(little)


def test_names(paired_board, little):
    pair(paired_board.port, Wanted(little), "desk", quiet)
    assert pair(paired_board.port, Wanted(little), None, quiet).name == "desk"
    with VirtualBoard("i386") as other:
        with pytest.raises(UsageError, match="Another board is called desk"):
            pair(other.port, Wanted(little), "desk", quiet)
        assert files_on(other) == set()
    assert [board.name for board in paired_boards()] == ["desk"]


@pytest.mark.parametrize("name", ["", " ", "a\x1b[31mb", "/dev/ttyACM0", "COM:3", "n" * 64, "a\nb"])
def test_names_that_could_not_be_used(embedding, name):
    """Before the port is opened."""
    with pytest.raises(UsageError, match="one line of 1 to 63 characters"):
        pair("/dev/ttyNONE", Wanted(embedding), name, quiet)


def test_too_little_memory_changes_nothing(embedding):
    with VirtualBoard("i386", heap="256k") as board:
        with pytest.raises(BoardRefusedError, match="bytes of free memory and needs"):
            pair(board.port, Wanted(embedding), None, quiet)
        assert files_on(board) == set()


def test_too_little_flash_changes_nothing(embedding):
    with VirtualBoard("i386", flash_bytes=256 << 10) as board:
        with pytest.raises(BoardRefusedError, match="flash has .* free bytes"):
            pair(board.port, Wanted(embedding), None, quiet)
        assert files_on(board) == set()


def test_old_micropython_is_refused():
    facts = Survey(name="micropython", version=[1, 22, 2])
    with pytest.raises(BoardRefusedError, match=r"runs micropython 1\.22\.2; install .* 1\.24"):
        check_firmware(facts)


def test_no_micropython_at_the_port_leaves_no_board_behind(embedding):
    with pytest.raises(BoardNotFoundError):
        pair("/dev/ttyNONE", Wanted(embedding), None, quiet)
    assert paired_boards() == []


@pytest.fixture
def served_port(paired_board):
    """The board's port at a TCP address, as a terminal server gives it."""
    port = serial.Serial(paired_board.port, timeout=0.02)
    server = socket.create_server(("127.0.0.1", 0))
    stopped = threading.Event()

    def serve():
        while not stopped.is_set():
            connection, _ = server.accept()
            with connection:
                connection.settimeout(0.01)
                _bridge(connection, port, stopped)

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"socket://127.0.0.1:{server.getsockname()[1]}"
    stopped.set()
    socket.create_connection(server.getsockname()).close()
    thread.join()
    server.close()
    port.close()


def _bridge(connection, port, stopped):
    while not stopped.is_set():
        try:
            data = connection.recv(4096)
            if not data:
                return
            port.write(data)
        except TimeoutError:
            pass
        except OSError:
            return
        waiting = port.read(port.in_waiting or 1)
        if waiting:
            connection.sendall(waiting)


def test_port_by_url(served_port, paired_board, little):
    paired = pair(served_port, Wanted(little), None, quiet)
    assert paired.board_id == paired_board.unique_id.hex() and paired.port == served_port


def test_agent_answers_after_the_cable_was_out(paired_board):
    with BoardClient(paired_board.port) as client:
        assert client.has_camera
    paired_board.drop_link()
    with BoardClient(paired_board.port) as client:
        assert client.info().state == ""


def test_mpremote_works_on_a_paired_board(paired_board):
    """Ctrl-C stops the agent, as any program; who asks for it next starts it again."""
    command = [sys.executable, "-m", "mpremote", "connect", paired_board.port, "ls"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert "main.py" in done.stdout, done.stdout + done.stderr
    with BoardClient(paired_board.port, is_agents=True) as client:
        assert client.info().state == ""


@pytest.mark.parametrize("left_by", [b"\x03", b"\x03\x01", b"\x03half a li"])
def test_an_agent_that_was_stopped_is_started_again(paired_board, left_by):
    with SerialLink(paired_board.port) as link:
        link.write(left_by)
        assert link.read(PATIENCE_S)
    with BoardClient(paired_board.port, is_agents=True) as client:
        assert client.info().state == ""


def test_a_board_that_was_never_paired_keeps_what_its_repl_holds(monkeypatch):
    expect_silence(monkeypatch, 1000)
    with VirtualBoard("i386") as board:
        with SerialLink(board.port) as link:
            link.write(b"kept = 41\r")
            assert link.read(PATIENCE_S)
        with pytest.raises(BoardNotPairedError):
            BoardClient(board.port)
        with SerialLink(board.port) as link:
            link.write(b"\rprint(kept + 1)\r")
            while b"42" not in (said := link.read(PATIENCE_S)):
                assert said


def test_unpaired_board_says_what_to_do():
    with VirtualBoard("i386") as board, pytest.raises(BoardNotPairedError, match="pair"):
        BoardClient(board.port, hello_tries=1)
