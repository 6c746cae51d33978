"""A borrower's end of a lease: claimed, kept alive by a thread, given back."""

import socket
import threading
import time
from typing import Any

from tinyteach.errors import LabError
from tinyteach.files import fits
from tinyteach.lab.lease_lines import LeaseLines
from tinyteach.plain_text import plain

# Health is asked before a claim is answered and after the end; a doctor may be at it.
CLAIM_TIMEOUT_S = 60.0
CONNECT_TIMEOUT_S = 5.0
BEATS_IN_A_LEASE = 4
RETRY_S = 0.5
CLAIM = {"url": str, "lease_s": float}
LOST = (
    "The lease of the board {place} was lost, because its lab did not answer or was restarted; "
    "what was done meanwhile may have met another user's, so run it again."
)


class RefusedClaimError(LabError):
    """The exporter does not lend the board now; its message is the reason, as a clause."""


class Lease:
    """A board that is lent to ``owner`` while this beats. Raises RefusedClaimError, OSError."""

    def __init__(self, address: tuple[str, int], place: str, owner: str) -> None:
        self.place, self.owner = place, owner
        self._address, self._is_lost = address, False
        self._lines, claim = self._claim()
        self.url, self._lease_s = str(claim["url"]), float(claim["lease_s"])
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._beating = threading.Thread(target=self._beat, name=f"lease-{place}", daemon=True)
        self._beating.start()

    def check(self) -> None:
        """LabError where the board may be another's by now."""
        self._beat_once()
        if self._is_lost:
            raise LabError(LOST.format(place=self.place))

    def end(self) -> bool:
        """Give the board back; whether the exporter has released it."""
        self._ended.set()
        with self._lock:
            try:
                return "released" in self._lines.ask({"done": True}, CLAIM_TIMEOUT_S)
            except OSError:
                return False
            finally:
                self._lines.close()

    def _claim(self) -> tuple[LeaseLines, dict[str, Any]]:
        lines = LeaseLines(socket.create_connection(self._address, CONNECT_TIMEOUT_S))
        try:
            claim = {"place": self.place, "owner": self.owner}
            answer = lines.ask(claim, CLAIM_TIMEOUT_S)
            if not fits(answer, CLAIM):
                raise RefusedClaimError(plain(str(answer.get("refused", "it gives no answer"))))
        except BaseException:
            lines.close()
            raise
        return lines, answer

    def _beat(self) -> None:
        while not (self._is_lost or self._ended.wait(self._lease_s / BEATS_IN_A_LEASE)):
            self._beat_once()

    def _beat_once(self) -> None:
        with self._lock:
            if self._is_lost or self._ended.is_set():
                return
            try:
                self._lines.ask({"beat": True}, self._lease_s)
            except OSError:
                self._is_lost = not self._claimed_anew()

    def _claimed_anew(self) -> bool:
        """After the connection broke: whether the exporter, started again, lends it on."""
        give_up = time.monotonic() + self._lease_s
        while time.monotonic() < give_up and not self._ended.is_set():
            try:
                self._lines, _ = self._claim()
                return True
            except RefusedClaimError:
                return False
            except OSError:
                self._ended.wait(RETRY_S)
        return False
