"""Power-on, reset, files that run at start, what the board sees of the computer."""

import stat

import pytest

from tinyteach.errors import LinkError, UsageError
from tinyteach.virtual.board import VirtualBoard
from tinyteach.virtual.heap import parse_heap

from .conftest import raw_repl, run, write_file


def reset_cause(board) -> int:
    """Without the soft reset that mpremote's commands begin with."""
    return int(run(board, "import machine; print(machine.reset_cause())"))


def test_boot_and_main_run_in_order(fresh_board):
    write_file(fresh_board, "/boot.py", "print('boot')\n")
    write_file(fresh_board, "/main.py", "print('main')\nvalue = 7\n")
    with raw_repl(fresh_board) as transport:
        transport.exit_raw_repl()
        transport.serial.write(b"\x04")
        out = transport.read_until(1, b"main\r\n")
    assert b"MPY: soft reboot\r\nboot\r\nmain\r\n" in out
    assert run(fresh_board, "print(value)") == "7\r\n"


def test_raw_repl_survives_a_soft_reset_and_skips_main(fresh_board):
    write_file(fresh_board, "/main.py", "value = 7\n")
    assert run(fresh_board, "print('value' in globals())", soft_reset=True) == "False\r\n"


def test_error_in_main_leads_to_the_prompt(fresh_board):
    write_file(fresh_board, "/main.py", "1/0\n")
    fresh_board.reset()
    assert run(fresh_board, "print('alive')") == "alive\r\n"


def test_reset_causes(fresh_board):
    assert reset_cause(fresh_board) == 1
    fresh_board.reset()
    assert reset_cause(fresh_board) == 2
    run(fresh_board, "", soft_reset=True)
    assert reset_cause(fresh_board) == 5


def test_machine_reset_forgets_variables_and_keeps_files(fresh_board):
    write_file(fresh_board, "/kept", "x")
    run(fresh_board, "kept = 1")
    with raw_repl(fresh_board) as transport:
        transport.exec_raw_no_follow("import machine; machine.reset()")
        transport.read_until(1, b"\n>>> ")
    code = "import os; print('kept' in globals(), os.listdir('/'))"
    assert run(fresh_board, code) == "False ['kept']\r\n"


def test_board_sees_nothing_of_the_computer(board):
    code = "import os, sys; print(os.listdir('/'), sys.path); os.stat('/etc')"
    with raw_repl(board) as transport:
        out, error = transport.exec_raw(code)
    assert out == b"[] ['', '.frozen', '/lib']\r\n" and b"ENOENT" in error


def test_heap_is_what_was_asked_for(board):
    free = int(run(board, "import gc; gc.collect(); print(gc.mem_free())"))
    assert parse_heap("512k") - 4096 < free <= parse_heap("512k")


def test_unique_id_stays_with_the_flash(tmp_path):
    code = "import machine; print(machine.unique_id().hex())"
    with VirtualBoard(flash_path=tmp_path / "a") as first:
        # It may hold a board's key.
        assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600
        assert run(first, code).strip() == first.unique_id.hex()
    with VirtualBoard(flash_path=tmp_path / "a") as again, VirtualBoard() as other:
        assert again.unique_id == first.unique_id != other.unique_id


def test_a_flash_image_is_in_one_board_at_a_time(fresh_board, tmp_path):
    with pytest.raises(UsageError, match="stop that one first"):
        VirtualBoard("i386", tmp_path / "flash.bin")


def test_a_board_without_power_hears_nothing(fresh_board):
    with raw_repl(fresh_board) as transport:
        transport.exec("kept = 1")
        fresh_board.cut_power_now()
        transport.serial.write(b"print('typed in the dark')\r" * 5000)
    fresh_board.power_on()
    assert run(fresh_board, "print('kept' in globals())") == "False\r\n"


def test_implementation_names_the_virtual_board(board):
    code = "import sys; i = sys.implementation; print(i.name, i._mpy >> 10, i._machine)"
    expected = {"amd64": "micropython 2", "i386": "micropython 1"}[board.arch]
    assert run(board, code).startswith(expected + " TinyTeach virtual board")


def test_pins(board):
    run(board, "from machine import Pin; Pin(5, Pin.OUT, value=1); print(Pin(6).value())")
    assert board.pin(5) == 1
    board.memory.set_pin(6, 1)
    assert run(board, "print(Pin(6)())") == "1\r\n"


def test_micropython_own_crash_restarts_the_board(fresh_board):
    with raw_repl(fresh_board) as transport:
        transport.exec_raw_no_follow("import uctypes; uctypes.bytearray_at(0, 1)[0]")
        transport.read_until(1, b"\n>>> ")
    assert reset_cause(fresh_board) == 3


def test_a_board_without_room_says_so():
    with pytest.raises(LinkError, match="does not start"), VirtualBoard(heap="1"):
        pass


def test_bad_heap_size():
    with pytest.raises(UsageError, match="512k"):
        parse_heap("lots")


def test_no_process_is_left(fresh_board, tmp_path):
    process = fresh_board._processor._process
    fresh_board.stop()
    assert process.poll() is not None
