"""Put a head to work on a board, and the previous one back."""

import time
from dataclasses import dataclass

from tinyteach.data.head_history import change_head
from tinyteach.data.project import Project
from tinyteach.device.at.module_client import ModuleClient
from tinyteach.device.registry import find_board
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.runtime import Embedding
from tinyteach.errors import BoardRefusedError, LinkError
from tinyteach.head.format.head_file import Head, with_threshold
from tinyteach.progress import Progress
from tinyteach.service.boards.aftermath import commit, surely
from tinyteach.service.boards.rules import resting_rules
from tinyteach.service.boards.sessions import Session
from tinyteach.service.heads.deployed import Deployed, PutToWork
from tinyteach.service.heads.exporting import embedding_of
from tinyteach.service.heads.head_list import chosen_head
from tinyteach.service.heads.module_deploying import deploy_to_module
from tinyteach.service.heads.recognition import SCORE_STEPS, threshold_steps
from tinyteach.service.projects.embeddings import SHORT_DIGITS, check_board, check_view
from tinyteach_protocol import messages

NOT_SWITCHED = "The head was not switched; 'tinyteach deploy' goes on where this stopped."
NOT_ROLLED_BACK = "The head was not switched; run 'tinyteach rollback' again."
NOT_KNOWN = "Whether the head was switched is not known; 'tinyteach info' says which is at work."


def head_to_deploy(project: Project, fingerprint: str | None, threshold: float | None) -> Head:
    """The project's head, or one of its history, with ``threshold`` where one is given.

    That is a probability, and takes the place of the one that training chose.
    """
    return _with(threshold, chosen_head(project, fingerprint))


def _with(threshold: float | None, head: Head) -> Head:
    return head if threshold is None else with_threshold(head, threshold_steps(threshold))


def deploy(
    session: Session,
    project: Project,
    progress: Progress,
    threshold: float | None = None,
    fingerprint: str | None = None,
) -> Deployed:
    """Put the project's head to work on a board, or one of its history.

    With a ``threshold`` of its own the head becomes the project's once it is at work, so that both
    say the same; not where another has been trained meanwhile.
    """
    chosen = chosen_head(project, fingerprint)
    head = _with(threshold, chosen)
    deployed = put_to_work(session, head, project, progress)
    if threshold is not None and fingerprint is None:
        change_head(project, chosen.content, head.content)
    return deployed


def put_to_work(
    session: Session, head: Head, source: Project | Embedding, progress: Progress
) -> Deployed:
    """A board needs the head alone, a module its embedding, too: ``source``, or of that project."""
    if not isinstance(session, ModuleClient):
        return deploy_head(session, head, progress)
    embedding = embedding_of(head, source) if isinstance(source, Project) else source
    return deploy_to_module(session, head, embedding, progress)


def deploy_head(client: BoardClient, head: Head, progress: Progress) -> Deployed:
    """Upload, check and activate; where that fails the old head stays at work, and this says so.

    A head for another embedding than the board's, or for a module's views, is refused before
    anything is sent.
    """
    check_view(head)
    check_board(client.info().embedding, head)
    start = time.perf_counter()
    try:
        sent = _upload_head(client, head, progress)
        _switch_head(client, head)
    except BoardRefusedError as error:
        raise type(error)(f"{error} {_kept(client)}", error.code) from error
    duration_s = time.perf_counter() - start
    known = find_board(client.board_id)
    return Deployed(
        known.name if known else client.board_id,
        head.fingerprint.hex(),
        list(head.labels),
        sent,
        round(duration_s, 4),
        round(head.threshold / SCORE_STEPS, 4),
        head.has_background,
        resting_rules(client, head.labels),
    )


def _upload_head(client: BoardClient, head: Head, progress: Progress) -> int:
    try:
        return client.upload(
            messages.HEAD, head.content, lambda done, total: progress("Deploying", done, total)
        )
    except LinkError as error:
        raise LinkError(f"{error} {NOT_SWITCHED}") from error


def _switch_head(client: BoardClient, head: Head) -> None:
    sent = head.fingerprint
    at_work = commit(client, lambda info: info.head, sent, NOT_SWITCHED, NOT_KNOWN)
    if at_work != head.fingerprint:
        raise LinkError("The board put another head to work than was sent; deploy it again.")


def _kept(client: BoardClient) -> str:
    """What the board still does after a refused deploy, in a sentence."""
    try:
        labels = client.info().labels
    except (LinkError, BoardRefusedError):
        return "The head on the board was not switched."
    if not labels:
        return "The board has no working head yet."
    return f"The old head ({', '.join(labels)}) is still at work."


@dataclass(frozen=True)
class RolledBack(PutToWork):
    """The head that is at work again."""

    fingerprint: str
    labels: list[str]
    problems: list[str]  # on rules that rest with this head

    def sentence(self) -> str:
        digits = self.fingerprint[:SHORT_DIGITS]
        return f"The previous head ({digits}: {', '.join(self.labels)}) is at work again."


def rollback(client: BoardClient) -> RolledBack:
    """Put the board's previous head back to work."""
    previous = client.info().previous_head

    def go_back() -> tuple[bytes, list[str]]:
        restored = client.rollback()
        return restored.fingerprint, restored.labels

    def found() -> tuple[bytes, list[str]] | None:
        info = client.info()
        return (previous, info.labels) if previous and info.head == previous else None

    fingerprint, labels = surely(client, go_back, found, NOT_ROLLED_BACK, NOT_KNOWN)
    return RolledBack(fingerprint.hex(), labels, resting_rules(client, labels))
