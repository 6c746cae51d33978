"""A tape's connections as steps of the host and what came of each.

A step is a request, however often it was repeated, or text for a REPL. Pieces are what the board
sent: answers, each to its step, events and text.
"""

from dataclasses import dataclass, field

from tinyteach.link.tape.photographs import digest_of
from tinyteach.link.tape.words import in_words, named
from tinyteach_protocol import errors, frame, messages
from tinyteach_protocol.requester import NO_OBJECT

TEXT = -1  # the type of a step that is no frame
NONCE_BYTES = 4


@dataclass
class Step:
    """What the host sent: ``payload`` with a HELLO's nonce as zeros, ``place`` among all that was.

    ``answer`` is the frame that came, None where none did; ``size`` the bytes of the request. Where
    there is a ``digest`` the tape has only the beginning of the payload.
    """

    number: int
    place: int
    at_us: int
    type: int
    payload: bytes
    seq: int
    size: int
    tries: int = 1
    answer: "Piece | None" = None
    events: int = 0
    digest: bytes = b""

    def is_same(self, type: int, payload: bytes, trusting: bool = False) -> bool:
        """Whether that is the same request; ``trusting``: also where the tape has a digest only."""
        if self.type != type or not self.digest:
            return self.type == type and self.payload == payload
        begins = payload[: len(self.payload)] == self.payload
        return begins and (trusting or digest_of(payload) == self.digest)

    def in_words(self) -> str:
        """For a person."""
        if not self.digest:
            return in_words(self.type, self.payload)
        size = self.size - frame.OVERHEAD_BYTES - len(self.payload)
        offset = int.from_bytes(self.payload[:4], "little")
        return f"{named(self.type)} (offset {offset}, {size} bytes of a photograph)"

    @property
    def is_probe(self) -> bool:
        """Whether the board is asked only if it lives (`tinyteach_protocol.requester`)."""
        return is_probe(self.type, self.payload)

    @property
    def ended_session(self) -> bool:
        """Whether the board said that it knows of no session, as after a restart."""
        return self.answer is not None and self.answer.error_code == errors.NO_SESSION

    @property
    def depends_on_time(self) -> bool:
        """Whether it need not come again: a host that is faster or slower asks otherwise."""
        return (
            self.is_probe or self.type == TEXT or (self.type == messages.HELLO and self.place > 0)
        )


@dataclass
class Piece:
    """What the board sent: a frame, or text (type TEXT)."""

    place: int
    at_us: int
    type: int
    seq: int
    payload: bytes
    step: Step | None = None
    after: int = 0  # how many steps the host had taken before
    is_gone: bool = False  # delivered, or not to be

    @property
    def error_code(self) -> int:
        """Of an answer that refuses; else 0."""
        if self.type != messages.ERROR:
            return 0
        try:
            return int(messages.decode(self.type, self.seq, self.payload).code)
        except errors.ProtocolError:
            return errors.MALFORMED

    def frame(self, seq: int, payload: bytes) -> bytes:
        """The bytes of it, as an answer to a request of another number."""
        return self.payload if self.type == TEXT else frame.encode(self.type, seq, payload)


@dataclass
class Failure:
    """The link broke: of which kind, and what the host said then."""

    place: int
    at_us: int
    error: str
    sentence: str
    is_gone: bool = False


@dataclass
class Connection:
    """One that was opened on ``port``; ``is_whole``: it was closed, and the tape has all of it."""

    port: str
    baud_rate: int
    at_us: int
    steps: list[Step] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    is_whole: bool = False


def is_probe(type: int, payload: bytes) -> bool:
    """READ of nothing."""
    return type == messages.READ and payload[:1] == bytes((NO_OBJECT,))


def without_nonce(type: int, payload: bytes) -> bytes:
    """A request as it is compared: each HELLO has another nonce."""
    return bytes(NONCE_BYTES) + payload[NONCE_BYTES:] if type == messages.HELLO else payload


def with_nonce(payload: bytes, nonce: bytes) -> bytes:
    """HELLO's answer with the nonce of the HELLO that it is to answer now."""
    return nonce + payload[NONCE_BYTES:]


def is_one_way(type: int) -> bool:
    """Never answered: how many views may come, which depends on how fast they are taken."""
    return type in messages.VERBS and bool(messages.VERBS[type][1] & messages.ONE_WAY)
