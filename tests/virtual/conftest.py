"""A started virtual board on each architecture, and a raw REPL to it."""

import contextlib

import pytest
from mpremote.transport_serial import SerialTransport

from patience import PATIENCE_S
from slices import few
from tinyteach.virtual.board import VirtualBoard

ARCHS = ("amd64", "i386")


@contextlib.contextmanager
def raw_repl(board, soft_reset=False):
    """mpremote's own transport, in the board's raw REPL."""
    transport = SerialTransport(board.port)
    try:
        transport.enter_raw_repl(soft_reset=soft_reset)
        yield transport
    finally:
        transport.serial.close()


def run(board, code: str, soft_reset=False) -> str:
    """Run code on the board; what it printed."""
    with raw_repl(board, soft_reset) as transport:
        return transport.exec(code).decode()


def interrupt(transport, program: str, keys: bytes = b"\x03") -> bytes:
    """Start a program that prints "on", then press Ctrl-C; the program's traceback."""
    transport.exec_raw_no_follow(program)
    assert transport.read_until(1, b"on\r\n").endswith(b"on\r\n")
    transport.serial.write(keys)
    _, error = transport.follow(timeout=PATIENCE_S)
    return error


def write_file(board, path: str, text: str) -> None:
    """Write a file on the board's flash."""
    run(board, f"with open({path!r}, 'w') as file:\n    file.write({text!r})")


@pytest.fixture(scope="module", params=few(ARCHS, "i386"))
def board(request):
    """One board for a file of tests, on 64-bit and on 32-bit words."""
    with VirtualBoard(request.param) as started:
        yield started


@pytest.fixture
def fresh_board(tmp_path):
    """A 32-bit board of this test's own, its flash in a file."""
    with VirtualBoard("i386", tmp_path / "flash.bin") as started:
        yield started
