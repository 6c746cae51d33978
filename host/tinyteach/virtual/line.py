"""The serial line: the port that clients open at one end, the board's UART at the other.

The port is a pseudo-terminal, so pyserial and mpremote open it like any other.
Bytes pass unchanged in both directions and push back when the other side does
not take them, except that

- the interrupt byte, while one is set, throws away the input before it and
  interrupts the program, as the input handlers of MicroPython's ports do;
- output that no client takes for ``HOST_GONE_S`` is dropped, as USB stacks do,
  so that a board with nobody at the port works on.

Tests may limit the speed, alter bytes under way (``filters``) and pull the plug.
"""

import contextlib
import fcntl
import os
import select
import socket
import struct
import termios
import time
import tty
from collections import deque
from collections.abc import Callable

from tinyteach.virtual.board_memory import NO_INTERRUPT_CHAR, BoardMemory

CHUNK_BYTES = 4096
# Small, so that a sender feels a busy board soon (the least that Linux grants is about 4 KB).
SOCKET_BUFFER_BYTES = 4096
# MicroPython's USB CDC waits half a second; more here, for laptops busy with tests.
HOST_GONE_S = 2.0
METERED_POLL_S = 0.002
# The last ports that were pulled, each by a file that keeps its number from other pseudo-terminals:
# a client that comes back to one is told that it is gone, and reads no other board's bytes.
PULLED_MAX = 32
_pulled: deque[int] = deque()

Filter = Callable[[bytes], bytes]


def open_pseudo_terminal() -> tuple[int, int]:
    """Files of its two ends, ours and the port's, for `pull`.

    The port's stays open: it keeps its raw mode while no client has it open.
    """
    ours, port = os.openpty()
    tty.setraw(port)
    os.set_blocking(ours, False)
    return ours, port


def pull(ours: int, port: int) -> None:
    """Close a pseudo-terminal: clients lose it, its path is gone and not soon another's."""
    os.close(ours)
    _pulled.append(port)
    while len(_pulled) > PULLED_MAX:
        os.close(_pulled.popleft())


class Meter:
    """How many bytes may pass by now at ``bytes_per_second``; None: any number."""

    def __init__(self) -> None:
        self.bytes_per_second: float | None = None
        self._credit = 0.0
        self._since = time.monotonic()

    def allowed(self, wanted: int) -> int:
        if self.bytes_per_second is None:
            return wanted
        now = time.monotonic()
        # At most a twentieth of a second is saved up, so that a burst stays near the rate.
        most = max(1.0, self.bytes_per_second / 20)
        earned = (now - self._since) * self.bytes_per_second
        self._credit = min(most, self._credit + earned)
        self._since = now
        return min(wanted, int(self._credit))

    def passed(self, count: int) -> None:
        if self.bytes_per_second is not None:
            self._credit -= count


