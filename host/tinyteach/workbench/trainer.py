"""Trains whenever photographs have changed: first a head at once, then one that was tested.

The first is ready in a fraction of a second, with the settings of the last test, and is what the
live view shows. The second is the same that `tinyteach train` makes, with its report.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from tinyteach.data.photos import Photo
from tinyteach.embedding.runtime import Embedding
from tinyteach.embedding.threads import one_blas_thread
from tinyteach.errors import TinyTeachError
from tinyteach.head.fit.train import FitSettings, LastFit, fit_at_once
from tinyteach.head.fit.unknown import Balance
from tinyteach.head.format.head_file import Head
from tinyteach.head.format.rejection import STEPS
from tinyteach.service.heads.recognition import trained_head
from tinyteach.service.heads.training import Trained, learnt_features, train
from tinyteach.service.photos.known_photos import KnownPhotos
from tinyteach.service.projects.embeddings import project_embedding
from tinyteach.service.projects.opening import open_project

TELL_EVERY_S = 0.1
SEED = 0

log = logging.getLogger(__name__)


class Superseded(Exception):
    """Photographs changed while a head was being trained on what was there before."""


class Trainer:
    """One thread. ``tell(state)`` gets what the page shows; ``use(embedding, head, tested)`` heads.

    state: ``status`` is "waiting" (for photographs, ``sentence`` says which), "fitting",
    "testing", "done" or "failed"; ``step``, ``done``, ``total``; ``result`` of the last test.
    """

    def __init__(
        self,
        folder: Path,
        tell: Callable[[dict[str, object]], None],
        use: Callable[[Embedding, Head, bool], None],
    ) -> None:
        self._folder, self._tell_page, self._use = folder, tell, use
        self._changed = threading.Condition()
        self._asked = False
        self._must_look = True
        self._closed = False
        self._new: deque[Photo] = deque()
        self._known: KnownPhotos | None = None
        self._embedding = ""
        self._settings: FitSettings | None = None
        self._last = LastFit()
        self._result: Trained | None = None
        self._told_s = 0.0
        self._fresh = 0
        self._taken: list[Photo] = []  # since the photographs were looked at
        self._thread = threading.Thread(target=self._run, name="trainer", daemon=True)
        self._thread.start()

    def ask(self, only_learnt: bool = False) -> None:
        """Train on what is there now; a training that runs begins again.

        ``only_learnt``: nothing has changed but that there is what `learn` was given, so that the
        head at once need not look at thousands of files; the tested one does.
        """
        with self._changed:
            self._asked = True
            self._must_look |= not only_learnt
            self._changed.notify_all()

    def learn(self, photo: Photo) -> None:
        """A photograph was taken: embed it while the next one is."""
        with self._changed:
            self._new.append(photo)
            self._changed.notify_all()

    def close(self) -> None:
        """End the thread; a training that runs is given up."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    # The thread

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._asked or self._new)
                if self._closed:
                    return
            try:
                with one_blas_thread():
                    self._learn_new()
                    if self._asked:
                        self._train()
            except Superseded:
                continue
            except TinyTeachError as error:
                self._tell("waiting", sentence=str(error))
            except Exception:
                log.exception("the trainer goes on after this")
                self._tell("failed", sentence="Training failed; the terminal says more.")

    def _learn_new(self) -> None:
        while self._new and not self._closed:
            photo = self._new.popleft()
            known = self._photos()
            self._fresh += 1
            self._taken.append(photo)
            try:
                known.learn(photo, len(known) + self._fresh)
            except TinyTeachError:
                continue  # the training that follows says what is wrong with it

    def _photos(self) -> KnownPhotos:
        """What is known of the photographs, anew where the project names another embedding."""
        project = open_project(self._folder)
        if self._known is None or project.embedding != self._embedding:
            self._known = KnownPhotos(project_embedding(project), SEED)
            self._embedding = project.embedding
        return self._known

    def _train(self) -> None:
        with self._changed:
            self._asked = False
        started = time.perf_counter()
        self._tell("fitting", step="embed")
        known = self._photos()
        self._look(known)
        self._fit_at_once(known)
        fit_s = round(time.perf_counter() - started, 3)
        self._tell("testing", step="evaluate", fit_s=fit_s)
        self._result = train(self._folder, SEED, self._step("testing", fit_s), known=known)
        self._settings = _settings_of(self._result)
        self._use(known.embedding, trained_head(open_project(self._folder)), True)
        self._tell("done", fit_s=fit_s)

    def _look(self, known: KnownPhotos) -> None:
        """See which photographs there are, or take what was learnt; both once, if that ends."""
        with self._changed:
            must_look, self._must_look = self._must_look, True
        if must_look or not known.take(self._taken):
            known.look(open_project(self._folder), self._step("fitting"))
        self._taken, self._fresh = [], 0
        with self._changed:
            self._must_look = self._asked

    def _fit_at_once(self, known: KnownPhotos) -> None:
        learnt, filled = learnt_features(open_project(self._folder), known)
        head = fit_at_once(
            *(known, known.labels, known.embedding),
            self._settings or FitSettings(),
            classes=filled,
            learnt=learnt,
            progress=self._step("fitting"),
            preprocessing=known.preprocessing,
            last=self._last,
        )
        self._use(known.embedding, head, False)

    def _step(self, status: str, fit_s: float | None = None) -> Callable[[str, int, int], None]:
        def progress(step: str, done: int, total: int) -> None:
            if self._asked or self._closed:
                raise Superseded
            if self._new:  # photographs that are being taken come before the test of those before
                raise Superseded  # who takes them asks for a training at the end
            if time.monotonic() - self._told_s > TELL_EVERY_S:
                self._tell(status, step=step, done=done, total=total, fit_s=fit_s)

        return progress

    def _tell(
        self,
        status: str,
        step: str = "",
        done: int = 0,
        total: int = 0,
        sentence: str = "",
        fit_s: float | None = None,
    ) -> None:
        self._told_s = time.monotonic()
        result = self._result.as_dict() if self._result else None
        shown = {"status": status, "step": step, "done": done, "total": total}
        self._tell_page({**shown, "sentence": sentence, "fit_s": fit_s, "result": result})


def _settings_of(trained: Trained) -> FitSettings:
    """What the next head at once takes over from a tested one."""
    return FitSettings(
        *(trained.strength, trained.temperature, round(trained.threshold * STEPS)),
        Balance(trained.novelty_gain, trained.unknown_offset),
    )
