"""Opens links: to a port, recorded where that is switched on, or to a tape."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tinyteach.link.serial_link import BAUD_RATE, SerialLink
from tinyteach.link.tape.recorded_link import RecordedLink
from tinyteach.link.tape.recorder import at_work
from tinyteach.link.tape.replay import Replay, replay_of
from tinyteach.link.tape.replayed_link import ReplayedLink

SCHEME = "replay://"
_replays: dict[str, Replay] = {}


def open_link(port: str, baud_rate: int = BAUD_RATE) -> SerialLink:
    """A link to ``port``; to ``replay://FILE`` one on which that tape answers."""
    if is_tape(port):
        return ReplayedLink(port, _replays.get(port) or _kept(port))
    recorder = at_work()
    return (
        SerialLink(port, baud_rate) if recorder is None else RecordedLink(port, recorder, baud_rate)
    )


def is_tape(port: str) -> bool:
    """Whether a tape answers there."""
    return port.startswith(SCHEME)


@contextmanager
def playing(path: Path, real_time: bool = False) -> Iterator[tuple[str, Replay]]:
    """The port at which a tape answers from its beginning, and how that goes."""
    port = f"{SCHEME}{path}"
    replay = replay_of(path, real_time)
    before = _replays.get(port)
    _replays[port] = replay
    try:
        yield port, replay
    finally:
        del _replays[port]
        if before is not None:
            _replays[port] = before


def _kept(port: str) -> Replay:
    """Its connections follow one another for as long as the program runs."""
    replay = replay_of(Path(port.removeprefix(SCHEME)))
    _replays[port] = replay
    return replay
