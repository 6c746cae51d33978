"""A session with the agent on a board: begun, proven, asked, taken over, ended."""

import secrets
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Self

from tinyteach.device.keys import key_of
from tinyteach.device.registry import was_paired
from tinyteach.device.wire import refusals
from tinyteach.device.wire.board_text import LineLog
from tinyteach.device.wire.farewell import ENDS_ANY_FRAME, farewell
from tinyteach.device.wire.prompt import start_from_prompt
from tinyteach.device.wire.proving import Proven, prove
from tinyteach.device.wire.refusals import explained, refusal
from tinyteach.device.wire.wire_answers import Answer, Happening, checked
from tinyteach.errors import BoardNotPairedError, LinkError, NoKeyError, TinyTeachError
from tinyteach.link.networks import is_insecure, is_network
from tinyteach.link.serial_link import TakesNothingError
from tinyteach.link.tape.opened import open_link
from tinyteach_protocol import errors, messages
from tinyteach_protocol.frame import Text
from tinyteach_protocol.messages import Message
from tinyteach_protocol.outcomes import Event, Refused, Response, Unanswered
from tinyteach_protocol.requester import Requester
from tinyteach_protocol.sealed_session import CAP_KEYED, CAP_PRIVATE
from tinyteach_protocol.transfer import Download
from tinyteach_protocol.transfer import Upload as WireUpload

HELLO_TIMEOUT_MS = 1000
HELLO_TRIES = 3
LATE_HELLO_TRIES = 2  # once more, after what could have been in its way
STARTING_HELLO_TRIES = 15  # while a board starts, boot.py first
ENDING_TIMEOUT_S = 2.0  # at 115,200 baud it takes 0.7
# A board leaves a session that was silent for 15 s (protocol/SPEC.md); begin anew before that.
SESSION_SILENCE_MS = 10_000
EVENTS_MAX = 64
Transfer = Download | WireUpload


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000


class BoardSilentError(BoardNotPairedError):
    """Not even one byte came from what is at the port."""


