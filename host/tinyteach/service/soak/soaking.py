"""`tinyteach soak`: a board is used for long, unplugged at random, and must never be wrong."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from statistics import median

from tinyteach.data.project import Project
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.runtime import Embedding
from tinyteach.embedding.threads import one_blas_thread
from tinyteach.errors import BoardRefusedError, LinkError, TinyTeachError, UsageError
from tinyteach.head.fit.photo_features import PhotoEmbedder, SquaresInMemory
from tinyteach.head.fit.train import train_source
from tinyteach.head.format.head_file import Head, with_threshold
from tinyteach.progress import Progress
from tinyteach.service.boards.opening import open_board
from tinyteach.service.boards.verification import check_ready
from tinyteach.service.heads.comparing import embedding_on
from tinyteach.service.photos.bench_photos import Squares, at_most, training_and_held_out
from tinyteach.service.soak.acts import ACTS, CAPTURE, INFER, REDEPLOY, ROLL_BACK, UNPLUG, Acts
from tinyteach.service.soak.as_found import Found, found_on, leave_as_found
from tinyteach.service.soak.soaked import Sample, Soaked, Trouble
from tinyteach.service.soak.stage import Stage, stage_for

# How often each is drawn, of their sum.
WEIGHTS = {CAPTURE: 24, INFER: 24, REDEPLOY: 6, ROLL_BACK: 3, UNPLUG: 1}
SAMPLE_S, SAMPLES_MAX = 1.0, 7200
WRITES_MAX = 200  # a flash sector bears some 100,000
PHOTOS_PER_CLASS, SIDE_MAX = 12, 120
RETURN_TIMEOUT_S, RETURN_POLL_S = 60.0, 0.1
UNPLUG_WITHIN_S = 0.1  # of the beginning of what it interrupts
ERRORS_MAX = 100
NO_CAMERA = "The board has no camera: photographs were sent to it instead of captured."
WRITES_SPENT = (
    "Heads were switched only as often as {} writes allow, evenly over the time; --writes allows "
    "more."
)
NOT_UNPLUGGED = "The board was not unplugged: {}."
NOT_BACK = (
    "The board did not come back within {:.0f} s of being unplugged ({}); connect it, then run "
    "'tinyteach info' to see what it has."
)
NOT_LEFT = "The board could not be left as it was found ({}); 'tinyteach info' says what it has."
TOO_MANY = "The soak ended after {} errors."
LEFT_OWN = "The virtual board was the soak's own and is gone."


clock = time.monotonic  # seconds; tests have one that goes by acts


class NotBackError(LinkError):
    """A board that was unplugged does not answer again."""


def soak(
    board: str | None,
    minutes: float,
    seed: int,
    project: Project | None,
    progress: Progress,
    power: str | None = None,
    writes_max: int = WRITES_MAX,
) -> Soaked:
    """Use a board for so long; on a virtual one of its own unless ``board`` is named.

    Ctrl-C ends it in order. What was on the board is on it again at the end. ``power`` is a
    command that switches the board's power, with {} for on and off.
    """
    if not 0 < minutes < float("inf") or writes_max < 2:
        raise UsageError("A soak takes more than 0 minutes and needs at least 2 writes of heads.")
    with one_blas_thread(), stage_for(board, power, progress) as stage:
        with open_board(stage.where()) as client:
            info = client.info()
            check_ready(info)
            embedding = embedding_on(info, project)
            found = found_on(client)
        soaked = Soaked(stage.name, info.machine, seed, minutes, writes_max=writes_max)
        try:
            _Run(stage, soaked, embedding, progress).go()
        finally:
            soaked.left = _left(stage, found)
    return soaked


def _left(stage: Stage, found: Found) -> str:
    if stage.is_own:
        return LEFT_OWN
    try:
        return leave_as_found(stage.where(), found)
    except TinyTeachError as error:
        return NOT_LEFT.format(str(error).rstrip("."))


def heads_for(embedding: Embedding, training: Squares) -> list[Head]:
    """Two that differ: of all classes, and with another threshold."""
    pairs = [(name, square) for name, squares in training.items() for square in squares]
    labels, squares = zip(*pairs, strict=True)
    bursts = [str(number) for number in range(len(squares))]
    head = train_source(
        SquaresInMemory(squares, PhotoEmbedder(embedding)), labels, bursts, embedding
    ).head
    return [head, with_threshold(head, head.threshold - 1 if head.threshold else 1)]


@dataclass
class _Run:
    """One soak under way: draws what comes next, keeps count, comes back after a cable pull."""

    stage: Stage
    soaked: Soaked
    embedding: Embedding
    progress: Progress
    _times_ms: list[float] = field(default_factory=list)
    _starts: int = 0
    _act: str = ""

    def go(self) -> None:
        """To the end of the time, Ctrl-C, or too many errors."""
        self._chance = Random(self.soaked.seed)
        training, others = training_and_held_out(None, PHOTOS_PER_CLASS, PHOTOS_PER_CLASS)
        views = [at_most(s, SIDE_MAX) for squares in others.values() for s in squares]
        self._acts = Acts(
            self.embedding,
            heads_for(self.embedding, training),
            views,
            self._wrong,
            self._times_ms.append,
            self._wrote,
        )
        self._open()
        self._begun_s = self._sampled_s = clock()
        try:
            self._acts.deploy_both(self._client)
            self._loop()
        except KeyboardInterrupt:
            self.soaked.interrupted = True
        except NotBackError as error:
            self._failed(error)
        finally:
            self.soaked.took_s, self.soaked.compared = self._now_s(), self._acts.compared
            self._client.close()

    def _open(self) -> None:
        self._client = BoardClient(self.stage.where())
        if not self._client.has_camera:
            self.soaked.notes.append(NO_CAMERA)
        if self.stage.unplug is None:
            self.soaked.notes.append(NOT_UNPLUGGED.format(self.stage.why_not))

    def _loop(self) -> None:
        total_s = self.soaked.minutes * 60
        every_s = max(SAMPLE_S, total_s / SAMPLES_MAX)
        while (now_s := self._now_s()) < total_s:
            self.progress("Soaking", int(now_s), int(total_s))
            self._step(self._draw())
            if clock() - self._sampled_s >= every_s:
                self._sample()
            if len(self.soaked.errors) >= ERRORS_MAX:
                self.soaked.notes.append(TOO_MANY.format(ERRORS_MAX))
                return

    def _draw(self) -> str:
        """What comes next; what cannot be done here is an inference instead."""
        act = self._chance.choices(ACTS, [WEIGHTS[each] for each in ACTS])[0]
        if act in (REDEPLOY, ROLL_BACK) and not self._may_write():
            note = WRITES_SPENT.format(self.soaked.writes_max)
            self.soaked.notes += [note] if note not in self.soaked.notes else []
            return INFER
        missing = (act == CAPTURE and not self._client.has_camera) or (
            act == UNPLUG and self.stage.unplug is None
        )
        return INFER if missing else act

    def _may_write(self) -> bool:
        """Writes are spread evenly over the time."""
        done = self.soaked.head_writes + self.soaked.switches
        due = 2 + (self.soaked.writes_max - 2) * self._now_s() / (self.soaked.minutes * 60)
        return done + 1 <= due

    def _step(self, act: str) -> None:
        self._act = act
        self.soaked.acts[act] = self.soaked.acts.get(act, 0) + 1
        try:
            if act == UNPLUG and self.stage.unplug is not None:
                self._unplugged(self.stage.unplug)
            else:
                self._acts.do(act, self._client)
        except BoardRefusedError as error:
            self._failed(error)
        except NotBackError:
            raise
        except LinkError as error:
            self._failed(error)
            self._come_back()

    def _unplugged(self, unplug: Callable[[Random], str]) -> None:
        """In the middle of something else, which may be done or not but never by half."""
        inner = self._chance.choice((INFER, REDEPLOY) if self._may_write() else (INFER,))
        ways: list[str | Exception] = []
        pull = threading.Timer(
            self._chance.uniform(0, UNPLUG_WITHIN_S),
            lambda: ways.append(_caught(unplug, self._chance)),
        )
        pull.start()
        try:
            with suppress(LinkError, BoardRefusedError):
                self._acts.do(inner, self._client)
        finally:
            pull.join()
        (way,) = ways
        if isinstance(way, Exception):
            raise way
        self.soaked.unplugged[way] = self.soaked.unplugged.get(way, 0) + 1
        self._starts += way != "cable"
        self._come_back()

    def _come_back(self) -> None:
        """Another session with the board, which must have one of our heads at work."""
        begun_s = clock()
        self._client.let_go()
        while True:
            try:
                self._client = BoardClient(self.stage.where(), is_agents=True)
                break
            except TinyTeachError as error:
                if clock() - begun_s > RETURN_TIMEOUT_S:
                    told = NOT_BACK.format(RETURN_TIMEOUT_S, str(error).rstrip("."))
                    raise NotBackError(told) from error
                time.sleep(RETURN_POLL_S)
        took_s = clock() - begun_s
        self.soaked.reconnects += 1
        self.soaked.reconnect_s_max = round(max(self.soaked.reconnect_s_max, took_s), 3)
        if not self._client.info().previous_head:
            self._acts.deploy_both(self._client)

    def _sample(self) -> None:
        try:
            info = self._client.info()
        except LinkError as error:
            self._failed(error)
            self._come_back()
            return
        self._sampled_s = clock()
        took_ms = round(median(self._times_ms), 3) if self._times_ms else 0.0
        self._times_ms.clear()
        soaked = self.soaked
        heap_used = info.heap_total - info.heap_free
        counts = (self._starts, soaked.reconnects, len(soaked.errors), len(soaked.wrong))
        sample = Sample(round(self._now_s(), 2), heap_used, info.heap_peak, took_ms, *counts)
        soaked.samples.append(sample)

    def _now_s(self) -> float:
        return round(clock() - self._begun_s, 3)

    def _wrong(self, what: str) -> None:
        self.soaked.wrong.append(Trouble(self._now_s(), self._act, what))

    def _failed(self, error: TinyTeachError) -> None:
        self.soaked.errors.append(Trouble(self._now_s(), self._act, str(error)))

    def _wrote(self, size: int) -> None:
        self.soaked.head_writes += bool(size)
        self.soaked.head_bytes += size
        self.soaked.switches += 1


def _caught(unplug: Callable[[Random], str], chance: Random) -> str | Exception:
    try:
        return unplug(chance)
    except TinyTeachError as error:
        return error
