"""A board that is held open: views while somebody looks, jobs in between, back after a cable pull.

One thread owns the session; whatever others want of the board is a job that it runs between two
views. A connection that breaks is looked for again until it is back or another board is chosen.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from tinyteach.errors import BoardNotPairedError, LinkError, TinyTeachError
from tinyteach.service.boards.sessions import Overview, Session, open_session, overview_of

RETRY_S = 1.0
# Between two looks where nobody watches; a job ends the wait at once.
IDLE_S = 0.5
# More would only keep two processors busy: a hand that moves is followed at this rate.
VIEWS_PER_S_MAX = 25
LOST = "The board was lost before this was done; try again."

log = logging.getLogger(__name__)
Done = TypeVar("Done")


class LiveBoard:
    """``on_state(status, sentence, overview)`` is called from the board's thread when these change.

    status: "none" (no board chosen), "connecting", "connected", "unpaired", "lost", "busy"
    (pairing, examined, on its own). ``step(client)`` is called again and again while
    ``wanted()`` says that somebody looks, ``on_rest()`` before anything else is asked of the board
    and where nobody does; ``on_refreshed(client)`` whenever the board was asked what it is and has.
    """

    def __init__(
        self,
        on_state: Callable[[str, str, Overview | None], None],
        step: Callable[[Session], None],
        wanted: Callable[[], bool],
        on_refreshed: Callable[[Session], None] = lambda client: None,
        on_connected: Callable[[], None] = lambda: None,
        on_rest: Callable[[], None] = lambda: None,
    ) -> None:
        self._on_state, self._step, self._wanted = on_state, step, wanted
        self._on_refreshed, self._on_connected = on_refreshed, on_connected
        self._on_rest = on_rest
        self._changed = threading.Condition()
        self._board: str | None = None
        self._held: str | None = None  # the one that the thread is about
        self._chosen = False
        self._closed = False
        self._jobs: deque[tuple[Callable[[Session], object], Future[Any]]] = deque()
        self._tasks: deque[tuple[str, Callable[[], object], Future[Any]]] = deque()
        self.overview: Overview | None = None
        self._thread = threading.Thread(target=self._run, name="live-board", daemon=True)
        self._thread.start()

    # From other threads

    def connect(self, board: str | None) -> None:
        """Hold this board from now on, None: the only one there is."""
        with self._changed:
            self._board, self._chosen = board, True
            self._changed.notify_all()

    def disconnect(self) -> None:
        """Let go of the board."""
        with self._changed:
            self._chosen = False
            self._changed.notify_all()

    @property
    def chosen(self) -> str | None:
        """The board to hold; None also for the only one there is."""
        return self._board if self._chosen else None

    def do(self, job: Callable[[Session], Done]) -> Future[Done]:
        """Run ``job(client)`` between two views; LinkError where no board is connected."""
        future: Future[Done] = Future()
        with self._changed:
            if not self.overview:
                future.set_exception(
                    LinkError("No board is connected; choose one under Connect first.")
                )
            else:
                self._jobs.append((job, future))
                self._changed.notify_all()
        return future

    def do_without_session(self, what: str, task: Callable[[], Done]) -> Future[Done]:
        """Run ``task()`` while the port is free, and hold the board again afterwards.

        LinkError where this is closed before the task's turn comes.
        """
        future: Future[Done] = Future()
        with self._changed:
            if self._closed:
                future.set_exception(LinkError(LOST))
            else:
                self._tasks.append((what, task, future))
                self._changed.notify_all()
        return future

    def wake(self) -> None:
        """Somebody looks."""
        with self._changed:
            self._changed.notify_all()

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def close(self) -> None:
        """End the session and the thread; nobody waits for what was not begun."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    # The thread

    def _run(self) -> None:
        while not self._closed:
            self._run_tasks()
            if not self._chosen:
                self._tell("none", "")
                self._wait_for(lambda: self._chosen or bool(self._tasks))
                continue
            self._held = self._board
            self._hold_or_say_why()
        self._forget_jobs()
        while self._tasks:
            *_, future = self._tasks.popleft()
            future.set_exception(LinkError(LOST))

    def _hold_or_say_why(self) -> None:
        def news() -> bool:
            return bool(self._tasks) or self._left()

        try:
            self._hold()
        except BoardNotPairedError as error:
            self._tell("unpaired", str(error))
            self._wait_for(news)
        except TinyTeachError as error:
            self._tell("lost", str(error))
            self._wait_for(news, RETRY_S)
        except Exception:
            log.exception("the board's thread goes on after this")
            self._tell("lost", "Something inside TinyTeach failed; its terminal says more.")
            self._wait_for(news, RETRY_S)

    def _left(self) -> bool:
        return not self._chosen or self._board != self._held

    def _hold(self) -> None:
        if not self.overview:
            self._tell("connecting", "")
        try:
            with open_session(self._held) as client:
                self.refresh(client)
                self._on_connected()
                while not (self._closed or self._left() or self._tasks):
                    self._turn(client)
                self._on_rest()
        finally:
            self._on_rest()
            with self._changed:
                self.overview = None
            self._forget_jobs()

    def refresh(self, client: Session) -> None:
        """Ask the board what it is and has, and tell it."""
        self.know(overview_of(client))
        self._on_refreshed(client)

    def know(self, overview: Overview) -> None:
        """What the board says of itself has changed, in a way that needs no asking."""
        with self._changed:
            self.overview = overview
        self._tell("connected", "")

    def _turn(self, client: Session) -> None:
        started = time.monotonic()
        self._run_jobs(client)
        if self._wanted():
            self._step(client)
            rest_s = 1 / VIEWS_PER_S_MAX - (time.monotonic() - started)
            self._wait_for(lambda: bool(self._jobs or self._tasks), max(0.0, rest_s))
        else:
            self._on_rest()
            self._wait_for(lambda: bool(self._jobs or self._tasks) or self._wanted(), IDLE_S)

    def _run_jobs(self, client: Session) -> None:
        while self._jobs:
            self._on_rest()
            job, future = self._jobs.popleft()
            try:
                future.set_result(job(client))
            except LinkError as error:
                future.set_exception(error)
                raise
            except Exception as error:
                future.set_exception(error)

    def _run_tasks(self) -> None:
        while self._tasks and not self._closed:
            what, task, future = self._tasks.popleft()
            self._tell("busy", what)
            try:
                future.set_result(task())
            except Exception as error:
                future.set_exception(error)

    def _forget_jobs(self) -> None:
        while self._jobs:
            _, future = self._jobs.popleft()
            future.set_exception(LinkError(LOST))

    def _wait_for(self, there: Callable[[], bool], timeout_s: float | None = None) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or there(), timeout_s)

    def _tell(self, status: str, sentence: str) -> None:
        self._on_state(status, sentence, self.overview)
