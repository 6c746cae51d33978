"""What a board had before a soak, and back to it: heads, the threshold, rules and settings."""

from dataclasses import dataclass

from tinyteach.device.wire.client import BoardClient
from tinyteach.progress import unseen
from tinyteach.service.boards.clearing import wipe_board
from tinyteach.service.boards.opening import open_board
from tinyteach.service.boards.rules import read_rules, write_rules
from tinyteach.service.heads.deploying import rollback
from tinyteach.service.heads.pulling import read_head_file
from tinyteach_protocol import messages

AS_FOUND = "The board is as it was found: {}."
BESIDE = (
    "Heads of the soak are left on the board, because it was not wiped: views that it keeps cannot "
    "be put back. All else is as it was found."
)


@dataclass(frozen=True)
class BoardBefore:
    """Files of the head at work and of the one before, empty where there is none."""

    head: bytes
    previous: bytes
    threshold: int
    has_rules: bool
    kept: int


def found_on(client: BoardClient) -> BoardBefore:
    """What a board has. The head before is put to work for as long as it takes to read it."""
    info = client.info()
    head = read_head_file(client, unseen) if info.head else b""
    previous = b""
    if head and info.previous_head:
        rollback(client)
        try:
            previous = read_head_file(client, unseen)
        finally:
            rollback(client)
    return BoardBefore(head, previous, info.threshold, bool(info.rules_bytes), info.kept)


def leave_as_found(where: str, found: BoardBefore) -> str:
    """Put it back; says what the board has now. Raises what the board and its link do."""
    with open_board(where) as client:
        rules = read_rules(client)
    wiped = not found.previous and not found.kept
    if wiped:
        wipe_board(where, where)
    with open_board(where) as client:
        for content in filter(None, [found.previous, found.head]):
            client.upload(messages.HEAD, content)
            client.commit()
        if found.head and client.info().threshold != found.threshold:
            client.set_threshold(found.threshold)
        if wiped and found.has_rules:
            write_rules(client, rules)
    if not found.previous and not wiped:
        return BESIDE
    heads = ("no head", "its head", "both of its heads")[bool(found.head) + bool(found.previous)]
    return AS_FOUND.format(f"{heads}, its threshold, rules and settings")
