"""Work without a host: look, recognise, smooth, follow the rules, tell who listens.

Ends when a host says HELLO and begins anew after it has left. Loaded only in between
(seldom.py), so that models and transfers have its memory.
"""

import json
import time

from agent import VERSION, board, memory, seldom
from agent.alone import led, report, rules, smoothing
from agent.camera.error import CameraError
from agent.head import steps_of
from agent.models import RULES
from agent.refused import Refused
from tinyteach_protocol import errors
from tinyteach_protocol.session import elapsed_ms

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from _mpy_shed.time_mp import _TicksMs

    from agent.alone.rules import Rule
    from agent.head import Head
    from agent.loop import Agent
    from agent.recogniser import Recogniser

# Without a picture, or anything to recognise by, look again after so long.
_TROUBLE_MS = const(1000)
# The most that a turn waits: the LED's patterns have this step.
_TURN_MS = const(50)
# Probability in 256ths below which a best label counts as unsure, where the threshold is lower.
_SURE = const(179)
# A watchdog cannot be stopped; with a day's time it is as good as that.
_LET_GO_MS = const(86400000)
# SPEC.md, States.
_RULES_UNREADABLE = const(64)
_RULE_RESTS = const(65)
_NO_WATCHDOG = const(66)
NOT_AT_WORK = {
    errors.WRONG_EMBEDDING: "it was trained for another embedding",
    errors.SELF_TEST_FAILED: "it computes other scores than it should",
}


