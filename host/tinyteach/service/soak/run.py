"""A soak under way: draws what comes next, keeps count, comes back after a cable pull."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import BoardRefusedError, LinkError, TinyTeachError
from tinyteach.progress import Progress
from tinyteach.service.soak.acts import ACTS, CAPTURE, INFER, REDEPLOY, ROLL_BACK, UNPLUG, Acts
from tinyteach.service.soak.soaked import Sample, Soaked, Trouble
from tinyteach.service.soak.stage import Stage

# How often each is drawn, of their sum.
WEIGHTS = {CAPTURE: 24, INFER: 24, REDEPLOY: 6, ROLL_BACK: 3, UNPLUG: 1}
SAMPLE_S, SAMPLES_MAX = 1.0, 7200
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
TOO_MANY = "The soak ended after {} errors."

clock = time.monotonic  # seconds; tests have one that goes by acts


class NotBackError(LinkError):
    """A board that was unplugged does not answer again."""


@dataclass
class SoakRun:
    """``make_acts(wrong, took, wrote)`` makes what is done to the board on ``stage``."""

    stage: Stage
    soaked: Soaked
    make_acts: Callable[..., Acts]
    progress: Progress
    _times_ms: list[float] = field(default_factory=list)
    _starts: int = 0
    _act: str = ""

    def go(self) -> None:
        """To the end of the time, Ctrl-C, or too many errors."""
        self._chance = Random(self.soaked.seed)
        self._acts = self.make_acts(self._wrong, self._times_ms.append, self._wrote)
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
        soaked = self.soaked
        before_ms = soaked.samples[-1].embedding_ms if soaked.samples else 0.0
        took_ms = round(min(self._times_ms, default=before_ms), 3)
        self._times_ms.clear()
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
