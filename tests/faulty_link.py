"""A cable that does to bytes what cables do, between a board's port and a name that leads to it.

Nobody but the port's two ends is asked: a virtual board's or any other. What it does is drawn from
a seed, so a session that went wrong is had again.
"""

import contextlib
import os
import select
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from slow_uart import BYTES_PER_S, SlowUart
from tinyteach.virtual.line import Meter, open_pseudo_terminal, pull

CHUNK_BYTES = 4096
POLL_S = 0.002
TO_BOARD, TO_HOST = WAYS = "to the board", "to the host"
FLIP, DROP, DOUBLE, DELAY, SPLIT, STALL, UNPLUG, NEW_NAME = KINDS = (
    *("flip", "drop", "double", "delay", "split", "stall", "unplug", "new name"),
)
# The last two break most sessions, so they are drawn less often.
WEIGHTS = (3, 3, 3, 2, 2, 2, 1, 1)
FOR_EVER_S = 1e9


@dataclass(frozen=True)
class Fault:
    """What happens to the byte of number ``at`` of a session on its way, and to those behind it.

    ``count`` bytes are flipped (a bit each), left out, sent twice or one at a time. For ``for_s``
    seconds bytes are held back (delay, and stall, which stands still for long) or the cable is out;
    it then comes back with another port's name.
    """

    kind: str
    way: str
    at: int
    count: int = 1
    for_s: float = 0.0


def draw(chance: Random, bytes_of: dict[str, int], faults_max: int = 3) -> list[Fault]:
    """Faults of one session that has about so many bytes each way; the gravest is the last."""
    faults = []
    for _ in range(chance.randint(1, faults_max)):
        kind, way = chance.choices(KINDS, WEIGHTS)[0], chance.choice(WAYS)
        # Beginnings and ends are short and hold what matters: a third is drawn near each.
        most = max(1, bytes_of[way])
        near = chance.randrange(min(most, 200))
        at = chance.choice([near, chance.randrange(most), max(0, most - near)])
        count = chance.choice([1, 2, 9, 64, 300])
        faults.append(Fault(kind, way, at, count, _duration_s(chance, kind)))
    return sorted(faults, key=lambda fault: fault.kind in (STALL, UNPLUG))


def _duration_s(chance: Random, kind: str) -> float:
    if kind == DELAY:
        return chance.uniform(0.01, 0.4)
    if kind == STALL:
        return chance.choice([0.5, 1.5, 3.0, FOR_EVER_S])
    return chance.choice([0.05, 1.0, FOR_EVER_S]) if kind == UNPLUG else 0.0


@dataclass
class _Way:
    """Bytes under way: ``raw`` as they were sent, ``out`` as they arrive."""

    raw: bytearray = field(default_factory=bytearray)
    out: bytearray = field(default_factory=bytearray)
    passed: int = 0
    held_until_s: float = 0.0
    singly: int = 0  # bytes that go one at a time
    faults: list[Fault] = field(default_factory=list)
    meter: Meter = field(default_factory=Meter)

    def begin(self, faults: Sequence[Fault]) -> None:
        self.faults = sorted(faults, key=lambda fault: fault.at)
        self.passed, self.held_until_s, self.singly = 0, 0.0, 0

    def empty(self) -> None:
        self.raw.clear()
        self.out.clear()


