"""What a board prints by itself where a write was slow: problems are kept, the rest is left out."""

from tinyteach.device.repl.raw_repl import raw_repl

# A report on the port, by a clock that a test turns: `step_ms` pass at each look.
CLOCK = """
import json
from agent.alone import report
class Clock:
    def __init__(self):
        self.now_ms = self.step_ms = 0
    def ticks_ms(self):
        self.now_ms += self.step_ms
        return self.now_ms
    def ticks_diff(self, later_ms, sooner_ms):
        return later_ms - sooner_ms
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
