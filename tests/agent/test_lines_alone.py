"""What a board prints by itself, and when: also after a slow write, also after quiet weeks."""

import pytest

from tinyteach.device.repl.raw_repl import raw_repl

# A report on the port, by a clock that a test turns: `step_ms` pass at each look.
CLOCK = """
import json
from agent.alone import report
class Clock:
    def __init__(self):
        self.now_ms = self.step_ms = 0
    def ticks_ms(self):  # of a board: it wraps
        self.now_ms += self.step_ms
        return self.now_ms & 0x3FFFFFFF
    def ticks_diff(self, later_ms, sooner_ms):
        return (later_ms - sooner_ms + 0x20000000 & 0x3FFFFFFF) - 0x20000000
clock = report.time = Clock()
"""
SLOW_MS = 80  # more than the 50 after which a board is silent
SILENCE_MS = 30_000


def test_a_problem_behind_a_slow_line_is_told_later(board):
    with raw_repl(board.port) as repl:
        repl.run(CLOCK + f"lines = report.Report(0)\nclock.step_ms = {SLOW_MS}")
        repl.run("told = [lines.tell('{}')]\nclock.step_ms = 0")
        repl.run("told += [lines.problem('camera'), lines.tell('{}')]")
        assert repl.evaluate("print(json.dumps(told))") == [True, False, False]
        repl.run(f"clock.now_ms += {SILENCE_MS}")
        assert repl.evaluate("print(json.dumps(lines.problem('camera')))") is True


def test_what_is_not_to_be_printed_counts_as_told(board):
    with raw_repl(board.port) as repl:
        repl.run(CLOCK + "lines = report.Report(65535)")
        assert repl.evaluate("print(json.dumps(lines.problem('camera')))") is True


# 2**29 ms, after which `time.ticks_diff` is below 0, are 6.2 days; the clock wraps after 12.4.
@pytest.mark.parametrize("quiet_days", [1, 7, 11, 13, 20])
def test_a_change_is_told_after_quiet_days(board, quiet_days):
    with raw_repl(board.port) as repl:
        repl.run(CLOCK + "lines = report.Report(0)\ntold = []")
        look = "told += [lines.is_due(%d, clock.ticks_ms())]\n"
        repl.run(look % 0 + look % 0 + "told += [lines.tell('{}')]")
        repl.run(f"clock.now_ms += {quiet_days * 86_400_000}\n" + look % 0)
        repl.run(look % 1 + "told += [lines.tell('{}')]\n" + look % 0)
        assert repl.evaluate("print(json.dumps(told))") == [
            *(True, False, True),  # a beginning, the same, whose line is written
            *(False, True, True),  # the same, a change, whose line is written
            False,  # another, at once
        ]


# A view that is unsure, of a board that keeps those, at most one a minute.
KEEPS = """
import json
from agent.alone import turns
class Bare:
    def __init__(self, **fields):
        for name in fields:
            setattr(self, name, fields[name])
kept = []
turns.seldom = Bare(call=lambda *what: kept.append(what[1]))
unsure = Bare(scores=bytes(2), top=0, threshold=0, tensor=b"", head_fingerprint=b"")
alone = Bare(_keep=1, _keep_s=60, _kept_ms=0)
def look(at_ms):
    turns.Alone._keep_unsure(alone, unsure, at_ms & 0x3FFFFFFF)
"""


def test_an_unsure_view_is_kept_after_quiet_days(micropython):
    looks = "look(59_999)\nkept.append('')\nlook(7 * 86_400_000)\nprint(json.dumps(kept))"
    assert micropython.run(KEEPS + looks) == '["", "store"]\n'