class FaultyLink:
    """``place`` is a link in the file system, as udev makes them, to the port of the moment."""

    def __init__(self, port: str, place: Path, uart: SlowUart | None = None) -> None:
        self.place = place
        self._uart = uart
        self._board = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._ways = {way: _Way() for way in WAYS}
        if uart:
            self._ways[TO_HOST].meter.bytes_per_second = BYTES_PER_S
        self._lock = threading.RLock()
        self._ends: tuple[int, int] | None = None
        self._back_at_s = 0.0
        self._stopping = False
        self.last_fault_s = 0.0
        self._plug_in()
        self._thread = threading.Thread(target=self._run, name="faulty-link", daemon=True)
        self._thread.start()

    def __enter__(self) -> "FaultyLink":
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping = True
        self._thread.join()
        self._pull()
        os.close(self._board)

    def begin(self, faults: Sequence[Fault] = ()) -> dict[str, int]:
        """From now on bytes are counted anew and these faults happen; bytes of each way before."""
        with self._lock:
            passed = {name: way.passed for name, way in self._ways.items()}
            for name, way in self._ways.items():
                way.begin([fault for fault in faults if fault.way == name])
            if self._ends is None:
                self._plug_in()
        return passed

    # The cable

    def _plug_in(self) -> None:
        self._ends = open_pseudo_terminal()
        beside = self.place.with_name(f"{self.place.name}.new")
        beside.unlink(missing_ok=True)
        beside.symlink_to(os.ttyname(self._ends[1]))
        beside.replace(self.place)

    def _pull(self) -> None:
        """What is under way is lost."""
        if self._ends is not None:
            self.place.unlink(missing_ok=True)
            pull(*self._ends)
            self._ends = None
        for way in self._ways.values():
            way.empty()

    def _run(self) -> None:
        while not self._stopping:
            with self._lock:
                self._turn()
                readers, writers = self._waits_for()
            # Whatever is due by the clock, or by the lock's other holder, is seen soon.
            busy = any(way.raw or way.out for way in self._ways.values())
            select.select(readers, writers, [], POLL_S if busy else POLL_S * 5)

    def _waits_for(self) -> tuple[list[int], list[int]]:
        host = self._ends[0] if self._ends else None
        to_board, to_host = self._ways[TO_BOARD], self._ways[TO_HOST]
        readers = [] if len(to_host.raw) >= CHUNK_BYTES else [self._board]
        if host is not None and len(to_board.raw) < CHUNK_BYTES:
            readers.append(host)
        return readers, []

    def _turn(self) -> None:
        if self._ends is None and time.monotonic() >= self._back_at_s:
            self._plug_in()
        self._carry(self._ways[TO_BOARD], self._ends[0] if self._ends else None, self._board)
        self._carry(self._ways[TO_HOST], self._board, self._ends[0] if self._ends else None)

    def _carry(self, way: _Way, source: int | None, target: int | None) -> None:
        """What can be carried without waiting."""
        if source is not None and len(way.raw) < CHUNK_BYTES:
            with contextlib.suppress(BlockingIOError, OSError):
                way.raw += os.read(source, CHUNK_BYTES)
        if target is None:
            way.empty()  # nobody is there: a board's USB drops what it has
            return
        self._pass_on(way)
        if self._ends is not None:
            self._give(way, target)

    def _pass_on(self, way: _Way) -> None:
        """From ``raw`` to ``out``, through the faults that are due."""
        while way.raw and len(way.out) < CHUNK_BYTES and time.monotonic() >= way.held_until_s:
            due = way.faults[0].at - way.passed if way.faults else len(way.raw)
            if due > 0:
                self._take(way, due)
            else:
                self._do(way, way.faults.pop(0))

    def _take(self, way: _Way, count: int) -> None:
        piece = way.raw[:count]
        del way.raw[: len(piece)]
        way.passed += len(piece)
        way.out += piece

    def _do(self, way: _Way, fault: Fault) -> None:
        self.last_fault_s = time.monotonic()
        if fault.kind in (DELAY, STALL):
            way.held_until_s = time.monotonic() + fault.for_s
        elif fault.kind in (UNPLUG, NEW_NAME):
            self._back_at_s = time.monotonic() + fault.for_s
            self._pull()
        elif fault.kind == SPLIT:
            way.singly = fault.count
        else:
            piece = bytes(way.raw[: fault.count])
            del way.raw[: len(piece)]
            way.passed += len(piece)
            way.out += _spoilt(fault, piece)

    def _give(self, way: _Way, target: int) -> None:
        count = len(way.out)
        if way.singly:
            count = min(count, 1)
        if self._uart and target == self._board:
            sent, taken = self._uart.carry(bytes(way.out[:count]))
            _write(target, taken)
        else:
            count = way.meter.allowed(count)
            sent = _write(target, way.out[:count])
            way.meter.passed(sent)
        del way.out[:sent]
        way.singly = max(0, way.singly - sent)


def _write(target: int, data: bytes) -> int:
    """How many of the bytes are taken now."""
    try:
        return os.write(target, data) if data else 0
    except OSError:  # it pushes back, or is gone
        return 0


def _spoilt(fault: Fault, piece: bytes) -> bytes:
    if fault.kind == FLIP:
        return bytes(byte ^ 1 << (fault.at + n) % 8 for n, byte in enumerate(piece))
    return piece * 2 if fault.kind == DOUBLE else b""
