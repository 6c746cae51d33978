"""Deploying to the board that is held: with progress, and on again after a cable pull."""

from concurrent.futures import Future

from tinyteach.errors import LinkError, UsageError
from tinyteach.head.format.head_file import Head
from tinyteach.service.boards.sessions import Session, agent_of
from tinyteach.service.heads.deploying import RolledBack, put_to_work, rollback
from tinyteach.service.heads.head_list import chosen_head
from tinyteach.service.projects.opening import open_project
from tinyteach.workbench.bench import Bench

TRIES = 5  # a board that goes away each time is not helped by more

OTHER_HEAD = (
    "The board has another head by now, so that this cannot be undone; teach it again, or deploy."
)


class Deploying:
    """Publishes the part ``deploying``: ``status`` is "idle", "sending", "interrupted" (goes on
    when the board is back), "done" or "failed"; ``done`` and ``total`` are bytes."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._pending: Head | None = None  # the head that a cable pull kept from the board
        self._tries = 0
        self._tell("idle")

    def deploy(self, fingerprint: str | None) -> None:
        """Send the newest tested head, or one of the history, and put it to work."""
        head = chosen_head(open_project(self._bench.folder), fingerprint)
        if not self._bench.board.overview:
            raise LinkError("No board is connected; connect the one to deploy to.")
        self._tries = 0
        self._submit(head).result()

    def resume(self) -> None:
        """The board is back: send again what did not arrive. Called in the board's thread."""
        pending, self._pending = self._pending, None
        if pending is not None and self._tries < TRIES:
            self._submit(pending)

    def rollback(self, head: str | None = None) -> None:
        """Put the board's previous head back to work, in place of ``head`` (hex) if one is meant.

        UsageError where that is not at work there any more.
        """
        restored = self._bench.board.do(lambda client: self._rollback_job(client, head)).result()
        self._tell("done", fingerprint=restored.fingerprint, labels=restored.labels)

    def _rollback_job(self, client: Session, head: str | None) -> RolledBack:
        agent = agent_of(client)
        if head is not None and agent.info().head.hex() != head:
            raise UsageError(OTHER_HEAD)
        restored = rollback(agent)
        self._bench.use_other_head(client)
        return restored

    def _submit(self, head: Head) -> Future[None]:
        fingerprint = head.fingerprint.hex()
        self._tries += 1
        self._tell("sending", total=len(head.content), fingerprint=fingerprint)
        future = self._bench.board.do(lambda client: self._job(client, fingerprint, head))
        future.add_done_callback(lambda ended: self._note_failure(ended, fingerprint, head))
        return future

    def _note_failure(self, ended: Future[None], fingerprint: str, head: Head) -> None:
        """Also where the board was lost before the job came to its turn."""
        error = ended.exception()
        if isinstance(error, LinkError):
            self._pending = head
            self._tell("interrupted", fingerprint=fingerprint, sentence=str(error))
        elif error is not None:
            self._tell("failed", fingerprint=fingerprint, sentence=str(error))

    def _job(self, client: Session, fingerprint: str, head: Head) -> None:
        def progress(text: str, done: int, total: int) -> None:
            self._tell("sending", done, total, fingerprint=fingerprint)

        project = open_project(self._bench.folder)
        deployed = put_to_work(client, head, project, progress)
        self._bench.use_other_head(client)
        self._tell(
            "done",
            fingerprint=fingerprint,
            labels=deployed.labels,
            bytes=deployed.deploy_bytes,
            deploy_s=deployed.deploy_s,
        )

    def _tell(self, status: str, done: int = 0, total: int = 0, **more: object) -> None:
        shown = {"status": status, "done": done, "total": total, **more}
        self._bench.feed.publish("deploying", shown)
