"""A paired virtual board for a file of tests, on 64-bit and on 32-bit words."""

import pytest

from tinyteach.device.wire.client import BoardClient

ARCHS = ("amd64", "i386")


@pytest.fixture(scope="module", params=ARCHS)
def board(request, switch_on):
    """A paired board without a head."""
    with switch_on(request.param) as started:
        yield started


@pytest.fixture
def client(board):
    """A session with the board."""
    with BoardClient(board.port) as session:
        yield session
