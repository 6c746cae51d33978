"""A started virtual board on each architecture, and a raw REPL to it."""

import contextlib

import pytest
from mpremote.transport_serial import SerialTransport

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


def write_file(board, path: str, text: str) -> None:
    """Write a file on the board's flash."""
    run(board, f"with open({path!r}, 'w') as file:\n    file.write({text!r})")


@pytest.fixture(scope="module", params=ARCHS)
def board(request):
    """One board for a file of tests, on 64-bit and on 32-bit words."""
    with VirtualBoard(request.param) as started:
        yield started


@pytest.fixture
def fresh_board(tmp_path):
    """A 32-bit board of this test's own, its flash in a file."""
    with VirtualBoard("i386", tmp_path / "flash.bin") as started:
        yield started
