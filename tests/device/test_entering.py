"""Boards as people have them: what their own files do, and a port that says little or nothing."""

import contextlib
import os
import re
import threading

import pytest
import serial

from alone import wait_for
from patience import PATIENCE_S, expect_silence
from planted_files import CATCHES_CTRL_C
from slices import few, soak
from tinyteach.device.repl import bounded_transport, entering, fitness, pairing
from tinyteach.device.repl.clearing import unpair
from tinyteach.device.repl.pairing import Wanted, pair
from tinyteach.device.repl.raw_repl import FIRMWARE_MODULES, raw_repl
from tinyteach.device.repl.survey import MADE_LIBRARY
from tinyteach.device.wire import session as wire_session
from tinyteach.device.wire.client import BoardClient
from tinyteach.device.wire.farewell import farewell
from tinyteach.errors import BoardNotPairedError, BoardRefusedError, LinkError
from tinyteach.firmware import MAIN
from tinyteach.link import serial_link
from tinyteach.virtual.board import VirtualBoard
from tinyteach.virtual.line import open_pseudo_terminal, pull
from tinyteach_protocol import frame, messages
from tinyteach_protocol.frame import MAGIC
from tinyteach_protocol.session import ANY_SESSION, is_repl_safe

from .conftest import device, filled, quiet

HELLO_BYTES = 22


def put(board, path, text):
    """Write one file of the user's, as mpremote does, and press reset."""
    pairing.free_the_repl(board.port)
    with raw_repl(board.port, is_alive=True) as repl:
        for at in [at for at, letter in enumerate(path) if letter == "/" and at]:
            repl.run(f"import os\ntry: os.mkdir({path[:at]!r})\nexcept OSError: pass")
        repl.write_file(path, text.encode(), quiet)
    board.reset()


def paths_on(board):
    """Every file and folder on the board's flash."""
    code = """
import os, json
def below(folder):
    found = []
    for name, kind, *_ in os.ilistdir(folder):
        path = folder.rstrip('/') + '/' + name
        found += [path] + (below(path) if kind == 0x4000 else [])
    return found
print(json.dumps(below('/')))
"""
    with raw_repl(board.port) as repl:
        return set(repl.evaluate(code))


# A busy agent


@contextlib.contextmanager
def busy(port, busy_s):
    """A board whose program reads nothing for so long, then HELLO, then the rest: its port, and
    what it has said.

    As where firmware takes bytes from its UART only when a program asks for them.
    """
    master, slave = open_pseudo_terminal()
    os.set_blocking(master, True)
    stopped, said = threading.Event(), bytearray()

    def carry(board):
        hello = b""
        while len(hello) < HELLO_BYTES and not stopped.is_set():
            hello += os.read(master, HELLO_BYTES - len(hello))
        stopped.wait(busy_s)
        board.write(hello)
        stopped.wait(0.3)
        while not stopped.is_set():
            if select_readable(master):
                board.write(os.read(master, 4096))

    def answer(board):
        while not stopped.is_set():
            told = board.read(board.in_waiting or 1)
            said.extend(told)
            os.write(master, told)

    with serial.Serial(port, timeout=0.05) as board:
        threads = [threading.Thread(target=work, args=(board,)) for work in (carry, answer)]
        for thread in threads:
            thread.start()
        yield os.ttyname(slave), said
        stopped.set()
        for thread in threads:
            thread.join()
    pull(master, slave)


def select_readable(file):
    import select

    return bool(select.select([file], [], [], 0.02)[0])


@pytest.mark.parametrize("busy_s", few([1.2, 2.5, 3.5], 2.5))
def test_late_answer_does_not_leave_the_board_deaf(paired_board, busy_s):
    with busy(paired_board.port, busy_s) as (port, _):
        freed = pairing.free_the_repl(port)
        with raw_repl(port, is_alive=freed.answers) as repl:
            assert repl.evaluate("print([1])") == [1]


def test_hello_that_is_given_up_is_taken_back(paired_board, monkeypatch):
    """Whoever has the port next finds Ctrl-C at work, mpremote for one."""
    expect_silence(monkeypatch, 300)
    taken_back = bytes(frame.encode(messages.BYE | messages.RESPONSE, ANY_SESSION))
    with busy(paired_board.port, 1) as (port, said):
        with pytest.raises(BoardNotPairedError):
            BoardClient(port, hello_tries=1)
        wait_for(lambda: taken_back in said, "the board does not answer the BYE")
        with serial.Serial(port, timeout=PATIENCE_S) as opened:
            opened.reset_input_buffer()
            opened.write(b"\r\x03")
            assert b"agent stopped" in opened.read_until(b"agent stopped")


