"""Commands to a module and its answers, with the events that come between them.

A command carries a tag, which its answer repeats, so that a late answer to an earlier one is not
taken for it. No wait is for a time: each ends once nothing has come for so long, or too much has
come without what was asked for.
"""

import secrets
import time
from collections import deque
from collections.abc import Callable
from string import ascii_uppercase
from typing import TypeVar

from tinyteach.device.at.framing import ReplyReader
from tinyteach.device.at.refusals import (
    RESTARTED,
    STOPPED,
    ModuleRestartedError,
    refusal,
)
from tinyteach.device.at.replies import ANSWER, EVENT, LOG, OK, Reply
from tinyteach.errors import LinkError
from tinyteach.link.serial_link import SerialLink

# Of the module's whole silence. It answers in milliseconds, a photograph takes 85, loading a model
# a part of a second.
SILENCE_S = 5.0
# What may come before an answer: a stream that does not end, or noise without a reply in it.
EVENTS_MAX, NOISE_BYTES_MAX = 200, 4 << 20
# Events that nobody has taken yet; the newest count.
EVENTS_KEPT = 64
# Less than that is no sign of life: a receiver that calls, noise.
ALIVE_BYTES = 64
# Of letters: to a boot loader's menu digits are commands.
TAG_LETTERS = 6
# A command that a module does not know is copied into a log of this name.
LOG_OF_COMMANDS = "AT"

Found = TypeVar("Found")


class Conversation:
    """Over an open link; ``silence_s`` is how long a module may say nothing."""

    def __init__(self, link: SerialLink) -> None:
        self.link = link
        self.restarts = 0
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget what was read, as after the module was in its boot loader."""
        self.dialect = ""
        self.reader = ReplyReader()
        self.events: deque[Reply] = deque(maxlen=EVENTS_KEPT)
        self._answers: deque[Reply] = deque(maxlen=EVENTS_KEPT)
        self.count = self.bytes = 0

    def send(self, command: str) -> str:
        """Send ``NAME``, ``NAME?`` or ``NAME=…`` without waiting; the tag that it carries."""
        tag = "".join(secrets.choice(ascii_uppercase) for _ in range(TAG_LETTERS))
        self.link.write(f"AT+{tag}@{command}\r".encode())
        return tag

    def ask(self, command: str, silence_s: float | None = None) -> Reply:
        """Send a command and wait for its answer.

        Raises BoardRefusedError where it says no, ModuleRestartedError where the module began
        anew, LinkError where none comes.
        """
        reply = self.try_to_ask(command, silence_s)
        if reply is None:
            raise LinkError(STOPPED.format(port=self.link.port))
        if reply.code != OK:
            raise refusal(name_of(command), reply)
        return reply

    def try_to_ask(self, command: str, silence_s: float | None = None) -> Reply | None:
        """The same, whatever the answer's code; None where none comes."""
        self._answers.clear()
        tag = self.send(command)
        return self.wait(lambda: self.answer_to(command, tag), silence_s)

    def next_event(self, name: str, silence_s: float | None = None) -> Reply | None:
        """The next event of that name; None after a silence."""
        return self.wait(lambda: self._event_of(name), silence_s)

    def wait(self, found: Callable[[], Found | None], silence_s: float | None) -> Found | None:
        """Read until ``found`` gives something, or nothing comes, or too much for nothing."""
        patience = _Patience(self, SILENCE_S if silence_s is None else silence_s)
        restarts = self.restarts
        while (thing := found()) is None:
            if patience.is_over():
                return None
            self.read(patience.limit_s)
            if self.restarts != restarts:
                raise ModuleRestartedError(RESTARTED.format(port=self.link.port))
        return thing

    def read(self, timeout_s: float) -> bool:
        """Take in what has come, waiting so long for the first byte; whether anything had."""
        data = self.link.read(timeout_s)
        self.bytes += len(data)
        for value in self.reader.feed(data):
            reply = Reply.of(value)
            if reply is not None:
                self._take(reply)
        return bool(data)

    def _take(self, reply: Reply) -> None:
        self.count += 1
        # HX's is the most certain sign: it sends what looks like answers of the others.
        if reply.dialect and self.dialect != "hx":
            self.dialect = reply.dialect
        if reply.tag == "INIT":
            self.restarts += 1
        elif reply.kind == EVENT:
            self.events.append(reply)
        else:
            self._answers.append(reply)

    def answer_to(self, command: str, tag: str) -> Reply | None:
        """What came to the command that was sent with that tag."""
        for reply in self._answers:
            if _answers(reply, command, tag):
                return reply
        return None

    def _event_of(self, name: str) -> Reply | None:
        while self.events:
            event = self.events.popleft()
            if event.command == name:
                return event
        return None


class _Patience:
    """How long a wait goes on: by what comes, not by the clock, as long as something does."""

    def __init__(self, at: Conversation, limit_s: float) -> None:
        self._at = at
        self.limit_s = limit_s
        self._events_max = at.count + EVENTS_MAX
        self._noise_max = at.reader.dropped_bytes + NOISE_BYTES_MAX
        self._mark()

    def _mark(self) -> None:
        self._count, self._bytes = self._at.count, self._at.bytes
        self._since_s = time.monotonic()

    def is_over(self) -> bool:
        at = self._at
        if at.count > self._events_max or at.reader.dropped_bytes > self._noise_max:
            return True
        if at.count > self._count or at.bytes - self._bytes >= ALIVE_BYTES:
            self._mark()
        return time.monotonic() - self._since_s >= self.limit_s


def _answers(reply: Reply, command: str, tag: str) -> bool:
    """With our tag or, from firmware that repeats none, without any."""
    if reply.kind == LOG:
        return (
            reply.command == LOG_OF_COMMANDS and isinstance(reply.data, str) and tag in reply.data
        )
    asked = (name_of(command), command.endswith("?"))
    return (
        reply.kind == ANSWER and (reply.command, reply.is_query) == asked and reply.tag in (tag, "")
    )


def name_of(command: str) -> str:
    """``INFO`` of ``INFO?`` and of ``INFO="…"``."""
    return command.partition("=")[0].removesuffix("?")