class Line:
    """Used by the board's thread only, ``port`` and the settings excepted."""

    def __init__(self, memory: BoardMemory, on_interrupt: Callable[[], None]) -> None:
        self._memory = memory
        self._on_interrupt = on_interrupt
        self._host_end, self.board_end = socket.socketpair()
        self._host_end.setblocking(False)
        for end in (self._host_end, self.board_end):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER_BYTES)
        self.to_board_filter: Filter = bytes
        self.to_host_filter: Filter = bytes
        self.to_board_meter, self.to_host_meter = Meter(), Meter()
        self._open_port()

    def _open_port(self) -> None:
        self._to_board, self._to_host = bytearray(), bytearray()
        self._host_took_at, self._host_gone = time.monotonic(), False
        self._master, self._slave = open_pseudo_terminal()
        self.port = os.ttyname(self._slave)

    def close(self) -> None:
        pull(self._master, self._slave)
        self._host_end.close()
        self.board_end.close()

    def replug(self) -> None:
        """Pull the plug, put it in again: clients lose the port, its name changes."""
        pull(self._master, self._slave)
        self._open_port()

    def forget_input(self) -> None:
        """Drop what has not been read by the board: its input ring is cleared."""
        self._to_board.clear()
        with contextlib.suppress(BlockingIOError):
            while self.board_end.recv(CHUNK_BYTES, socket.MSG_DONTWAIT):
                pass

    def lose_input(self) -> None:
        """The same with what is still on its way to the board, when that is switched on."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self._master, CHUNK_BYTES):
                pass
        self.forget_input()

    @property
    def to_board_bytes(self) -> int:
        """How many have come for the board that it has not read."""
        waiting = fcntl.ioctl(self.board_end.fileno(), termios.FIONREAD, bytes(4))
        return len(self._to_board) + int(struct.unpack("i", waiting)[0])

    def unread(self) -> bytes:
        """What no client has taken yet. It is gone then."""
        self.move()
        data = b""
        while select.select([self._slave], [], [], 0)[0]:
            data += os.read(self._slave, CHUNK_BYTES)
        return data + bytes(self._to_host)

    def waits_for(self) -> tuple[list[int], list[int], float | None]:
        """When ``move`` should be called: files to be read, to be written, and a timeout."""
        readers, writers, timeouts_s = [], [], []
        if len(self._to_board) < CHUNK_BYTES:
            readers.append(self._master)
        if len(self._to_host) < CHUNK_BYTES:
            readers.append(self._host_end.fileno())
        for waiting, meter, file in (
            (self._to_board, self.to_board_meter, self._host_end.fileno()),
            (self._to_host, self.to_host_meter, self._master),
        ):
            if waiting and meter.allowed(1):
                writers.append(file)
                timeouts_s.append(HOST_GONE_S / 8)
            elif waiting:
                timeouts_s.append(METERED_POLL_S)
        return readers, writers, min(timeouts_s, default=None)

    def move(self) -> None:
        """Carry what can be carried without waiting."""
        with contextlib.suppress(BlockingIOError):
            self._take_from_host()
        with contextlib.suppress(BlockingIOError):
            self._give_to_board()
        with contextlib.suppress(BlockingIOError):
            self._take_from_board()
        try:
            self._give_to_host()
        except BlockingIOError:
            self._drop_if_host_gone()

    def _take_from_host(self) -> None:
        if len(self._to_board) >= CHUNK_BYTES:
            return
        data = self.to_board_filter(os.read(self._master, CHUNK_BYTES))
        char = self._memory.interrupt_char
        if char != NO_INTERRUPT_CHAR and char in data:
            data = data[data.rindex(char) + 1 :]
            self.forget_input()
            self._on_interrupt()
        self._to_board += data

    @property
    def _held_back(self) -> bool:
        """What follows an interrupt byte is for whoever runs after the interrupt."""
        waiting = self._memory.interrupt_char != NO_INTERRUPT_CHAR
        return waiting and bool(self._memory.interrupt_requested)

    def _give_to_board(self) -> None:
        if self._held_back:
            return
        count = self.to_board_meter.allowed(len(self._to_board))
        if count:
            sent = self._host_end.send(self._to_board[:count])
            del self._to_board[:sent]
            self.to_board_meter.passed(sent)

    def _take_from_board(self) -> None:
        if len(self._to_host) < CHUNK_BYTES:
            if not self._to_host:
                self._host_took_at = time.monotonic()
            self._to_host += self.to_host_filter(self._host_end.recv(CHUNK_BYTES))

    def _give_to_host(self) -> None:
        count = self.to_host_meter.allowed(len(self._to_host))
        if count:
            sent = os.write(self._master, self._to_host[:count])
            del self._to_host[:sent]
            self.to_host_meter.passed(sent)
            self._host_took_at = time.monotonic()
            self._host_gone = False

    def _drop_if_host_gone(self) -> None:
        """Wait once for a host that takes nothing; then drop all until it does."""
        if time.monotonic() - self._host_took_at > HOST_GONE_S:
            self._host_gone = True
        if self._host_gone:
            self._to_host.clear()
