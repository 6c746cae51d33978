"""A lease's lines: messages whole in whatever pieces they come, and an end for whatever else."""

import socket
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyteach.lab.lease_lines import LINE_BYTES_MAX, LeaseLines


@given(st.lists(st.dictionaries(st.text(max_size=5), st.integers(), max_size=3), max_size=5))
def test_messages_come_as_they_were_said(messages):
    a, b = map(LeaseLines, loopback())
    with closing(a), closing(b):
        for message in messages:
            a.say(message)
        assert [b.hear(10) for _ in messages] == messages


@given(st.binary(max_size=60))
def test_what_is_no_message_ends_it(content):
    a, b = loopback()
    with a, closing(LeaseLines(b)) as lines:
        a.sendall(content)
        a.shutdown(socket.SHUT_WR)
        with pytest.raises(ConnectionError):
            while True:
                assert isinstance(lines.hear(10), dict)


def test_a_line_without_end_ends_it():
    a, b = loopback()
    with a, closing(LeaseLines(b)) as lines:
        a.sendall(b"{" * (LINE_BYTES_MAX + 1))
        with pytest.raises(ConnectionError):
            lines.hear(10)


def test_silence_ends_it():
    a, b = loopback()
    with a, closing(LeaseLines(b)) as lines, pytest.raises(OSError):
        lines.hear(0.01)


def loopback() -> tuple[socket.socket, socket.socket]:
    """Both ends of a TCP connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        one = socket.create_connection(server.getsockname())
        return one, server.accept()[0]
