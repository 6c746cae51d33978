"""Talks to the agent on a board: one method a thing the board can do."""

from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from hashlib import sha256

from tinyteach.device.wire import refusals
from tinyteach.device.wire.board_info import BoardInfo
from tinyteach.device.wire.session import HELLO_TRIES, WireSession
from tinyteach.errors import BoardRefusedError, LinkError
from tinyteach.progress import Counted
from tinyteach_protocol import errors, messages
from tinyteach_protocol.messages import Message
from tinyteach_protocol.outcomes import Refused
from tinyteach_protocol.requester import TRIES
from tinyteach_protocol.transfer import Download, Stream
from tinyteach_protocol.transfer import Upload as WireUpload

# So long without an event, credits granted again: the stream has ended, or a view takes longer.
STREAM_SILENCE_MS = 4000
# Times in a row that a stream may end without an event although a single view can be had.
EMPTY_STREAMS_MAX = 3
# The largest object that is read, and then some: all views that a board can have kept.
READ_BYTES_MAX = 16 << 20
STREAM_STAGES = {
    messages.STREAM_RESULTS: messages.STAGES_ALL,
    messages.STREAM_PREVIEW: messages.STAGE_PREPROCESS,
}


class BoardClient(WireSession):
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
        super().__init__(port, on_text, hello_tries, is_agents)
        if self._link.tells_facts:
            with suppress(BoardRefusedError, LinkError):
                self.info()

    # Identity

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
        digest = sha256(content).digest()
        upload = WireUpload(self._requester, held, content, sha256=digest)
        tell = progress or (lambda done, total: None)
        self._transfer(upload, lambda: tell(upload.acknowledged_bytes, len(content)))
        if held == messages.HEAD and self._proven:
            self._proven.prove_head(self.request, digest)
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
