"""A board's head, threshold, rules and settings: as they were found, and put back."""

from dataclasses import dataclass

from tinyteach.device.wire.client import BoardClient
from tinyteach.device.wire.rules import RuleFile
from tinyteach.head.format.head_file import Head
from tinyteach.progress import unseen
from tinyteach.service.boards.rules import read_rules, write_rules
from tinyteach.service.heads.pulling import read_head
from tinyteach_protocol import messages

Heads = dict[bytes, Head]  # by fingerprint: each is read from a board once


@dataclass(frozen=True)
class Found:
    """``head`` is None where none was at work; ``threshold`` is in 256ths."""

    head: Head | None
    threshold: int
    rules: RuleFile


def found_on(client: BoardClient, known: Heads) -> Found:
    """What is there now. ``known`` spares reading heads, and is added to."""
    info = client.info()
    if info.head and info.head not in known:
        known[info.head] = read_head(client, unseen)
    return Found(known[info.head] if info.head else None, info.threshold, read_rules(client))


def put_back(client: BoardClient, found: Found) -> None:
    """What was found, where it is otherwise now.

    A head cannot be taken off a board over the wire: one that had none keeps its last.
    """
    if found.head is not None:
        _put_head_back(client, found.head)
        if client.info().threshold != found.threshold:
            client.set_threshold(found.threshold)
    if read_rules(client) != found.rules:
        write_rules(client, found.rules)


def _put_head_back(client: BoardClient, head: Head) -> None:
    info = client.info()
    if info.head == head.fingerprint:
        return
    if info.previous_head == head.fingerprint:
        client.rollback()
        return
    client.upload(messages.HEAD, head.content)
    client.commit()