class Alone:
    """One stretch of time without a host."""

    def __init__(self, agent: "Agent") -> None:
        self._agent = agent
        agent.trouble = None
        try:
            settings, self._rules = rules.load(RULES)
        except ValueError:
            agent.trouble = _RULES_UNREADABLE, ""
            settings, self._rules = rules.DEFAULTS, []
        _, weight, self._interval_ms, line_s, self._keep, self._keep_s, watchdog_s, _ = settings
        self._weight = weight + 1
        self._led = led.Led()
        self._pattern = led.ALIVE
        self._report = report.Report(line_s)
        self._smoother: "smoothing.Smoother | None" = None
        self._problem: str | None = None
        self._next_ms = time.ticks_ms()
        self._kept_ms = time.ticks_add(self._next_ms, -1000 * self._keep_s)
        self._watchdog = board.watchdog(watchdog_s * 1000) if watchdog_s else None
        if watchdog_s and not self._watchdog:
            agent.trouble = _NO_WATCHDOG, ""

    # Turns

    def wait_ms(self) -> int:
        """How long the next turn may wait for a byte."""
        left_ms = time.ticks_diff(self._next_ms, time.ticks_ms())
        return max(0, min(left_ms, _TURN_MS))

    def step(self) -> None:
        """A view, if one is due; the LED."""
        if self._watchdog:
            self._watchdog.feed()
        now_ms = time.ticks_ms()
        if time.ticks_diff(now_ms, self._next_ms) >= 0:
            self._next_ms = time.ticks_add(now_ms, self._interval_ms)
            self._look(now_ms)
            self._tell_what_rests()
        self._led.show(self._pattern, now_ms)  # type: ignore[arg-type] # a number

    def end(self) -> None:
        """A host is there, or the REPL. Pins stay as they are."""
        if self._watchdog:
            board.watchdog(_LET_GO_MS)
        memory.sample()
        self._led.show(led.OFF, 0)

    # Views

    def _look(self, now_ms: "_TicksMs") -> None:
        recogniser = self._agent.models.recogniser
        try:
            recogniser.preprocess(self._agent.view.grab())
            recogniser.embed()
            recogniser.classify()
        except (CameraError, Refused, OSError, MemoryError) as error:
            self._fail(error, now_ms)
            return
        if self._smoother is None:
            assert recogniser.head
            self._begin(recogniser.head)
            assert self._smoother
        self._problem = None
        self._smoother.add(recogniser.scores)
        self._judge(recogniser, now_ms)
        if self._keep:
            self._keep_unsure(recogniser, now_ms)

    def _judge(self, recogniser: "Recogniser", now_ms: "_TicksMs") -> None:
        """What is believed of the smoothed scores, and what follows from it."""
        assert recogniser.head and self._smoother
        labels = recogniser.head.labels
        best = self._smoother.best(len(labels))
        steps = self._smoother.steps(best)
        if self._smoother.best(recogniser.head.outputs) == best and steps >= recogniser.threshold:
            label = best
        else:
            label = rules.NO_LABEL
        self._pattern = led.ALIVE if label == rules.NO_LABEL else led.LIT
        for rule in self._rules:
            if not rule.rests and rule.take(rule.holds(self._smoother, label), now_ms):
                self._act(rule)
        if self._report.is_due(label, now_ms):
            self._report.result(labels[best], label == best, steps)

    def _act(self, rule: "Rule") -> None:
        rule.act(self._report)
        met = "true" if rule.met else "false"
        self._report.tell('{"rule":%d,"met":%s}' % (self._rules.index(rule) + 1, met))

    def _begin(self, head: "Head") -> None:
        """The first view, or none."""
        self._smoother = smoothing.Smoother(head.outputs, self._weight)
        try:
            self._report.tell(
                '{"tinyteach":"%s","board":"%s","classes":%s}'
                % (VERSION, self._agent.board_id, json.dumps(head.labels))
            )
        except MemoryError:
            pass  # a line is left out rather than the start
        for number, rule in enumerate(self._rules, 1):
            trouble = rule.begin(head.labels)
            if rule.uses(self._led.pin):
                self._led.give_away()
            if trouble:
                trouble = "%d rests: %s" % (number, trouble)
                self._agent.trouble = _RULE_RESTS, trouble
                rule.problem = "Rule %s." % trouble
        memory.sample()

    def _tell_what_rests(self) -> None:
        """Once, but not before it is heard: the line before may have been a slow one."""
        for rule in self._rules:
            if rule.problem and self._report.problem(rule.problem):
                rule.problem = ""

    # Trouble

    def _fail(self, error: BaseException, now_ms: "_TicksMs") -> None:
        """Without a result: say so once, look again later. Rules count it as a view of nothing."""
        self._next_ms = time.ticks_add(now_ms, _TROUBLE_MS)
        self._pattern = led.TROUBLE
        head = self._agent.models.recogniser.head
        if self._smoother is None and head:
            # Pins that a host left high do not wait for a camera that may never work.
            self._begin(head)
        for rule in self._rules:
            if not rule.rests and rule.take(False, now_ms):
                self._act(rule)
        problem = self._words(error)
        if problem != self._problem and self._report.problem(problem):
            self._problem = problem

    def _words(self, error: BaseException) -> str:
        models = self._agent.models
        if models.recogniser.head is None:
            if not models.problem:
                return "Nothing has been taught yet; train and deploy."
            code, detail = models.problem
            return "The head is not at work: %s." % (detail or NOT_AT_WORK.get(code, str(code)))
        return self._agent.view.problem or str(error) or repr(error)

    # Frames for retraining

    def _keep_unsure(self, recogniser: "Recogniser", now_ms: "_TicksMs") -> None:
        """Keep the model's input where its own scores, not the smoothed ones, are unsure."""
        steps = steps_of(recogniser.scores, recogniser.top)
        if steps >= max(_SURE, recogniser.threshold):
            return
        # `time.ticks_diff` takes what is 6.2 days ago for what is to come.
        since_ms = elapsed_ms(now_ms, self._kept_ms)  # type: ignore[arg-type] # numbers
        if since_ms < self._keep_s * 1000:
            return
        self._kept_ms = now_ms
        fingerprint = recogniser.head_fingerprint
        facts = (recogniser.tensor, fingerprint, recogniser.top, steps, self._keep)
        seldom.call("kept", "store", *facts)


def begin(agent: "Agent") -> "Alone":
    """What works while there is no host."""
    return Alone(agent)
