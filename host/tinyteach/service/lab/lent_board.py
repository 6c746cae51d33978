"""A board of this computer that a lab lends: who has it, how it is."""

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from tinyteach.errors import LabError
from tinyteach.lab.coordinator import Coordinator, RefusedError
from tinyteach.lab.lease import RefusedClaimError
from tinyteach.lab.places import BOARD, HEALTH, LEASE, MARK, OFFLINE, OK, YES, LabPlace
from tinyteach.link.port_server import PortServer
from tinyteach.service.boards.finding import resolve_port
from tinyteach.service.lab.health import SickError, Upkeep, check, examine_fully
from tinyteach.service.lab.lab_file import LabBoard, LabFile

# What was looked at after one lease need not be looked at again before the next.
FRESH_S = 60.0
ENDED_MAX = 1000  # borrowers that may yet come back from standing still
NOT_YET = "not yet looked at"
HAS_ANOTHER = "{owner} has it"
HAS_ENDED = "this lease of it has ended"
IS_OFFLINE = "it is offline: {reason}"


class LentBoard:
    """``tell`` is told in a sentence when it goes offline and comes back.

    One thread at a time changes whose it is or looks at it.
    """

    def __init__(self, lab: LabFile, number: int, tell: Callable[[str], None]) -> None:
        self.about: LabBoard = lab.boards[number]
        self._lab, self._tell = lab, tell
        self._lock = threading.RLock()
        self.owner = ""
        self._lease = object()
        self._lease_at = ""
        self._said: tuple[dict[str, str], str] = ({}, "")
        self._ended: deque[str] = deque(maxlen=ENDED_MAX)
        self.reason = NOT_YET  # empty: it is well
        self.board_id = ""
        self._upkeep = Upkeep()
        self._looked_s = self._examined_s = float("-inf")
        self.server = PortServer(lab.host, lab.port_of(number), self._port, self.about.protocol)

    @property
    def name(self) -> str:
        return self.about.name

    @property
    def url(self) -> str:
        """What a borrower opens."""
        return self.server.url(self._lab.host)

    def _port(self) -> str:
        return resolve_port(self.about.board)

    # Lending

    def lend(self, owner: str) -> object:
        """A lease, of which there is one at a time: of an owner that comes again the newest.

        RefusedClaimError where another has it or it is sick.
        """
        with self._lock:
            if self.owner not in ("", owner):
                raise RefusedClaimError(HAS_ANOTHER.format(owner=self.owner))
            if owner in self._ended:
                raise RefusedClaimError(HAS_ENDED)
            if time.monotonic() - self._looked_s > FRESH_S and not self.owner:
                self._look()
            if self.reason:
                raise RefusedClaimError(IS_OFFLINE.format(reason=self.reason))
            self.owner, self._lease = owner, object()
            return self._lease

    def take_back(self, coordinator: Coordinator, lease: object) -> None:
        """After a lease, whose end the borrower told or not: look at it, then let it go."""
        with self._lock:
            if lease is not self._lease:
                return
            self.server.cut()
            self._look()
            owner, self.owner = self.owner, ""
            self._ended.append(owner)
            self.settle(coordinator)
            coordinator.release(self.name, owner)

    # Health

    def _look(self) -> None:
        """The quick check. What it finds sick the doctor sees next."""
        try:
            self.board_id = check(self.about, self.board_id)
            if self.reason == NOT_YET:
                self._set("")
        except SickError as error:
            self._set(str(error))
            self._examined_s = float("-inf")
        self._looked_s = time.monotonic()

    def is_due(self) -> bool:
        """Whether the doctor is to look at it, as soon as nobody has it."""
        every_s = self._lab.retry_s if self.reason else self._lab.doctor_every_s
        return time.monotonic() - self._examined_s > every_s

    def examine(self) -> None:
        """The doctor, who mends what can be."""
        with self._lock:
            if self.owner:
                return
            self.server.cut()
            try:
                self.board_id = examine_fully(self.about, self.board_id, self._upkeep)
                self._set("")
            except SickError as error:
                self._set(str(error))
            self._looked_s = self._examined_s = time.monotonic()

    def _set(self, reason: str) -> None:
        if reason and reason != self.reason:
            self._tell(f"{self.name} is offline: {reason}.")
        elif self.reason and not reason:
            self._tell(f"{self.name} is ready.")
        self.reason = reason

    # Its place

    @property
    def tags(self) -> dict[str, str]:
        own = dict.fromkeys(self.about.tags, YES)
        lease = {LEASE: self._lease_at} if self._lease_at else {}
        return {**own, MARK: BOARD, HEALTH: OFFLINE if self.reason else OK, **lease}

    def lent_at(self, host: str, port: int) -> None:
        """Where its leases are claimed from now on."""
        self._lease_at = f"{host}:{port}"

    def settle(self, coordinator: Coordinator, place: LabPlace | None = None) -> None:
        """Let labgrid's place say how the board is, where it does not.

        ``place`` is what it says now; without, what it was told last is taken for that.
        """
        tags, comment = (place.tags, place.comment) if place else self._said
        self._said = (self.tags, self.reason)
        if tags != self.tags:
            gone = dict.fromkeys(set(tags) - set(self.tags), "")
            coordinator.set_tags(self.name, {**gone, **self.tags})
        if comment != self.reason:
            coordinator.set_comment(self.name, self.reason)

    def put_up(self, coordinator: Coordinator) -> None:
        """Make its place."""
        with suppress(RefusedError):  # it is there, with nothing in it
            coordinator.add_place(self.name)
        coordinator.add_match(self.name, f"{self._lab.name}/{self.name}/*")

    def restore(self, place: LabPlace) -> None:
        """A restarted coordinator forgot who has it: acquire it again in the owner's name."""
        if place.owner or not self.owner:
            return
        with self._lock:
            if not self.owner:
                return
            try:
                with Coordinator(self._lab.address, self.owner) as coordinator:
                    coordinator.acquire(self.name)
            except LabError:
                return  # another was quicker, whose claim will be refused: at the next round

    def close(self) -> None:
        self.server.close()
