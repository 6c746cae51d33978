"""Bytes through the port: exact, pushed back when nobody reads, disturbed on request."""

import hashlib
import os
import random
import select

import pytest
import serial

from patience import PATIENCE_S
from tinyteach.virtual import line

from .conftest import raw_repl, run

# Takes `size` bytes with the interrupt off, says their SHA-256, sends them back.
ECHO = """
import hashlib, micropython, select, sys
def echo(size):
    micropython.kbd_intr(-1)
    sys.stdout.buffer.write(b"<")
    data = bytearray(size)
    view, got = memoryview(data), 0
    poll = select.poll()
    poll.register(sys.stdin, select.POLLIN)
    while got < size:
        assert poll.poll(10000), got
        got += sys.stdin.buffer.readinto(view[got:got + 1000])
    sys.stdout.buffer.write(hashlib.sha256(data).digest())
    sys.stdout.buffer.write(data)
    micropython.kbd_intr(3)
"""


def all_bytes(size: int) -> bytes:
    return bytes(range(256)) + random.Random(2).randbytes(size - 256)


def test_all_byte_values_pass_both_ways(board):
    data = all_bytes(100_000)
    with raw_repl(board) as transport:
        transport.exec(ECHO)
        transport.exec_raw_no_follow(f"echo({len(data)})")
        port = transport.serial
        assert port.read_until(b"<").endswith(b"<")
        port.write(data)
        assert port.read(32) == hashlib.sha256(data).digest()
        assert port.read(len(data)) == data


def test_a_busy_board_pushes_back(board):
    """A sender is held up long before a megabyte is swallowed, and nothing is lost."""
    data = all_bytes(1 << 20)
    program = (
        "import hashlib, machine, micropython, sys, time\n"
        "micropython.kbd_intr(-1)\nprint('on')\n"
        "while not machine.Pin(7)():\n    time.sleep_ms(1)\n"
        "h, b = hashlib.sha256(), bytearray(4096)\n"
        f"for _ in range({len(data)} // len(b)):\n"
        "    sys.stdin.buffer.readinto(b)\n    h.update(b)\n"
        "micropython.kbd_intr(3)\nsys.stdout.buffer.write(h.digest())"
    )
    board.memory.set_pin(7, 0)
    with raw_repl(board) as transport:
        transport.exec_raw_no_follow(program)
        transport.read_until(1, b"on\r\n")
        accepted = _fill(transport.serial.fd, data)
        assert accepted < 64 * 1024
        board.memory.set_pin(7, 1)
        transport.serial.write(data[accepted:])
        assert transport.serial.read(32) == hashlib.sha256(data).digest()


def _fill(descriptor: int, data: bytes) -> int:
    """Write until nothing is taken for a while; how much was."""
    sent = 0
    while sent < len(data) and select.select([], [descriptor], [], 0.3)[1]:
        sent += os.write(descriptor, data[sent : sent + 1024])
    return sent


def test_a_board_with_nobody_at_its_port_works_on(board, monkeypatch):
    """Output that no client takes is dropped, as MicroPython's USB serial does."""
    monkeypatch.setattr(line, "HOST_GONE_S", 0.05)
    board.memory.set_pin(8, 0)
    with raw_repl(board) as transport:
        transport.exec_raw_no_follow(
            "import machine\nfor _ in range(2000):\n    print('.' * 100)\nmachine.Pin(8, value=1)"
        )
    with serial.Serial(board.port, timeout=PATIENCE_S) as port:
        while not board.pin(8):
            assert port.is_open  # open, but never read
    assert run(board, "print('fine')") == "fine\r\n"


def test_limited_speed_loses_nothing(board):
    data = all_bytes(3000)
    board.set_speed(20_000)
    try:
        with raw_repl(board) as transport:
            transport.exec(ECHO)
            transport.exec_raw_no_follow(f"echo({len(data)})")
            assert transport.serial.read_until(b"<").endswith(b"<")
            transport.serial.write(data)
            assert transport.serial.read(32) == hashlib.sha256(data).digest()
            assert transport.serial.read(len(data)) == data
    finally:
        board.set_speed(None)


def test_bytes_can_be_disturbed_under_way(board):
    board.disturb(to_host=lambda data: data.replace(b"true", b"false"))
    try:
        assert run(board, "print('tr' + 'ue')") == "false\r\n"
    finally:
        board.disturb()
    assert run(board, "print('tr' + 'ue')") == "true\r\n"


def test_pulled_plug(board):
    """The open port fails as a pulled USB port does; the board itself runs on."""
    with raw_repl(board) as transport:
        transport.exec("kept = 5")
        board.drop_link()
        with pytest.raises((serial.SerialException, OSError)):
            transport.serial.write(b"x" * 100)
            transport.serial.read(1)
    assert run(board, "print(kept)") == "5\r\n"
