"""``tinyteach lab export``: lends this computer's boards until it is stopped."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

from tinyteach.errors import LabError
from tinyteach.lab.coordinator import Coordinator, RefusedError
from tinyteach.lab.places import SERIAL_PORT, LabPlace, is_ours
from tinyteach.service.lab.lab_file import LabFile
from tinyteach.service.lab.labgrid_env import ExporterProcess, programs
from tinyteach.service.lab.lease_server import LeaseServer
from tinyteach.service.lab.lent_board import LentBoard

ROUND_S = 1.0
DOCTORS = 2  # at once: each keeps a core busy
SPEED = 115_200
DEAD = "{owner} has {name} and keeps no lease; it is released."
STOPPED = "its computer has stopped lending"
NAME_TIMEOUT_S = 10.0
TWICE = (
    "An exporter called {name} is connected to the lab already; end that one, or let this file "
    "have another 'name'."
)
ELSEWHERE = (
    "The lab has a board {name} already, at the exporter {exporter}; choose another name for it in "
    "the lab's file."
)
AGAIN = "labgrid-exporter ended ({why}) and was started again."

Tell = Callable[[str], None]


def export(lab: LabFile, tell: Tell) -> None:
    """Lend the boards until KeyboardInterrupt. Raises LabError where it cannot begin."""
    with exporting(lab, tell) as lender:
        while True:
            lender.round()
            time.sleep(ROUND_S)


@contextmanager
def exporting(lab: LabFile, tell: Tell) -> Iterator["Lender"]:
    """The same where somebody else calls ``round()``, once a second or so."""
    programs()
    with Coordinator(lab.address) as coordinator:
        lender = Lender(lab, coordinator, tell)
        try:
            lender.start()
            yield lender
        finally:
            lender.stop()


class Lender:
    """All boards of one file, their ports, their leases and labgrid's exporter."""

    def __init__(self, lab: LabFile, coordinator: Coordinator, tell: Tell) -> None:
        self._lab, self._coordinator, self._tell = lab, coordinator, tell
        self.boards: dict[str, LentBoard] = {}
        self._leases: LeaseServer | None = None
        self._exporter: ExporterProcess | None = None
        self._doctors = ThreadPoolExecutor(DOCTORS, "doctor")
        self._at_the_doctor: set[str] = set()
        # Since when which owner has had a place without a lease, or a reservation.
        self._seen_s: dict[tuple[str, str], float] = {}
        self._seen_before_s: dict[tuple[str, str], float] = {}
        self._said = ""
        self._own = f"{lab.name}/tinyteach-export"

    def start(self) -> None:
        lab, coordinator = self._lab, self._coordinator
        known = self._known_places()
        self._await_the_name()
        for number in range(len(lab.boards)):
            board = LentBoard(lab, number, self._tell)
            self.boards[board.name] = board
            if board.name in known and known[board.name].is_well:
                board.reason = ""  # until the first look at it, which is before it is lent
        address = (lab.host, lab.port)
        self._leases = LeaseServer(address, self.boards, coordinator, lab.lease_s)
        for board in self.boards.values():
            board.lent_at(lab.host, self._leases.port)
        self._release_own()
        resources = self._resources()
        self._exporter = ExporterProcess(lab.name, lab.host, coordinator.address, resources)
        self._leases.start()
        self._tell(f"Lending at {lab.host}:{self._leases.port}: {', '.join(self.boards)}.")

    def stop(self) -> None:
        """Lend no more: what is borrowed ends, and every place is left free and offline."""
        self._doctors.shutdown(wait=True, cancel_futures=True)
        if self._leases:
            self._leases.stop()
        for board in self.boards.values():
            board.close()
        if self._exporter:
            with suppress(LabError):
                self._leave()
            self._exporter.stop()

    def _leave(self) -> None:
        for board in self.boards.values():
            board.reason = STOPPED
            board.settle(self._coordinator)
        self._release_own()

    @property
    def exporter_pid(self) -> int:
        """labgrid's exporter, as it runs now."""
        return self._exporter.pid if self._exporter else 0

    def round(self) -> None:
        """Make labgrid's places as ours are, release the dead's, send the due to the doctor."""
        self._seen_before_s, self._seen_s = self._seen_s, {}
        try:
            places = {place.name: place for place in self._coordinator.places()}
            if self._exporter and (why := self._exporter.started_again()):
                self._say(AGAIN.format(why=why))
            for name, board in self.boards.items():
                self._one(board, places.get(name))
            self._drop_dead_reservations()
        except LabError as error:
            self._say(str(error))

    def _say(self, sentence: str) -> None:
        """Once, though it is so at every round."""
        if sentence != self._said:
            self._tell(sentence)
        self._said = sentence

    def _one(self, board: LentBoard, place: LabPlace | None) -> None:
        if place is None or not place.exporter:
            board.put_up(self._coordinator)
            board.settle(self._coordinator)
            return
        board.settle(self._coordinator, place)
        board.restore(place)
        self._release_dead(board, place)
        is_free = not place.owner and not board.owner
        if is_free and board.is_due() and board.name not in self._at_the_doctor:
            self._at_the_doctor.add(board.name)
            self._doctors.submit(self._send_to_doctor, board)

    def _known_places(self) -> dict[str, LabPlace]:
        """What is left of an exporter that was killed; LabError where a name is another's."""
        places = {place.name: place for place in self._coordinator.places()}
        for name in {board.name for board in self._lab.boards} & places.keys():
            exporter = places[name].exporter
            if exporter not in ("", self._lab.name):
                raise LabError(ELSEWHERE.format(name=name, exporter=exporter))
        return places

    def _await_the_name(self) -> None:
        """One that was killed a moment ago may still be connected; LabError where it stays."""
        give_up = time.monotonic() + NAME_TIMEOUT_S
        while self._is_connected():
            if time.monotonic() > give_up:
                raise LabError(TWICE.format(name=self._lab.name))
            time.sleep(ROUND_S)

    def _is_connected(self) -> bool:
        with Coordinator(self._coordinator.address, self._own) as coordinator:
            names = {resource.path.exporter_name for resource in coordinator.resources()}
        return self._lab.name in names

    # What the dead hold

    def _release_dead(self, board: LentBoard, place: LabPlace) -> None:
        """Of ours that hold the place without a lease for as long as one lasts.

        And what was held for the doctor, where an answer of the coordinator was lost.
        """
        left = place.owner == self._own and board.name not in self._at_the_doctor
        without_lease = is_ours(place.owner) and board.owner != place.owner
        if (without_lease or left) and self._is_old(board.name, place.owner):
            self._tell(DEAD.format(owner=place.owner, name=board.name))
            self._coordinator.release(board.name, place.owner)

    def _drop_dead_reservations(self) -> None:
        """Sooner than labgrid does: a borrower acquires at once what has come to it."""
        for token, owner, place in self._coordinator.reservations():
            mine = place in self.boards and is_ours(owner)
            if mine and self._is_old(token, owner):
                with suppress(RefusedError):
                    self._coordinator.cancel(token)

    def _is_old(self, what: str, owner: str) -> bool:
        """Whether it was so at every round for as long as a lease lasts."""
        now_s, key = time.monotonic(), (what, owner)
        self._seen_s[key] = self._seen_before_s.get(key, now_s)
        return now_s - self._seen_s[key] > self._lab.lease_s

    def _release_own(self) -> None:
        """What this exporter held for its doctor, also one that was killed meanwhile."""
        for place in self._coordinator.places():
            if place.owner == self._own:
                self._coordinator.release(place.name, self._own)

    # The doctor

    def _send_to_doctor(self, board: LentBoard) -> None:
        try:
            with Coordinator(self._coordinator.address, self._own) as coordinator:
                coordinator.acquire(board.name)
                try:
                    board.examine()
                    board.settle(coordinator)
                finally:
                    coordinator.release(board.name, self._own)
        except LabError:
            pass  # somebody was quicker, or there is no coordinator: the next round sees it
        finally:
            self._at_the_doctor.discard(board.name)

    def _resources(self) -> dict[str, Any]:
        """labgrid's environment of exported resources."""
        boards = self.boards.values()
        return {board.name: {SERIAL_PORT: self._serial_port(board)} for board in boards}

    def _serial_port(self, board: LentBoard) -> dict[str, Any]:
        about = {"port": board.server.port, "protocol": board.about.protocol}
        return {"host": self._lab.host, "speed": SPEED, **about}
