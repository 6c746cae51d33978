"""Talks to the agent on a board: one method a thing the board can do."""

import secrets
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from hashlib import sha256
from typing import Any, Self

from tinyteach.device.registry import was_paired
from tinyteach.device.wire import refusals
from tinyteach.device.wire.board_info import BoardInfo
from tinyteach.device.wire.board_text import LineLog
from tinyteach.device.wire.farewell import ENDS_ANY_FRAME, farewell
from tinyteach.device.wire.prompt import start_from_prompt
from tinyteach.device.wire.refusals import explained, refusal
from tinyteach.device.wire.wire_answers import Answer, Happening, checked
from tinyteach.errors import BoardNotPairedError, BoardRefusedError, LinkError
from tinyteach.link.serial_link import TakesNothingError
from tinyteach.link.tape.opened import open_link
from tinyteach.progress import Counted
from tinyteach_protocol import errors, messages
from tinyteach_protocol.frame import Text
from tinyteach_protocol.messages import Message
from tinyteach_protocol.outcomes import Event, Refused, Response, Unanswered
from tinyteach_protocol.requester import TRIES, Requester
from tinyteach_protocol.transfer import Download, Stream
from tinyteach_protocol.transfer import Upload as WireUpload

HELLO_TIMEOUT_MS = 1000
HELLO_TRIES = 3
LATE_HELLO_TRIES = 2  # once more, after what could have been in its way
STARTING_HELLO_TRIES = 15  # while a board starts, boot.py first
ENDING_TIMEOUT_S = 2.0  # at 115,200 baud it takes 0.7
# A board leaves a session that was silent for 15 s (protocol/SPEC.md); begin anew before that.
SESSION_SILENCE_MS = 10_000
# So long without an event, credits granted again: the stream has ended, or a view takes longer.
STREAM_SILENCE_MS = 4000
# Times in a row that a stream may end without an event although a single view can be had.
EMPTY_STREAMS_MAX = 3
# The largest object that is read, and then some: all views that a board can have kept.
READ_BYTES_MAX = 16 << 20
Transfer = Download | WireUpload
EVENTS_MAX = 64
STREAM_STAGES = {
    messages.STREAM_RESULTS: messages.STAGES_ALL,
    messages.STREAM_PREVIEW: messages.STAGE_PREPROCESS,
}


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000


class BoardSilentError(BoardNotPairedError):
    """Not even one byte came from what is at the port."""


