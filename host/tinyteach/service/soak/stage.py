"""Where a soak takes place: a virtual board of its own, or the one named; what unplugs it."""

import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from tinyteach.data.drawing import DEMO_OBJECTS, demo_object
from tinyteach.data.handheld import HandheldCamera
from tinyteach.errors import BoardNotFoundError, UsageError
from tinyteach.progress import Progress
from tinyteach.service.boards.finding import resolve_port, running_virtuals
from tinyteach.service.boards.opening import pair_for_now
from tinyteach.service.boards.virtual_boards import virtual_board
from tinyteach.virtual.running import Control

OFF_S = 1.0  # without power, by a command
POWER_TIMEOUT_S = 60.0
CABLE, RESET, POWER = "cable", "reset", "power"
# Most often the cable alone: a board that keeps running is one whose memory tells something.
VIRTUAL_WAYS = (*(CABLE,) * 28, RESET, POWER)
NO_POWER = (
    "it is no virtual board and no command switches its power; name one with --power to have it "
    "unplugged, too"
)
PLACE = "{}"
WITHOUT_PLACE = (
    "--power needs a command in which {} stands for on and off, such as "
    "'uhubctl -l 1-1 -p 2 -a {}'."
)
NOTHING_TO_SWITCH = (
    "--power switches a real board's power, and {} has none to switch; name a board with --board, "
    "or leave --power out: a virtual board is unplugged without."
)
NOT_SWITCHED = (
    "The command that switches the board's power failed ({}); try it by hand, then run the soak "
    "again."
)

# Does it to the board and says which it was: cable, reset or power.
Unplug = Callable[[Random], str]


@dataclass(frozen=True)
class Stage:
    """``where()`` finds the board now; ``unplug`` is None where nothing can, ``why_not`` says."""

    name: str
    where: Callable[[], str]
    unplug: Unplug | None
    why_not: str = ""
    is_own: bool = False


@contextmanager
def stage_for(board: str | None, power: str | None, progress: Progress) -> Iterator[Stage]:
    """The board that is named; without one a virtual board, gone at the end."""
    if power is not None and PLACE not in power:
        raise UsageError(WITHOUT_PLACE)
    if power is not None and board is None:
        raise UsageError(NOTHING_TO_SWITCH.format("the virtual board of a soak"))
    if board is not None:
        yield _stage_of(board, power)
        return
    with virtual_board() as virtual:
        pair_for_now(virtual.port, progress)
        cameras = [HandheldCamera(demo_object(name)) for name in DEMO_OBJECTS]
        shown = iter(_in_turn(cameras))
        virtual.show_source(lambda: next(shown).next_view())

        def unplug(chance: Random) -> str:
            way = chance.choice(VIRTUAL_WAYS)
            if way == POWER:
                virtual.cut_power_now()
            elif way == RESET:
                virtual.reset()
            virtual.drop_link()
            virtual.power_on()
            return way

        yield Stage("a virtual board of its own", lambda: virtual.port, unplug, is_own=True)


def _in_turn(cameras: list[HandheldCamera]) -> Iterator[HandheldCamera]:
    while True:
        yield from cameras


def _stage_of(board: str, power: str | None) -> Stage:
    port = resolve_port(board)
    virtual = next((info for info in running_virtuals() if info.port == port), None)
    if power is not None and virtual is not None:
        raise UsageError(NOTHING_TO_SWITCH.format(f"the virtual board {virtual.name}"))
    if power is not None:
        return Stage(board, lambda: board, lambda chance: _switch(power))
    if virtual is None:
        return Stage(board, lambda: board, None, NO_POWER)
    control, name = Control(virtual), virtual.name

    def unplug(chance: Random) -> str:
        way = RESET if chance.choice(VIRTUAL_WAYS) != CABLE else CABLE
        if way == RESET:
            control.reset()
        control.replug()
        return way

    return Stage(board, lambda: _port_of_virtual(name), unplug)


def _port_of_virtual(name: str) -> str:
    """Its port has another name after each unplugging."""
    info = next((info for info in running_virtuals() if info.name == name), None)
    if info is None:
        raise BoardNotFoundError(f"The virtual board {name} has ended; start it and soak it again.")
    return info.port


def _switch(power: str) -> str:
    """Off, a second later on."""
    for state, pause_s in (("off", OFF_S), ("on", 0.0)):
        command = [word.replace(PLACE, state) for word in shlex.split(power)]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=POWER_TIMEOUT_S)
        except (OSError, subprocess.SubprocessError) as error:
            raise UsageError(NOT_SWITCHED.format(str(error).rstrip("."))) from error
        time.sleep(pause_s)
    return POWER
