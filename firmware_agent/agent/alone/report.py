"""Results as lines of JSON on the port, for programs that do not speak the protocol.

Printed when the label changes, and again after a while; docs/on-its-own.md has the format.
Nobody may be reading: a line is left out rather than waited for. Loaded when needed only
(seldom.py).
"""

import json
import select
import sys
import time

from tinyteach_protocol.session import elapsed_ms

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from _mpy_shed.time_mp import _TicksMs

# Changes come no faster than this.
_GAP_MS = const(250)
# A write that took so long waited for a reader who was not there: be silent for a while then.
_SLOW_MS = const(50)
_SILENCE_MS = const(30000)
_NEVER = const(65535)
# See link.py: what fills its last USB packet may not be sent on.
_USB_PACKET_BYTES = const(64)


class Report:
    """``line_s``: seconds after which a result is printed again; 0 only changes, 65535 nothing."""

    def __init__(self, line_s: int) -> None:
        self._line_s = line_s
        self._output = sys.stdout.buffer
        self._poll = select.poll()
        self._poll.register(self._output, select.POLLOUT)
        self._begin = ""
        self._written_ms = self._told_ms = time.ticks_ms()
        self._silence_ms = 0
        self._label: int | None = None

    def _waits(self) -> bool:
        """Whether a line would have to wait now, for a reader or for the silence to be over."""
        since_ms = elapsed_ms(time.ticks_ms(), self._written_ms)  # type: ignore[arg-type] # numbers
        return since_ms < self._silence_ms or not self._poll.poll(0)

    def print(self, text: str) -> bool:
        """One line, as far as somebody takes it; whether it was taken whole."""
        if self._waits():
            return False
        now_ms = time.ticks_ms()
        data = (self._begin + text + "\r\n").encode()
        if len(data) % _USB_PACKET_BYTES == 0:
            data = (self._begin + text + " \r\n").encode()
        # What is left out of a line must not run into the next.
        whole = self._output.write(data) == len(data)
        self._begin = "" if whole else "\r\n"
        self._written_ms = now_ms
        slow = time.ticks_diff(time.ticks_ms(), now_ms) > _SLOW_MS
        self._silence_ms = _SILENCE_MS if slow else 0
        return whole

    def tell(self, text: str) -> bool:
        """A JSON object, written out: MicroPython's dictionaries know no order."""
        return self._line_s == _NEVER or self.print(text)

    def problem(self, text: str) -> bool:
        """Why there are no results, or a rule rests; whether that is told, or not to be."""
        return not self._waits() and self.tell('{"problem":%s}' % json.dumps(text))

    def result(self, best: str, known: bool, steps: int) -> None:
        """The best label, whether it is believed, and its smoothed probability in 256ths."""
        percent = steps * 100 + 128 >> 8
        best = json.dumps(best)
        label = best if known else '"unknown"'
        probability = "%d.%02d" % divmod(percent, 100)
        text = '{"label":%s,"probability":%s,"best_label":%s}'
        self.tell(text % (label, probability, best))

    def is_due(self, label: int, now_ms: "_TicksMs") -> bool:
        """Whether a view's result is to be told; ``label`` is an index."""
        if self._line_s == _NEVER:
            return False
        # `time.ticks_diff` takes what is 6.2 days ago for what is to come.
        since_ms = elapsed_ms(now_ms, self._told_ms)  # type: ignore[arg-type] # numbers
        if label == self._label:
            if not self._line_s or since_ms < self._line_s * 1000:
                return False
        elif self._label is not None and since_ms < _GAP_MS:
            return False
        self._label, self._told_ms = label, now_ms
        return True