def test_farewell_is_nothing_to_a_repl():
    assert is_repl_safe(farewell()) and farewell().startswith(MAGIC)


# A port that takes nothing


HANGS = "import micropython\nmicropython.kbd_intr(-1)\nwhile True: pass\n"


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(entering, "ENTER_TIMEOUT_S", 0.5)
    monkeypatch.setattr(entering, "TALKING_TIMEOUT_S", 4)
    expect_silence(monkeypatch, 200)
    monkeypatch.setattr(wire_session, "ENDING_TIMEOUT_S", 0.3)


def test_write_is_bounded(impatient, monkeypatch):
    monkeypatch.setattr(bounded_transport, "WRITE_TIMEOUT_S", 0.3)
    with (
        device() as port,
        filled(port),
        pytest.raises(LinkError, match="takes no bytes.*; press"),
        raw_repl(port),
    ):
        pass


def test_slow_port_that_takes_bytes_is_waited_for():
    """Ten times as long as the limit, as long as pieces are taken."""
    with VirtualBoard("i386") as board:
        board.set_speed(2000)
        with serial_link.SerialLink(board.port) as link:
            link.write(bytes(16_000), timeout_s=0.8)


def test_hung_board(impatient, embedding):
    with VirtualBoard("i386") as board:
        put(board, "/main.py", HANGS)
        with pytest.raises(BoardNotPairedError, match="press .*reset"):
            pair(board.port, Wanted(embedding), None, quiet)


# A program that ignores Ctrl-C


@pytest.mark.parametrize(
    ("handler", "said"),
    [("print('ignored')", "goes on after Ctrl-C, as a main.py"), ("pass", "main.py may catch")],
)
def test_program_that_catches_ctrl_c(impatient, embedding, monkeypatch, handler, said):
    monkeypatch.setattr(entering, "BURST", 0)
    program = CATCHES_CTRL_C.format(handler)
    with VirtualBoard("i386") as board:
        put(board, "/main.py", program)
        with pytest.raises(BoardNotPairedError, match=said):
            pair(board.port, Wanted(embedding), None, quiet)


def test_program_that_reads_nothing_is_not_walled_in(impatient):
    """Ctrl-C behind what fills a board's ring is not seen; the smallest have 256 bytes."""
    sent = []

    def count(data):
        sent.append(len(data))
        return data

    with VirtualBoard("i386") as board:
        put(board, "/main.py", "import time\nwhile True: time.sleep(1)\n")
        board.disturb(to_board=count)
        with pytest.raises(BoardNotPairedError):
            BoardClient(board.port)
        assert 0 < sum(sent) < 256
        with raw_repl(board.port) as repl:
            assert repl.evaluate("print([1])") == [1]


# boot.py


def test_slow_boot_is_waited_for(paired_board, little, monkeypatch):
    """Longer than a knock waits for the next byte."""
    for module in (fitness, pairing):
        monkeypatch.setattr(module, "SLOW_BOOT_S", 0.2)
    put(paired_board, "/boot.py", "import time\nprint('waiting')\ntime.sleep(2)\n")
    steps = []
    paired = pair(paired_board.port, Wanted(little), None, lambda *step: steps.append(step[0]))
    assert any(re.search(r"/boot\.py takes \d+ s", note) for note in paired.notes)
    assert "Waiting for the board's boot.py" in steps


ENDLESS = [
    f"import time\nwhile True:\n    {each}; time.sleep(0.1)" for each in ("pass", "print('.')")
]


@pytest.mark.parametrize("program", ENDLESS, ids=["silent", "printing"])
def test_boot_that_does_not_end(embedding, monkeypatch, program):
    monkeypatch.setattr(entering, "BOOT_TIMEOUT_S", 2)
    with VirtualBoard("i386") as board:
        put(board, "/boot.py", program)
        with pytest.raises(BoardRefusedError, match=r"/boot\.py does not end, .*; take out of /b"):
            pair(board.port, Wanted(embedding), None, quiet)
        assert paths_on(board) == {"/boot.py"}