class WireSession:
    """A session with the agent on ``port``, until it is closed.

    ``is_agents``: that it is the agent that is there, and not a program that reads nothing, is
    known. Where this computer has the board's key both ends prove that they hold it.
    """

    def __init__(
        self,
        port: str,
        on_text: Callable[[str], None] | None = None,
        hello_tries: int = HELLO_TRIES,
        is_agents: bool = False,
    ) -> None:
        self.port = port
        self._text = LineLog(on_text) if on_text else LineLog()
        self._link = open_link(port)
        self._requester = Requester()
        self._answers: dict[int, Answer] = {}
        self._events: deque[Event] = deque(maxlen=EVENTS_MAX)
        self._heard_ms = 0
        # Before a welcome text is what a REPL echoes, after BYE the results of a board alone.
        self._in_session, self._is_agents = False, is_agents
        self._proven: Proven | None = None
        self.is_open = True
        try:
            self._begin(hello_tries)
        except BaseException:
            self.close()  # with BYE, where a welcome came that cannot be
            raise

    def _begin(self, tries: int) -> None:
        self.welcome = self._hello(tries)
        self._proven = self._prove()

    def _begin_again(self) -> None:
        """With the same board, proven where it was; else the session is at its end."""
        before, was_proven = self.board_id, self.is_proven
        try:
            self._begin(HELLO_TRIES)
            self._check_same(before, was_proven, self)
        except BoardNotPairedError:
            raise  # there is no session, and what it was is still known
        except BaseException:
            self.close()
            self.is_open = False
            raise

    def _prove(self) -> Proven | None:
        """Where this computer has the board's key the session is proven, or there is none.

        Over a network there is none without.
        """
        guarded = is_network(self.port) and not is_insecure()
        key = key_of(self.board_id) if self._link.proves else None
        if key is None:
            if guarded:
                raise NoKeyError(refusals.OVER_A_NETWORK.format(port=self.port))
            return None
        if not self.is_keyed:
            raise NoKeyError(refusals.KEY_GONE.format(port=self.port, board=self.board_id))
        proven = prove(self._ask, self.welcome, key, self.port)
        self._requester.begin_seals(proven.seals)
        return proven

    def _hello(self, tries: int) -> Message:
        self._in_session = False
        answer = self._try_hello(tries)
        if isinstance(answer, Unanswered) and tries == HELLO_TRIES:
            answer = self._hello_again()
        if isinstance(answer, Unanswered):
            # An agent that reads the HELLOs late would take Ctrl-C for data from then on.
            self._link.write(farewell(), ENDING_TIMEOUT_S)
            if not self._heard_ms:
                raise BoardSilentError(refusals.SILENT.format(port=self.port))
            raise BoardNotPairedError(refusals.NO_AGENT.format(port=self.port))
        welcome = self._message(answer)
        self._in_session = self._is_agents = True
        return welcome

    def _hello_again(self) -> Answer:
        """After what keeps a board from hearing, or from running its agent, is out of the way.

        Raises TakesNothingError where nobody reads that: no agent of ours is there.
        """
        tries = LATE_HELLO_TRIES
        if self._is_agents or was_paired(self.port):
            try:
                if start_from_prompt(self._link):
                    tries = STARTING_HELLO_TRIES
                else:
                    self._link.write(ENDS_ANY_FRAME, ENDING_TIMEOUT_S)
            except TakesNothingError as error:
                raise TakesNothingError(refusals.STUCK.format(port=self.port)) from error
        return self._try_hello(tries)

    def _try_hello(self, tries: int) -> Answer:
        nonce = secrets.randbits(32)
        return self._await(self._requester.hello(self._now_ms(), nonce, HELLO_TIMEOUT_MS, tries))

    # Who it is

    @property
    def board_id(self) -> str:
        """The board's identity, the same whatever port it has."""
        return str(self.welcome.board_id)

    @property
    def is_keyed(self) -> bool:
        """Whether only who holds the board's key may change it."""
        return bool(self.welcome.capabilities & CAP_KEYED)

    @property
    def is_private(self) -> bool:
        """Whether it does nothing at all for anybody else."""
        return bool(self.welcome.capabilities & CAP_PRIVATE)

    @property
    def is_proven(self) -> bool:
        """Whether both ends of this session have shown that they hold the board's key."""
        return self._proven is not None

    @property
    def access(self) -> str:
        """Who may change the board: "open", "keyed", "private" or "foreign".

        That is whoever reaches it; who holds its key, as this computer does, twice; somebody else.
        """
        if not self.is_keyed:
            return "open"
        if not self.is_proven:
            return "foreign"
        return "private" if self.is_private else "keyed"

    def check_key(self) -> None:
        """NoKeyError where the board takes no change from this session: before any work for one."""
        if self.is_keyed and not self.is_proven:
            raise refusal(errors.NO_KEY)

    # Asking

    def _now_ms(self) -> int:
        return _now_ms() + self._link.skipped_ms

    def request(self, verb: int, **fields: Any) -> Message:
        """Send one request, wait for its answer."""
        self._renew()
        return self._ask(verb, **fields)

    def _ask(self, verb: int, **fields: Any) -> Message:
        with explained():
            seq = self._requester.request(verb, self._now_ms(), **fields)
        return self._message(self._await(seq))

    def _renew(self) -> None:
        """Begin the session anew where the host was busy with something else for long."""
        if self._now_ms() - self._heard_ms > SESSION_SILENCE_MS:
            try:
                self._begin_again()
            except BoardNotPairedError as error:
                raise self._silent() from error

    def _await(self, seq: int) -> Answer:
        while seq not in self._answers:
            self._turn()
        return self._answers.pop(seq)

    def _transfer(self, transfer: Transfer, on_turn: Callable[[], None] = lambda: None) -> None:
        self._renew()
        while True:
            with explained():
                transfer.pump(self._now_ms())
            if transfer.done:
                break
            for event in self._turn():
                transfer.take(event)
            on_turn()
        self._answers.clear()
        if transfer.failure is not None:
            self._message(transfer.failure)

    def _send(self) -> None:
        for data in self._requester.frames_to_send():
            self._link.write(data)

    def _turn(self, patience_s: float = 1.0) -> list[Happening]:
        """Write what is due, read what comes, repeat what is overdue."""
        self._send()
        timeout_ms = self._requester.next_timeout_ms(self._now_ms())
        timeout_s = patience_s if timeout_ms is None else min(patience_s, timeout_ms / 1000)
        data = self._link.read(timeout_s)
        if data:
            self._heard_ms = self._now_ms()
        events = self._requester.receive(data, self._heard_ms) if data else []
        events += self._requester.tick(self._now_ms())
        for event in events:
            self._keep(event)
        return events

    def _keep(self, event: Happening) -> None:
        if isinstance(event, Answer):
            self._answers[event.seq] = event
        elif isinstance(event, Event):
            self._events.append(event)
        elif isinstance(event, Text) and self._in_session and not event.suspect:
            self._text.add(event.data.decode(errors="replace"))

    def _message(self, answer: Answer) -> Message:
        if isinstance(answer, Response):
            return self._checked(answer.message)
        if isinstance(answer, Refused) and answer.code != errors.NO_SESSION:
            raise refusal(answer.code, answer.detail)
        raise self._ended() if isinstance(answer, Refused) else self._silent()

    def _checked(self, message: Message) -> Message:
        try:
            return checked(message)
        except ValueError as error:
            raise self._nonsense(str(error)) from error

    def _nonsense(self, what: str) -> LinkError:
        return LinkError(refusals.NONSENSE.format(port=self.port, what=what))

    def _ended(self) -> LinkError:
        return LinkError(refusals.RESTARTED.format(port=self.port))

    def _silent(self) -> LinkError:
        return LinkError(refusals.STOPPED_ANSWERING.format(port=self.port))

    # After a connection that broke

    def let_go(self) -> None:
        """Close the port, where there is nobody to say BYE to."""
        self._in_session = self.is_open = False
        self._text.flush()
        self._link.close()

    def take_over(self, other: "WireSession") -> None:
        """Go on over another session with the same board, proven where this one was.

        LinkError where it is another board, NoKeyError where it is not proven any more.
        """
        try:
            self._check_same(self.board_id, self.is_proven, other)
        except TinyTeachError:
            other.close()
            raise
        self.__dict__.update({**other.__dict__, "_text": self._text})

    @staticmethod
    def _check_same(board_id: str, was_proven: bool, now: "WireSession") -> None:
        if now.board_id != board_id:
            raise LinkError(refusals.ANOTHER_BOARD.format(port=now.port))
        if was_proven and not now.is_proven:
            raise NoKeyError(refusals.KEY_GONE.format(port=now.port, board=board_id))

    def close(self) -> None:
        """Give the port back to the board's REPL and let go of it."""
        self._in_session = False
        if not self.is_open:
            return
        try:
            seq = self._requester.request(messages.BYE, self._now_ms(), timeout_ms=300, tries=1)
            self._await(seq)
        except (LinkError, errors.ProtocolError):
            # The board is gone already, or restarting: there is no session to end.
            pass
        self._text.flush()
        self._link.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
