"""The module's serial line: a port at one end, the firmware that reads and writes at the other.

Used by the module's thread; `ask` alone may be called by others: it ends what the thread waits for
by an exception, as the reset button and the plug end whatever the firmware does.
"""

import contextlib
import fcntl
import os
import queue
import select
import socket
import struct
import termios
import time
from typing import NoReturn

from tinyteach.virtual.line import (
    CHUNK_BYTES,
    HOST_GONE_S,
    METERED_POLL_S,
    Meter,
    open_pseudo_terminal,
    pull,
)

SPLIT_POLL_S = 0.0002


class ResetPressed(Exception):
    """The reset button, or the command that does the same."""


class PlugPulled(Exception):
    """The module has no power and no port until it is plugged in again."""


class PoweredOff(Exception):
    """The module is not needed any more."""


Asked = type[ResetPressed] | type[PlugPulled] | type[PoweredOff]


class Wire:
    """``port`` is what clients open; it has another name after `replug`."""

    def __init__(self) -> None:
        self.in_meter, self.out_meter = Meter(), Meter()
        self.is_split = False
        self._asked: queue.SimpleQueue[Asked] = queue.SimpleQueue()
        self._wake, self._waker = socket.socketpair()
        self._is_open = False
        self.plug_in()

    def plug_in(self) -> None:
        """A port, where there is none."""
        if self._is_open:
            return
        self._master, self._slave = open_pseudo_terminal()
        self.port = os.ttyname(self._slave)
        self._is_open, self._is_gone = True, False

    def unplug(self) -> None:
        """Clients lose the port."""
        if self._is_open:
            pull(self._master, self._slave)
        self._is_open = False

    def close(self) -> None:
        """No port for good."""
        self.unplug()
        self._wake.close()
        self._waker.close()

    def ask(self, what: Asked) -> None:
        """End what the module does now, from any thread."""
        self._asked.put(what)
        self._waker.send(b"\0")

    def pause(self, timeout_s: float | None) -> None:
        """Wait, unless something else is asked."""
        self._wait([], [], timeout_s)

    def ignore_all(self) -> NoReturn:
        """Take what comes and say nothing, until something else is asked."""
        while True:
            self.read(HOST_GONE_S)

    def forget_input(self) -> None:
        """Drop what has come and was not read: it came while nobody listened."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self._master, CHUNK_BYTES):
                pass

    def read_byte(self, timeout_s: float) -> bytes:
        """One byte of what has come."""
        return self.read(timeout_s, 1)

    def read(self, timeout_s: float, most: int = CHUNK_BYTES) -> bytes:
        """What has come, at most so much; empty where nothing does for so long."""
        if not self._wait([self._master], [], timeout_s)[0]:
            return b""
        while not (count := self.in_meter.allowed(most)):
            self.pause(METERED_POLL_S)
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._master, count)
            self.in_meter.passed(len(data))
            return data
        return b""

    def write(self, data: bytes) -> None:
        """Send; what no client takes for HOST_GONE_S is lost, and all until one does."""
        if not self.is_split:
            self._write(data)
            return
        for place in range(len(data)):
            self._write(data[place : place + 1])
            self._wait_taken()

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        taken_s = time.monotonic()
        while left:
            sent = self._send(left)
            left = left[sent:]
            if sent:
                taken_s, self._is_gone = time.monotonic(), False
            elif self._is_gone or time.monotonic() - taken_s > HOST_GONE_S:
                self._is_gone = True
                return

    def _send(self, data: memoryview) -> int:
        """How many bytes went; waits a little where none can."""
        count = self.out_meter.allowed(len(data))
        if not count:
            self.pause(METERED_POLL_S)
            return 0
        timeout_s = 0 if self._is_gone else HOST_GONE_S
        if not self._wait([], [self._master], timeout_s)[1]:
            return 0
        with contextlib.suppress(BlockingIOError):
            sent = os.write(self._master, data[:count])
            self.out_meter.passed(sent)
            return sent
        return 0

    def _wait_taken(self) -> None:
        """Until the client has read all, so that it gets the next byte alone."""
        since_s = time.monotonic()
        while self._unread() and time.monotonic() - since_s < HOST_GONE_S:
            self.pause(SPLIT_POLL_S)

    def _unread(self) -> int:
        count = fcntl.ioctl(self._slave, termios.FIONREAD, struct.pack("i", 0))
        return int(struct.unpack("i", count)[0])

    def _wait(
        self, readers: list[int], writers: list[int], timeout_s: float | None
    ) -> tuple[list[int], list[int]]:
        wake = self._wake.fileno()
        readable, writable, _ = select.select([wake, *readers], writers, [], timeout_s)
        if wake in readable:
            self._wake.recv(1)
            raise self._asked.get()
        return readable, writable
