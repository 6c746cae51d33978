"""A lab on loopback: labgrid's coordinator and exporter, two virtual boards, leases of seconds."""

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from labgrid import LabgridCoordinator, coordinator_in, programs
from patience import PATIENCE_S
from tinyteach.lab.borrowing import WAIT_VARIABLE
from tinyteach.service.lab.exporting import Lender, exporting
from tinyteach.service.lab.lab_file import LabBoard, LabFile
from tinyteach.service.lab.status import lab_status
from tinyteach.virtual.board import VirtualBoard

ROUND_S = 0.1
LEASE_S = 6.0  # longer than a busy machine keeps a borrower from its beat


@dataclass
class Lab:
    """What tests see of it; ``told`` is what `tinyteach lab export` has said."""

    coordinator: LabgridCoordinator
    lender: Lender
    boards: dict[str, VirtualBoard]
    told: list[str]

    def states(self) -> dict[str, str]:
        """Of each board, by name."""
        return {entry.name: entry.state for entry in lab_status(None).boards}

    def until(self, found) -> None:
        """Wait until ``found()``."""
        give_up = time.monotonic() + PATIENCE_S
        while not found():
            assert time.monotonic() < give_up, (self.told, self.states())
            time.sleep(0.05)

    def until_ready(self, *names: str) -> None:
        """Until these, by default all, are free and well."""
        self.until(lambda: {self.states().get(n) for n in names or self.boards} == {"ready"})


@pytest.fixture(scope="session")
def labgrid():
    """labgrid's programs are there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYTEACH_LABGRID", str(programs()))
        yield


@pytest.fixture(scope="module")
def lab(labgrid, switch_on, tmp_path_factory):
    """Boards ``left``, tagged ``virtual_one``, and ``right``."""
    folder = tmp_path_factory.mktemp("coordinator")
    with (
        pytest.MonkeyPatch.context() as patch,
        coordinator_in(folder) as coordinator,
        switch_on("i386") as left,
        switch_on("i386") as right,
    ):
        patch.setenv("LG_COORDINATOR", coordinator.address)
        patch.setenv(WAIT_VARIABLE, str(PATIENCE_S))
        patch.setenv("TINYTEACH_HOME", str(folder / "home"))
        boards, told = {"left": left, "right": right}, []
        with exporting(lab_of(boards), told.append) as lender, in_rounds(lender):
            lab = Lab(coordinator, lender, boards, told)
            lab.until_ready()
            yield lab


def lab_of(boards) -> LabFile:
    """Both boards' flash is one flash's copy, and so is their identity."""
    about = [
        LabBoard("left", boards["left"].port, ("virtual_one",), "raw", open=True),
        LabBoard("right", boards["right"].port, open=True),
    ]
    return LabFile(tuple(about), "desk", port=0, lease_s=LEASE_S, retry_s=0.5)


@contextmanager
def in_rounds(lender):
    """What `tinyteach lab export` does in its own main thread."""
    stop = threading.Event()

    def rounds():
        while not stop.wait(ROUND_S):
            lender.round()

    thread = threading.Thread(target=rounds)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