class BoardClient:
    """A session with the agent on ``port``. Use it as a context manager.

    Raises BoardNotFoundError where the port cannot be opened, BoardNotPairedError where no
    agent answers on it. Every method raises BoardRefusedError where the board says no, and
    LinkError where the connection breaks. What the board prints during the session goes to
    ``on_text`` by the line, by default into the log ``tinyteach.board``. ``is_agents``: that it is
    the agent that is there, and not a program that reads nothing, is known.
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
        self.is_open = True
        try:
            self.welcome = self._hello(hello_tries)
        except BaseException:
            self.close()  # with BYE, where a welcome came that cannot be
            raise
        if self._link.tells_facts:
            with suppress(BoardRefusedError, LinkError):
                self.info()

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

    # Identity

    @property
    def board_id(self) -> str:
        """The board's identity, the same whatever port it has."""
        return str(self.welcome.board_id)

    @property
    def has_camera(self) -> bool:
        """Whether the board can take photographs itself."""
        return bool(self.welcome.capabilities & messages.CAP_CAMERA)

    @property
    def reads_in_place(self) -> bool:
        """Whether the embedding's weights are read where they lie in flash."""
        return bool(self.welcome.capabilities & messages.CAP_IN_PLACE)

    def info(self) -> BoardInfo:
        """What the board says of itself."""
        return BoardInfo.of(self.request(messages.INFO))

    # Photographs

    def grab(self, kind: int = messages.GRAB_SQUARE) -> tuple[Message, bytes]:
        """Take a photograph: GRAB's answer, and the pixels in the format that it names."""
        taken = self.request(messages.GRAB, kind=kind)
        held = messages.FRAME if kind == messages.GRAB_SQUARE else messages.TENSOR
        return taken, self.read(held, taken.size, taken.crc32)

    def read(
        self,
        held: int,
        size: int,
        checksum: int | None = None,
        progress: Counted | None = None,
    ) -> bytes:
        """Fetch ``size`` bytes of one of the board's objects (FRAME, TENSOR …)."""
        tell = progress or (lambda done, total: None)
        if size > READ_BYTES_MAX:
            raise self._nonsense("size")
        download = Download(self._requester, held, size, checksum)
        self._transfer(download, lambda: tell(download.received_bytes, size))
        return bytes(download.data)

    def send_image(self, pixels: bytes, side: int, pixel_format: int) -> None:
        """Send a square photograph, which the board preprocesses as it comes."""
        upload = WireUpload(
            self._requester, messages.IMAGE, pixels, side=side, pixel_format=pixel_format
        )
        self._transfer(upload)

    # Recognising

    def run(self, source: int, stages: int = messages.STAGES_ALL) -> Message:
        """Preprocess, embed and classify a view: scores, check sums, durations."""
        return self.request(messages.RUN, source=source, stages=stages)

    def set_threshold(self, threshold: int) -> None:
        """From which score + 128 (0…255) on the best label is believed, until another head."""
        self.request(messages.THRESHOLD, threshold=threshold)

    def stream(self, kind: int) -> Generator[Message, None, None]:
        """Events of a stream, RESULT or PREVIEW, until the generator is closed.

        A board whose camera or model fails ends the stream. It is then asked for one view:
        what is wrong is raised, and where nothing is any more the stream goes on.
        """
        empty, silence_ms = 0, STREAM_SILENCE_MS
        try:
            while empty < EMPTY_STREAMS_MAX:
                stream = self._start_stream(kind)
                yield from self._stream_events(stream, silence_ms)
                empty = 0 if stream.received else empty + 1
                silence_ms = max(STREAM_SILENCE_MS, 2 * self._time_of_one_view(kind))
                self.request(messages.STOP)
        except (GeneratorExit, BoardRefusedError):
            self.request(messages.STOP)
            raise  # a link that has broken is not waited for once more
        raise LinkError(refusals.NO_RESULTS.format(port=self.port))

    def _time_of_one_view(self, kind: int) -> int:
        """Milliseconds that the board takes for it; raises what keeps it from one."""
        start_ms = self._now_ms()
        self.run(messages.SOURCE_CAMERA, STREAM_STAGES[kind])
        return self._now_ms() - start_ms

    def _start_stream(self, kind: int) -> Stream:
        self._renew()
        stream = Stream(self._requester, kind)
        self._events.clear()
        self._message(self._await(stream.start(self._now_ms())))
        return stream

    def _stream_events(
        self, stream: Stream, silence_ms: int = STREAM_SILENCE_MS
    ) -> Iterator[Message]:
        """Events until there were none for so long."""
        heard_ms = self._now_ms()
        while self._now_ms() - heard_ms <= silence_ms:
            while self._events:
                event = self._events.popleft()
                if stream.take(event, self._now_ms()):
                    yield self._checked(event.message)
                    heard_ms = self._now_ms()
            self._turn()
            stream.tick(self._now_ms())

    # Teaching

    def teach(
        self, action: int, label: str = "", source: int = messages.SOURCE_CAMERA, classes: int = 0
    ) -> Message:
        """One action of TEACH: what the board holds after it; a head of ``classes`` takes long."""
        fields = {"action": action, "source": source, "label": label}
        return self.request(messages.TEACH, tries=max(TRIES, classes), **fields)

    def read_head(self, size: int, progress: Counted | None = None) -> bytes:
        """The file of the head at work, ``size`` bytes as TEACH_LIST says."""
        return self.read(messages.HEAD, size, progress=progress)

    # Models

    def upload(self, held: int, content: bytes, progress: Counted | None = None) -> int:
        """Send a head or an embedding to the board's flash; bytes that crossed the link.

        What an interrupted upload of the same content left there is not sent again.
        """
        upload = WireUpload(self._requester, held, content, sha256=sha256(content).digest())
        tell = progress or (lambda done, total: None)
        self._transfer(upload, lambda: tell(upload.acknowledged_bytes, len(content)))
        return len(content) - upload.resumed_bytes

    def commit(self) -> Message:
        """Have the upload checked and put to work."""
        return self.request(messages.COMMIT)

    def rollback(self) -> Message:
        """Put the previous head back to work."""
        return self.request(messages.ROLLBACK)

    def restart(self) -> None:
        """Start the board anew; the session ends."""
        self._renew()
        answer = self._await(self._requester.request(messages.RESTART, self._now_ms()))
        # Its answer was lost, and the restarted agent knows of no session.
        if not (isinstance(answer, Refused) and answer.code == errors.NO_SESSION):
            self._message(answer)

    # Inside

    def _now_ms(self) -> int:
        return _now_ms() + self._link.skipped_ms

    def request(self, verb: int, **fields: Any) -> Message:
        """Send one request, wait for its answer."""
        self._renew()
        with explained():
            seq = self._requester.request(verb, self._now_ms(), **fields)
        return self._message(self._await(seq))

    def _renew(self) -> None:
        """Begin the session anew where the host was busy with something else for long."""
        if self._now_ms() - self._heard_ms > SESSION_SILENCE_MS:
            try:
                self.welcome = self._hello(HELLO_TRIES)
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
        data = self._requester.data_to_send()
        if data:
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

    def take_over(self, other: "BoardClient") -> None:
        """Go on over another session with the same board; LinkError where it is another."""
        if other.board_id != self.board_id:
            other.close()
            raise LinkError(refusals.ANOTHER_BOARD.format(port=other.port))
        self.__dict__.update({**other.__dict__, "_text": self._text})

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
