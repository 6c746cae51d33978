"""The board that is held learns by itself, forgets, and what it knows goes on into the project."""

import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from tinyteach.data.project import Project
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import BoardRefusedError, LinkError, TinyTeachError, UsageError
from tinyteach.service.boards.overview import BoardOverview
from tinyteach.service.boards.sessions import Session, agent_of
from tinyteach.service.boards.teaching import (
    OF_A_CLASS,
    Forgotten,
    Held,
    Taught,
    forget,
    held_by,
    room_for,
    teach,
)
from tinyteach.service.heads.pulling import Pulled, pull
from tinyteach.service.projects.opening import open_project
from tinyteach.workbench.bench import Bench

Done = TypeVar("Done")
FRAMES = 10  # of one press
FRAMES_PER_S = 5  # so that a press is time enough to move the thing about
RECORDING = "A recording is under way; let go of its button first."


class BoardTeaching:
    """Publishes ``taught``, what the head on the board knows (null without a board), and
    ``teaching``: ``status`` is "idle", "recording", "learning", "pulling", "done" or "failed".
    """

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.forget_board()
        self._tell("idle")

    def forget_board(self) -> None:
        """No board is held."""
        self._bench.feed.publish("taught", None)

    def look(self, client: Session) -> None:
        """Publish what the board knows. A link that broke shows at the next request."""
        try:
            held, sentence = held_by(agent_of(client)), ""
        except (BoardRefusedError, LinkError) as error:
            held, sentence = Held({}, "", 0), str(error)
        rows = [{"name": name, "examples": count} for name, count in held.examples.items()]
        shown = {"classes": rows, "most": OF_A_CLASS, "sentence": sentence}
        self._bench.feed.publish("taught", shown)

    def teach(self, class_name: str, afresh: bool) -> dict[str, object]:
        """Have the board learn some frames of what it sees; ``afresh``: and nothing else."""
        if self._bench.feed.get("recording"):
            raise UsageError(RECORDING)
        job = partial(self._teach_job, class_name=class_name, afresh=afresh)
        return self._told(self._do(job, class_name))

    def forget(self, class_name: str) -> dict[str, object]:
        """Have the board forget a class."""
        return self._told(self._do(partial(self._forget_job, class_name=class_name), class_name))

    def _told(self, done: Taught | Forgotten) -> dict[str, object]:
        """With ``can_undo``: whether the board has the head before it to roll back to."""
        overview = self._bench.board.overview
        has_previous = isinstance(overview, BoardOverview) and bool(overview.info.previous_head)
        return {**done.as_dict(), "can_undo": has_previous}

    def pull(self) -> dict[str, object]:
        """Make what the board knows classes and examples of the project, and train on them."""
        bench = self._bench
        with bench.changing:
            project = open_project(bench.folder)
            pulled = self._do(partial(self._pull_job, project=project), "")
            bench.changed(train=any(pulled.examples.values()))
        return pulled.as_dict()

    def _do(self, job: Callable[[BoardClient], Done], class_name: str) -> Done:
        try:
            result = self._bench.board.do(lambda session: job(agent_of(session))).result()
        except TinyTeachError as error:
            self._tell("failed", class_name, sentence=str(error))
            raise
        self._tell("done", class_name)
        return result

    # In the board's thread

    def _teach_job(self, client: BoardClient, class_name: str, afresh: bool) -> Taught:
        room = room_for(client, class_name, afresh)
        count = min(FRAMES, room) if room else FRAMES  # which is then refused with a sentence
        self._tell("recording", class_name, 0, count)
        due_s = time.monotonic()

        def progress(text: str, done: int, total: int) -> None:
            nonlocal due_s
            if not total:
                self._tell("learning", class_name, count, count)
                return
            self._tell("recording", class_name, done, total)
            self._bench.look(client)
            due_s += 1 / FRAMES_PER_S
            time.sleep(max(0.0, due_s - time.monotonic()))

        taught = teach(client, class_name, count, afresh, progress)
        self._bench.use_other_head(client, taught.fingerprint)
        return taught

    def _forget_job(self, client: BoardClient, class_name: str) -> Forgotten:
        forgotten = forget(client, class_name)
        self._bench.use_other_head(client, forgotten.fingerprint)
        return forgotten

    def _pull_job(self, client: BoardClient, project: Project) -> Pulled:
        def progress(text: str, done: int, total: int) -> None:
            self._tell("pulling", "", done, total)

        return pull(client, project, progress)

    def _tell(
        self, status: str, class_name: str = "", done: int = 0, total: int = 0, sentence: str = ""
    ) -> None:
        shown = {"status": status, "class": class_name, "done": done, "total": total}
        self._bench.feed.publish("teaching", {**shown, "sentence": sentence})
