"""A board of a lab: reserved, acquired, kept by a lease, given back."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tinyteach.errors import BoardHeldError, BoardNotFoundError, LabError, UsageError
from tinyteach.lab.coordinator import Coordinator, RefusedError, address_meant
from tinyteach.lab.lease import Lease, RefusedClaimError
from tinyteach.lab.places import (
    BOARD,
    HEALTH,
    MARK,
    OK,
    PREFIX,
    YES,
    LabPlace,
    new_owner,
)

WAIT_VARIABLE = "TINYTEACH_LAB_WAIT_S"
WAIT_S = 60.0
POLL_S, POLL_S_MAX = 0.05, 0.5
UNKNOWN = "The lab at {address} has no board {wanted!r}; it has {names}."
NO_BOARDS = (
    "The lab at {address} has no boards; run 'tinyteach lab export FILE' on the computer that has "
    "some."
)
HELD = (
    "No board {wanted!r} of the lab at {address} was free for {wait_s:g} s ({held}); wait, or let "
    "TINYTEACH_LAB_WAIT_S be longer."
)
NOT_SECONDS = "TINYTEACH_LAB_WAIT_S is {value!r}, which is no number of seconds; set it to one."


@contextmanager
def acquire(wanted: str, wait_s: float | None = None) -> Iterator[Lease]:
    """A board of the lab by its name or tag, "" being any: its `Lease`, whose ``url`` is opened.

    Reserved, acquired, and given back at the end whatever happens. ``wait_s`` is for how long to
    stand in line, by default TINYTEACH_LAB_WAIT_S, else 60 s. Raises LabError where there is no
    lab, BoardNotFoundError where it has no such board, BoardHeldError where none is free in time,
    and LabError at the end where the lease was lost meanwhile.
    """
    lease = borrow(wanted.removeprefix(PREFIX), wait_seconds() if wait_s is None else wait_s)
    try:
        yield lease
        lease.check()
    finally:
        give_back(lease)


def wait_seconds() -> float:
    """The variable's, else the usual."""
    value = os.environ.get(WAIT_VARIABLE, "")
    try:
        seconds = float(value) if value else WAIT_S
    except ValueError as error:
        raise UsageError(NOT_SECONDS.format(value=value)) from error
    if not 0 <= seconds < threading.TIMEOUT_MAX:  # nan is neither
        raise UsageError(NOT_SECONDS.format(value=value))
    return seconds


def borrow(wanted: str, wait_s: float) -> Lease:
    """The same for who says by `give_back` when it ends."""
    owner = new_owner()
    give_up = time.monotonic() + wait_s
    with Coordinator(address_meant(), owner) as coordinator:
        try:
            while True:
                lease = _try_once(coordinator, wanted, wait_s, give_up)
                if lease is not None:
                    return lease
        except BaseException:
            with suppress(LabError):
                _clear(coordinator.address, owner)
            raise


def _try_once(coordinator: Coordinator, wanted: str, wait_s: float, give_up: float) -> Lease | None:
    """None where what came was not lent after all."""
    places = [place for place in coordinator.places() if place.is_board]
    token, place = coordinator.reserve(_tags_of(coordinator, places, wanted))
    pause_s = POLL_S
    while not place:
        if time.monotonic() >= give_up:
            raise _held(coordinator, wanted, wait_s)
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, POLL_S_MAX)
        place = coordinator.reserved(token)
    address = next((each.lease_address for each in places if each.name == place), None)
    lease = _acquire(coordinator, place, address)
    with suppress(RefusedError):  # it may have expired meanwhile
        coordinator.cancel(token)
    if lease is None:
        coordinator.release(place, coordinator.name)
        if time.monotonic() >= give_up:
            raise _held(coordinator, wanted, wait_s)
        time.sleep(POLL_S_MAX)
    return lease


def _acquire(coordinator: Coordinator, place: str, address: tuple[str, int] | None) -> Lease | None:
    """None where labgrid's place or its board cannot be had now, though it was reserved."""
    try:
        coordinator.acquire(place)
        return Lease(address, place, coordinator.name) if address else None
    except (RefusedError, RefusedClaimError, OSError):
        return None


def _tags_of(coordinator: Coordinator, places: list[LabPlace], wanted: str) -> dict[str, str]:
    """What to reserve by. BoardNotFoundError where no place is called so."""
    tags = {MARK: BOARD, HEALTH: OK}
    if not places:
        raise BoardNotFoundError(NO_BOARDS.format(address=coordinator.address))
    if not any(place.is_called(wanted) for place in places):
        names = ", ".join(f"{p.name} ({', '.join(p.words)})" if p.words else p.name for p in places)
        address = coordinator.address
        raise BoardNotFoundError(UNKNOWN.format(address=address, wanted=wanted, names=names))
    if any(place.name == wanted for place in places):
        return {**tags, "name": wanted}
    return {**tags, wanted: YES} if wanted else tags


def _held(coordinator: Coordinator, wanted: str, wait_s: float) -> BoardHeldError:
    places = [place for place in coordinator.places() if place.is_called(wanted)]
    held = "; ".join(map(_how, places))
    address = coordinator.address
    return BoardHeldError(HELD.format(wanted=wanted, address=address, wait_s=wait_s, held=held))


def _how(place: LabPlace) -> str:
    if not place.is_well:
        return f"{place.name} is offline: {place.comment or 'not yet looked at'}"
    return f"{place.name} is held by {place.owner}" if place.owner else f"{place.name} is reserved"


def give_back(lease: Lease) -> None:
    """By its exporter, which looks at the board first; where it is gone, at the coordinator."""
    if not lease.end():
        with suppress(LabError), Coordinator(address_meant()) as coordinator:
            coordinator.release(lease.place, lease.owner)


def _clear(address: str, owner: str) -> None:
    """Leave nothing reserved or acquired, also where a request's answer was never read."""
    with Coordinator(address) as coordinator:
        for token, by, _ in coordinator.reservations():
            if by == owner:
                coordinator.cancel(token)
        for place in coordinator.places():
            if place.owner == owner:
                coordinator.release(place.name, owner)
