"""The prompt, as tools meet it: mpremote's command line and transport are the judges."""

import contextlib
import hashlib
import io
import random
import subprocess
import sys
import time

import pytest
import serial
from mpremote.main import main
from mpremote.transport import TransportExecError

from patience import PATIENCE_S
from tinyteach.virtual.board_memory import CAUSE_HARD

from .conftest import interrupt, raw_repl, run


def mpremote(board, *arguments: str) -> str:
    """mpremote's command line, in this process; what it printed."""
    said = io.TextIOWrapper(io.BytesIO(), newline="")
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(said):
        patch.setattr(sys, "argv", ["mpremote", "connect", board.port, *arguments])
        ended = main()
        said.flush()
    text = said.buffer.getvalue().decode().replace("\r\n", "\n")
    assert ended == 0, text
    return text


def type_line(board, text: bytes, until: bytes) -> bytes:
    """Type at the friendly prompt, whatever mode the board was left in."""
    with serial.Serial(board.port, timeout=PATIENCE_S) as port:
        port.write(b"\x03\x02" + text)
        return port.read_until(until)


def test_exec_and_eval(board):
    assert mpremote(board, "exec", "print(6 * 7)") == "42\n"
    assert mpremote(board, "eval", "'a' * 3") == "aaa\n"
    command = [sys.executable, "-m", "mpremote", "connect", board.port, "exec", "print(6 * 7)"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert (done.returncode, done.stdout) == (0, "42\n"), done.stdout + done.stderr


def test_files_by_mpremote(board, tmp_path):
    original = tmp_path / "blob.bin"
    original.write_bytes(random.Random(1).randbytes(20_000))
    mpremote(board, "mkdir", ":lib", "+", "cp", str(original), ":lib/blob.bin")
    assert "20000 blob.bin" in mpremote(board, "ls", ":lib")
    digest = hashlib.sha256(original.read_bytes()).hexdigest()
    assert digest in mpremote(board, "sha256sum", ":lib/blob.bin")
    mpremote(board, "cp", ":lib/blob.bin", str(tmp_path / "back.bin"))
    assert (tmp_path / "back.bin").read_bytes() == original.read_bytes()
    mpremote(board, "rm", "-r", ":lib")
    assert "lib" not in mpremote(board, "ls")


def test_mount_runs_a_module_from_the_host(board, tmp_path):
    (tmp_path / "from_host.py").write_text("print('hello from the host')")
    assert "hello from the host" in mpremote(
        board, "mount", str(tmp_path), "exec", "import from_host"
    )


def test_soft_reset_and_reset(board):
    mpremote(board, "soft-reset")
    mpremote(board, "reset")
    # mpremote is gone a tenth of a second before the board resets; a soft reset came first.
    while board.memory.reset_cause != CAUSE_HARD:
        time.sleep(0.01)
    board.wait_started()
    assert run(board, "print('still here')") == "still here\r\n"


def test_exception_shows_only_the_users_frames(board):
    with raw_repl(board) as transport, pytest.raises(TransportExecError) as caught:
        transport.exec("def f():\n    raise ValueError('no')\nf()")
    lines = caught.value.error_output.splitlines()
    assert lines[1:] == [
        '  File "<stdin>", line 3, in <module>',
        '  File "<stdin>", line 2, in f',
        "ValueError: no",
    ]


@pytest.mark.parametrize("paste", [True, False], ids=["raw paste", "plain"])
def test_long_program(board, paste):
    """Longer than any window or buffer on the way."""
    program = "\n".join(f"x{i} = {i}  # {'.' * (i % 50)}" for i in range(600)) + "\nprint(x599)"
    with raw_repl(board) as transport:
        transport.use_raw_paste = paste
        assert transport.exec(program) == b"599\r\n"


def test_ctrl_c_cancels_a_raw_paste(board):
    """As the next host finds it whose predecessor's cable was pulled."""
    with raw_repl(board) as transport:
        transport.read_until(1, b">")
        transport.serial.write(b"\x05A\x01")
        assert transport.serial.read(2) == b"R\x01"
        transport.serial.write(b"print('never')\x03")
        transport.read_until(1, b"\x04")
        out, error = transport.follow(timeout=PATIENCE_S)
        assert out == b"" and b"KeyboardInterrupt" in error
        assert transport.exec("print('next')") == b"next\r\n"


def test_friendly_prompt_evaluates_lines(board):
    out = type_line(board, b"\r6*7\r", b"42\r\n>>> ")
    assert b"MicroPython v" in out and out.endswith(b"42\r\n>>> ")


def test_friendly_prompt_takes_a_block_and_a_correction(board):
    out = type_line(board, b"for i in range(2):\r  print('n', i)\r\rprinx\b('ok')\r", b"NameError")
    assert b"n 0\r\nn 1\r\n" in out
    out = type_line(board, b"primt\b\b\bint('o'+'k')\r", b"\nok\r\n>>> ")
    assert out.endswith(b"\nok\r\n>>> ")


def test_any_bytes_at_the_friendly_prompt(board):
    """A host that looks for an agent sends binary frames to a prompt."""
    noise = bytes(set(range(256)) - {4})
    with serial.Serial(board.port, timeout=PATIENCE_S) as port:
        port.write(b"\x03\x02" + noise + b"\r" + noise[::-1] + b"\r")
        port.write(b"\r\x03\x02\x03print('ali' + 've')\r")
        assert port.read_until(b"alive\r\n").endswith(b"alive\r\n")


def test_paste_mode(board):
    out = type_line(board, b"\x05a = 20\rif a:\r  print(a + 2)\r\x04", b"22\r\n>>> ")
    assert out.endswith(b"22\r\n>>> ")


def test_ctrl_c_ends_a_computation(board):
    with raw_repl(board) as transport:
        assert b"KeyboardInterrupt" in interrupt(transport, "print('on')\nwhile True:\n    pass")


def test_ctrl_c_ends_a_sleep_and_a_read(board):
    for program in ("time.sleep(100)", "sys.stdin.buffer.read(1)", "select.poll().poll(100000)"):
        with raw_repl(board) as transport:
            error = interrupt(transport, f"import select, sys, time\nprint('on')\n{program}")
        assert b"KeyboardInterrupt" in error, program


def test_the_collector_survives_ctrl_c(board):
    """A program that does little else than collect garbage is interrupted time and again."""
    program = (
        "import gc\nfrom machine import Pin\nprint('on')\nwhile True:\n    gc.collect(); print()"
    )
    for _ in range(5):
        with raw_repl(board) as transport:
            assert b"KeyboardInterrupt" in interrupt(transport, program)
            assert transport.exec("print(len(bytearray(100000)))") == b"100000\r\n"


def test_kbd_intr_makes_ctrl_c_a_byte(board):
    program = (
        "import micropython, sys\nmicropython.kbd_intr(-1)\nprint('on')\n"
        "data = sys.stdin.buffer.read(3)\nmicropython.kbd_intr(3)\nprint(data)"
    )
    with raw_repl(board) as transport:
        transport.exec_raw_no_follow(program)
        transport.read_until(1, b"on\r\n")
        transport.serial.write(b"a\x03b")
        out, error = transport.follow(timeout=PATIENCE_S)
    assert out == b"b'a\\x03b'\r\n" and not error


def test_ctrl_c_throws_away_input_before_it(board):
    """MicroPython's ports clear the input ring at the interrupt byte."""
    program = "import time\nprint('on')\ntime.sleep(100)"
    with raw_repl(board) as transport:
        error = interrupt(transport, program, b"print('typed ahead')\x04\x03")
        assert b"KeyboardInterrupt" in error
        assert transport.exec("print('next')") == b"next\r\n"


def test_sys_exit_is_a_soft_reset(board):
    run(board, "survivor = 1")
    with raw_repl(board) as transport:
        transport.exec_raw_no_follow("import sys; sys.exit()")
        assert transport.read_until(1, b"raw REPL; CTRL-B to exit\r\n").endswith(b"exit\r\n")
        assert transport.exec("print('survivor' in globals())") == b"False\r\n"
