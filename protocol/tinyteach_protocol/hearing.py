"""When the board was last heard, and how long it is waited for."""

from tinyteach_protocol.session import elapsed_ms

if 0:  # for type checkers: never run
    from collections.abc import Iterable

    from tinyteach_protocol.pending import Pending

# So long after its last frame a board still lives: none restarts and listens within this time.
LIVE_MS = 10
# So long a HELLO stands back for answers of an earlier session: eight of 4.5 KB take 3 s at
# 10 KB/s.
EARLIER_MS = 6000
# Of a frame that was not answered so many bytes at most are filled up, before the board is asked
# whether it lives: what a ring of 260 had no room for. The question alone would be taken for them.
FILLED_BYTES = 256


class Hearing:
    """Of one session, from its HELLO on."""

    def __init__(self) -> None:
        self._heard_ms: int | None = None  # when the board last sent a frame
        self._waits_ms: int | None = None  # since when it has not, although something was asked

    def is_live(self, now_ms: int) -> bool:
        """Whether the session is known to live."""
        return self._heard_ms is not None and elapsed_ms(now_ms, self._heard_ms) <= LIVE_MS

    def heard(self, now_ms: int, expects_more: bool) -> None:
        """A frame of this session came."""
        self._heard_ms = now_ms
        self._waits_ms = now_ms if expects_more else None

    def tries_left(self, tries: int, timeout_ms: int, now_ms: int) -> int:
        """Of so many, for what is asked now: without those that this silence has used up.

        One in any case. So whoever asks anew what was not answered does not wait anew.
        """
        if self._waits_ms is None:
            self._waits_ms = now_ms
        return max(1, tries - elapsed_ms(now_ms, self._waits_ms) // timeout_ms)

    def stand_back(self, hellos: "Iterable[Pending]", now_ms: int) -> None:
        """What the board still sends of an earlier session goes before HELLO's answer."""
        if self._waits_ms is not None and elapsed_ms(now_ms, self._waits_ms) < EARLIER_MS:
            for hello in hellos:
                hello.sent_ms = now_ms


def wait_behind(first: "Pending", others: "Iterable[Pending]", now_ms: int) -> None:
    """``first`` is repeated, and what was sent behind it when that is answered.

    The board works in order. Where a link stood still and goes on, it answers each repetition.
    """
    for other in others:
        if other is not first and other.tries and other.tries_left:
            other.sent_ms = now_ms
