"""A board and a bad link, simulated; runs on CPython and on MicroPython.

The board is the real Responder in front of objects in memory. The link loses,
damages, cuts, doubles and invents bytes as a seed says, on both ways. Time is
a number that is advanced.
"""

import hashlib
from binascii import crc32

from tinyteach_protocol import errors, messages
from tinyteach_protocol.errors import ProtocolError
from tinyteach_protocol.frame import SEAL_BYTES
from tinyteach_protocol.requester import Refused, Requester, Response, Unanswered
from tinyteach_protocol.responder import Responder
from tinyteach_protocol.sealing import seals

FRAME_BYTES = 20000
CAP_KEYED = 32
KEY = NONCES = bytes(range(32))


class Dice:
    """The same numbers for a seed on every runtime (Park and Miller's generator)."""

    def __init__(self, seed):
        self._state = seed * 7919 % 2147483647 or 1

    def below(self, n):
        self._state = self._state * 48271 % 2147483647
        return (self._state >> 8) % n

    def chance(self, percent):
        return self.below(100) < percent

    def data(self, n):
        return bytes([self.below(256) for _ in range(n)])


class Board:
    """Answers requests as an agent does; counts what it executed."""

    def __init__(self, max_payload=512, window=1200):
        self.responder = Responder(max_payload, window)
        self.flash = {}  # partial and whole uploads by SHA-256
        self.active = b""
        self.grabs = 0
        self.commits = 0
        self.frame = b""
        self.key = b""  # nothing is done that is not sealed with what is made of it
        self._reset()

    def _reset(self):
        self._open = None  # (size, sha256)

    def power_cut(self):
        """All but flash is gone."""
        self.responder = Responder(self.responder.max_payload, self.responder.window)
        self._reset()

    def exchange(self, data, now_ms):
        """Take bytes, return what is written in answer."""
        out = []
        at = 0
        while at < len(data):
            view = self.responder.get_buffer(64)
            piece = data[at : at + len(view)]
            view[: len(piece)] = piece
            self.responder.advance(len(piece))
            at += len(piece)
            self._serve(out)
        self.responder.tick(now_ms)
        self._serve(out)
        return out

    def _serve(self, out):
        while True:
            request = self.responder.next_request()
            if request is None:
                return
            reply = request.reply
            if reply is None:
                try:
                    self._require_key(request)
                    reply = getattr(self, messages.type_name(request.type).lower())(request)
                except ProtocolError as error:
                    reply = self.responder.refuse(request, error.code, error.detail)
            out.append(bytes(reply))

    def _require_key(self, request):
        is_open = request.type in (messages.HELLO, messages.BYE)
        if self.key and not is_open and not request.proven:
            raise ProtocolError(errors.NO_KEY)

    def prove(self, parts):
        """As if the host had proven itself."""
        self.responder.payload_limit -= SEAL_BYTES
        self.responder.seals = seals(self.key, *parts)

    def hello(self, request):
        bits = messages.CAP_CAMERA | (CAP_KEYED if self.key else 0)
        return self.responder.welcome(request, "0.1.0", "simulated", bits)

    def bye(self, request):
        return self.responder.respond(request)

    def grab(self, request):
        self.grabs += 1
        self.frame = Dice(self.grabs).data(50) * (FRAME_BYTES // 50)
        return self.responder.respond(
            request,
            width=100,
            height=100,
            pixel_format=messages.RGB565_BE,
            size=FRAME_BYTES,
            crc32=crc32(self.frame),
            frame_number=self.grabs,
        )

    def read(self, request):
        end = request.offset + request.length
        return self.responder.respond(
            request, offset=request.offset, data=memoryview(self.frame)[request.offset : end]
        )

    def open(self, request):
        self._open = (request.size, request.sha256)
        self.flash.setdefault(request.sha256, bytearray())
        return self.responder.respond(request, offset=len(self.flash[request.sha256]))

    def _opened(self):
        if self._open is None:
            raise ProtocolError(errors.NO_OBJECT)
        return self.flash[self._open[1]]

    def write(self, request):
        partial = self._opened()
        if request.offset == len(partial):
            partial.extend(request.data)
        return self.responder.respond(request, offset=len(partial))

    def commit(self, request):
        whole = bytes(self._opened())
        self.commits += 1
        sha256 = self._open[1]
        self._reset()
        if hashlib.sha256(whole).digest() != sha256:
            raise ProtocolError(errors.BAD_HASH)
        self.active = whole
        return self.responder.respond(request, fingerprint=sha256, activation_us=1)

    def stream(self, request):
        self.responder.open_stream(request.credits, request.proven)
        return self.responder.respond(request)

    def stop(self, request):
        return self.responder.respond(request, events=self.responder.close_stream())

    def results(self):
        """Send RESULT events as far as credit goes."""
        out = []
        while self.responder.credit > 0:
            number = len(out)
            frame = self.responder.event(
                messages.RESULT,
                frame_number=number,
                top=0,
                scores=b"\x7f\x80",
                preprocess_us=1,
                embedding_us=2,
                head_us=3,
                known=1,
            )
            out.append(bytes(frame))
        return out


def connected():
    """A board and a host that have proven themselves to each other."""
    board, requester = Board(), Requester()
    board.key = KEY
    requester.hello(0, 1 << 20)
    requester.receive(b"".join(board.exchange(requester.data_to_send(), 0)), 0)
    board.prove([NONCES])
    requester.begin_seals(seals(KEY, NONCES))
    return board, requester


class Link:
    """Both ways between a Requester and a Board; ``percent`` of the writes suffer."""

    def __init__(self, board, percent, seed):
        self.board = board
        self.now_ms = 0
        self.percent = percent
        self.dice = Dice(seed)
        self.text = []  # what came between frames
        self.requester = Requester()

    def exchange(self):
        """One round there and back, then time goes on; returns the Requester's events."""
        requester = self.requester
        sent = self._pass(requester.data_to_send())
        answers = b"".join([self._pass(frame) for frame in self.board.exchange(sent, self.now_ms)])
        events = []
        while answers:
            n = 1 + self.dice.below(2000)
            events += requester.receive(answers[:n], self.now_ms)
            answers = answers[n:]
        if not events:
            self.now_ms += requester.next_timeout_ms(self.now_ms) or 0
        self.now_ms += 5
        return events + requester.tick(self.now_ms)

    def _pass(self, data):
        """What of a write arrives at the other side."""
        if not data or not self.dice.chance(self.percent):
            return data
        at = self.dice.below(len(data))
        harm = self.dice.below(5)
        if harm == 0:
            return b""
        if harm == 1:
            return data[:at]
        if harm == 2:
            return data + data
        if harm == 3:
            return data[:at] + bytes([data[at] ^ (1 << self.dice.below(8))]) + data[at + 1 :]
        return data[:at] + b"\xf5\x54" + self.dice.data(self.dice.below(30)) + data[at:]

    def connect(self):
        """HELLO until it is answered."""
        for _ in range(30):
            seq = self.requester.hello(self.now_ms, self.dice.below(1 << 22) * 1021)
            if isinstance(self.wait(seq), Response):
                self._prove()
                return
        raise AssertionError("no HELLO came through")

    def _prove(self):
        """Both ends have seals of a new session; how they agree on those is the agent's."""
        if self.board.key:
            nonces = self.dice.data(32)
            self.board.prove([nonces])
            self.requester.begin_seals(seals(self.board.key, nonces))

    def wait(self, seq):
        """The answer to a request, whatever it is."""
        for _ in range(10000):
            for event in self.exchange():
                ends = isinstance(event, (Response, Refused, Unanswered))
                if ends and event.seq == seq:
                    return event
        raise AssertionError("neither answered nor unanswered")

    def call(self, verb, **fields):
        return self.wait(self.requester.request(verb, self.now_ms, **fields))

    def run(self, transfer):
        """Drive a transfer to its end; returns its failure."""
        for _ in range(10000):
            transfer.pump(self.now_ms)
            if transfer.done:
                return transfer.failure
            for event in self.exchange():
                transfer.take(event)
        raise AssertionError("a transfer did not end")

    def run_stubbornly(self, transfer):
        """Connect again and resume until all is across."""
        for _ in range(100):
            failure = self.run(transfer)
            if failure is None:
                return
            self.connect()
            transfer.resume(self.requester)
        raise AssertionError("a transfer never ended well")