FILLS = """
import gc
x = []
n = 1 << 16
while n > 8 and gc.mem_free() > %d:
    try:
        x.append(bytearray(n))
    except MemoryError:
        n //= 2
"""
KEEPS = r"/boot\.py keeps \d+; take out of /boot\.py what fills"
FULL = r"is full; take out of its /boot\.py"


@pytest.mark.parametrize(
    ("left", "said"),
    [soak(100_000, KEEPS), (20_000, KEEPS), (0, FULL)],
    ids=["much", "little", "none"],
)
def test_boot_that_fills_the_heap(embedding, left, said, monkeypatch):
    if not left:  # it answers Ctrl-C, and nothing else ever
        monkeypatch.setattr(entering, "ALIVE_TIMEOUT_S", 5)
    with VirtualBoard("i386") as board:
        put(board, "/boot.py", FILLS % left)
        with pytest.raises(BoardRefusedError, match=said):
            pair(board.port, Wanted(embedding), None, quiet)
        if left:
            assert paths_on(board) == {"/boot.py"}


# Modules of the user's


def test_modules_in_the_way(paired_board, little):
    """Each in the root and beside the agent; boot.py imports some, as programs do."""
    names = [name for name in FIRMWARE_MODULES if name != "machine"]
    files = [f"{folder}/{name}.py" for folder in ("", "/lib") for name in names]
    files += ["/machine.py", "/camera.py", "/lib/agent.py", "/tinyteach_protocol.py"]
    pairing.free_the_repl(paired_board.port)
    with raw_repl(paired_board.port) as repl:
        repl.run("import os\nos.remove('/main.py')\nos.mkdir('/agent')")
        repl.run(f"for path in {files!r}:\n    with open(path, 'w') as f: f.write('x = 1')")
        repl.write_file("/boot.py", b"import json, struct, os", quiet)
    paired_board.reset()
    paired = pair(paired_board.port, Wanted(little), None, quiet)
    assert (paired.state, paired.written) == ("", [MAIN])
    (note,) = paired.notes
    assert all(path in note for path in [*files, "/agent"])
    unpair(paired_board.port)
    assert {*files, "/agent", "/boot.py"} <= paths_on(paired_board)


def test_package_of_the_users_in_the_agents_place(embedding):
    with VirtualBoard("i386") as board:
        put(board, "/lib/agent/__init__.py", "x = 1")
        with pytest.raises(BoardRefusedError, match="module of its own in /lib/agent, .*; rename"):
            pair(board.port, Wanted(embedding), None, quiet)
        assert paths_on(board) == {"/lib", "/lib/agent", "/lib/agent/__init__.py"}


# Names, identities, what is left


def test_chip_without_identity_gets_one_of_chance(paired_board, little):
    pairing.free_the_repl(paired_board.port)
    with raw_repl(paired_board.port) as repl:
        repl.run("import os\nos.remove('/main.py')")  # no agent makes one meanwhile
        repl.write_file("/boot.py", b"import machine\ndel machine.unique_id", quiet)
    paired_board.reset()
    paired = pair(paired_board.port, Wanted(little), None, quiet)
    assert set(paired.written) == {"/tinyteach/id", MAIN}
    assert len(paired.board_id) == 16 and len(set(bytes.fromhex(paired.board_id))) > 2
    again = pair(paired_board.port, Wanted(little), None, quiet)
    assert (again.board_id, again.written) == (paired.board_id, [])


def test_unpairing_leaves_nothing(paired_board):
    """Of a board that was blank: the library's folder goes, too."""
    pairing.free_the_repl(paired_board.port)
    paths = paths_on(paired_board)
    files = {path for path in paths if not any(each.startswith(path + "/") for each in paths)}
    assert unpair(paired_board.port)[:2] == (len(files - {MADE_LIBRARY}), False)
    assert paths_on(paired_board) == set()


def test_unpairing_leaves_what_was_there(little):
    with VirtualBoard("i386") as board:
        with raw_repl(board.port) as repl:
            repl.run("import os\nos.mkdir('/lib')")
        before = paths_on(board)
        written = pair(board.port, Wanted(little), None, quiet).written
        assert unpair(board.port)[:2] == (len(written), False)
        assert paths_on(board) == before
