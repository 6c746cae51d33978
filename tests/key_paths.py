"""What changes a board's key or how many heads it has taken, for `power_cuts`, and what then holds.

The keys are in TINYTEACH_HOME. A ``bench`` has a board and the embedding that it began with.
"""

from hashlib import sha256

from paired import deploy
from pairing_trials import quiet
from tinyteach.device.keys import KEY_PATH, forget_key, keyed_boards
from tinyteach.device.repl.installing import STAND_IN
from tinyteach.device.repl.key_giving import NUMBER_PATH
from tinyteach.device.repl.pairing import Wanted, pair
from tinyteach.device.wire.client import BoardClient
from tinyteach.firmware import MAIN

STOOD_IN = sha256(STAND_IN).digest()


def _pair(bench, **access) -> None:
    wanted = Wanted(bench.embedding, gives_key=True, **access)
    pair(bench.board.port, wanted, None, quiet)


def unkeyed(_) -> None:
    """Neither the board has a key nor this computer one of it; its other runs had."""
    for board_id in keyed_boards():
        forget_key(board_id)


def keyed(bench) -> None:
    """With heads that were proven."""
    unkeyed(bench)
    _pair(bench)
    with BoardClient(bench.board.port) as client:
        for head in bench.heads[:2]:
            deploy(client, head)


def private(bench) -> None:
    keyed(bench)
    making_private(bench)


def giving_key(bench) -> None:
    _pair(bench)


def making_private(bench) -> None:
    _pair(bench, private=True)


def opening(bench) -> None:
    _pair(bench, private=False)


def giving_another(bench) -> None:
    _pair(bench, new_key=True)


# Path → what precedes it, what is cut; a deploy with a key is `power_cuts`' own.
CHANGES = {
    "key": (unkeyed, giving_key),
    "private": (keyed, making_private),
    "open": (private, opening),
    "new key": (keyed, giving_another),
}


def without_main(others: dict[str, bytes], before: dict[str, bytes]) -> dict[str, bytes]:
    """While a key is written, a stand-in may be where main.py was: then as if that were there."""
    if others.get(MAIN) != STOOD_IN:
        return others
    return others | {MAIN: before[MAIN]}


def fault_of_count(now: dict[str, bytes], before: dict[str, bytes]) -> str:
    """A key's heads are counted on for as long as it is there: else old ones would be taken."""
    if KEY_PATH not in before or now.get(KEY_PATH) != before[KEY_PATH]:
        return ""
    forgotten = NUMBER_PATH in before and NUMBER_PATH not in now
    return "the key is the old one and its heads are not counted any more" if forgotten else ""
