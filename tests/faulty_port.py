"""A pseudo-terminal with a device at it, whose cable can be pulled at any byte."""

import contextlib
import os
import select
import threading
from collections.abc import Callable

from tinyteach.virtual.line import open_pseudo_terminal, pull

CHUNK_BYTES = 4096
POLL_S = 0.05


@contextlib.contextmanager
def silent_port():
    """The name of a port that takes bytes and never answers."""
    master, slave = open_pseudo_terminal()
    try:
        yield os.ttyname(slave)
    finally:
        pull(master, slave)


class Unplugged(Exception):
    """The port is gone."""


class FaultyPort:
    """``receive(data)`` gets what the host sends; ``send`` answers. Counts start at each plugging.

    ``pull_at`` pulls the cable when so many bytes have gone ``"to_host"`` or ``"to_board"``;
    ``lose_at`` drops the byte of that number on its way to the host.
    """

    def __init__(self, receive: Callable[[bytes], None]) -> None:
        self._receive = receive
        self.plug_in()

    def plug_in(self) -> None:
        """A new port, without faults."""
        self.counts = {"to_host": 0, "to_board": 0}
        self.pull_at: dict[str, int] = {}
        self.lose_at: int | None = None
        self._master, self._slave = open_pseudo_terminal()
        self.name = os.ttyname(self._slave)
        self._pulled = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def pull(self) -> None:
        """Pull the cable; what has not arrived is lost."""
        self._pulled.set()
        self._thread.join()

    def send(self, data: bytes) -> None:
        """To the host; raises Unplugged when the cable is pulled."""
        data = self._without_lost(data)
        while data:
            self._wait([], [self._master])
            with contextlib.suppress(BlockingIOError):
                sent = os.write(self._master, data[: self._allowed("to_host", len(data))])
                data = data[sent:]
                self._count("to_host", sent)

    def _without_lost(self, data: bytes) -> bytes:
        place = -1 if self.lose_at is None else self.lose_at - self.counts["to_host"]
        if not 0 <= place < len(data):
            return data
        self.lose_at = None
        return data[:place] + data[place + 1 :]

    def _serve(self) -> None:
        try:
            while True:
                self._wait([self._master], [])
                data = os.read(self._master, self._allowed("to_board", CHUNK_BYTES))
                self._count("to_board", len(data))
                self._receive(data)
        except (Unplugged, OSError):
            self._pulled.set()
            pull(self._master, self._slave)

    def _wait(self, readers: list[int], writers: list[int]) -> None:
        while not self._pulled.is_set():
            if any(select.select(readers, writers, [], POLL_S)):
                return
        raise Unplugged

    def _allowed(self, way: str, wanted: int) -> int:
        """Up to the byte at which the cable is pulled."""
        at = self.pull_at.get(way)
        return wanted if at is None else max(1, min(wanted, at - self.counts[way]))

    def _count(self, way: str, count: int) -> None:
        self.counts[way] += count
        at = self.pull_at.get(way)
        if at is not None and self.counts[way] >= at:
            raise Unplugged
