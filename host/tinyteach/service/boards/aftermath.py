"""What became of a command whose answer was lost: the board is asked, nobody guesses."""

import time
from collections.abc import Callable
from typing import TypeVar

from tinyteach.device.wire.board_info import BoardInfo
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import BoardNotFoundError, BoardRefusedError, LinkError, TinyTeachError
from tinyteach.link.tape.opened import is_tape
from tinyteach.service.boards.finding import resolve_port

Result = TypeVar("Result")
# From when it was asked: a board that restarts answers again within this time, as does one whose
# cable was loose. Where nobody said that it was gone, waiting for its answer has taken most of it.
RETURN_TIMEOUT_S = 8.0
RETURN_POLL_S = 0.2


def surely(
    client: BoardClient,
    act: Callable[[], Result],
    found: Callable[[], Result | None],
    undone: str,
    unknown: str,
) -> Result:
    """What ``act()`` gives; where its answer is lost, what ``found()`` does on the board's return.

    None from ``found`` is: it did not happen. Raises LinkError that ends with ``undone`` then, and
    with ``unknown`` where the board does not tell.
    """
    began_s = time.monotonic()
    try:
        return act()
    except LinkError as error:
        lost = error
    try:
        result = found() if come_back(client, began_s + RETURN_TIMEOUT_S) else None
        is_known = client.is_open
    except (BoardRefusedError, LinkError):
        result, is_known = None, False
    if result is None:
        raise LinkError(f"{lost} {undone if is_known else unknown}") from lost
    return result


def commit(
    client: BoardClient,
    at_work: Callable[[BoardInfo], bytes],
    sent: bytes,
    undone: str,
    unknown: str,
) -> bytes:
    """COMMIT; the fingerprint of what is at work then, where its answer is lost ``sent``'s."""
    return surely(
        client,
        lambda: bytes(client.commit().fingerprint),
        lambda: sent if at_work(client.info()) == sent else None,
        *(undone, unknown),
    )


def tell(client: BoardClient, act: Callable[[], object], unknown: str) -> None:
    """``act()``, which is the same when done twice: where its answer is lost, it is done again."""

    def done() -> bool:
        act()
        return True

    surely(client, done, done, "", unknown)


def come_back(client: BoardClient, deadline_s: float) -> bool:
    """Whether the board answers again, on whatever port; the session goes on there.

    ``deadline_s`` is of `time.monotonic`; one try is made in any case.
    """
    client.let_go()
    while not client.is_open:
        try:
            client.take_over(BoardClient(_port_now(client), hello_tries=2))
        except TinyTeachError:
            if time.monotonic() > deadline_s:
                return False
            time.sleep(RETURN_POLL_S)
    return True


def _port_now(client: BoardClient) -> str:
    """Where the board is; a tape that answers in its place never leads to the board."""
    if is_tape(client.port):
        return client.port
    try:
        return resolve_port(client.board_id)
    except BoardNotFoundError:
        return client.port
