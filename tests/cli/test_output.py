"""Standard output is the answer and nothing else; progress is for people who look on."""

import json
import os
import pty
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patience import PATIENCE_S
from tinyteach.cli import output

COMMAND = [sys.executable, "-c", "from tinyteach.cli.main import run; run()"]


def test_training_says_nothing_on_stderr(project):
    """Not what LiteRT writes past Python either."""
    done = subprocess.run(
        [*COMMAND, "-p", str(project), "train", "--json"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.stderr == "" and json.loads(done.stdout)["classes"] == ["cat", "coffee"]


def run_at_terminal(*arguments):
    """What a command writes to a terminal's standard error."""
    ours, its = pty.openpty()
    process = subprocess.Popen([*COMMAND, *map(str, arguments)], stdout=subprocess.PIPE, stderr=its)
    os.close(its)
    shown = b""
    while True:
        try:
            shown += os.read(ours, 4096)
        except OSError:  # Linux: the other end has closed
            break
    os.close(ours)
    out, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    return shown.decode(errors="replace"), out.decode()


def test_progress_shows_at_a_terminal(board, project):
    shown, out = run_at_terminal("-b", board.port, "-p", project, "capture", "cat", "-n", "3")
    assert "Recording cat" in shown and "3/3" in shown
    assert out.startswith("Recorded 3 photographs of cat")


def test_json_shows_no_progress(tinyteach, board, project, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    arguments = ("-b", board.port, "-p", project, "capture", "cat", "-n", "3")
    assert "Recording cat" in tinyteach(*arguments).err
    told = tinyteach(*arguments, "--json")
    assert told.err == "" and json.loads(told.out)["photos"] == 3


# Narrow terminals

WORDS = st.text("abc é字", max_size=20)
CELLS = st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=4)


@given(CELLS, st.integers(10, 90))
def test_columns_fit_and_break_no_word(lines, room):
    widths = output.fitting_widths(lines, room)
    longest = [
        max((output_len(w) for t in c for w in t.split()), default=0)
        for c in zip(*lines, strict=True)
    ]
    if widths is None:
        assert sum(longest) + 3 * 3 + 1 > room
        return
    assert sum(widths) + 3 * 3 + 1 <= room
    assert all(width >= least for width, least in zip(widths, longest, strict=True))


def output_len(text):
    from rich.cells import cell_len

    return cell_len(text)


@pytest.mark.parametrize("columns", [30, 60, 80])
def test_a_list_of_heads_has_whole_ids(tinyteach, trained_project, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    (digits,) = {
        row["fingerprint"]
        for row in json.loads(tinyteach("-p", trained_project, "heads", "--json").out)
    }
    for command in ("heads", "report"):
        shown = tinyteach("-p", trained_project, command).out
        assert "…" not in shown and "photo" in shown
        table = [line for line in shown.splitlines() if "│" in line]
        assert all(len(line) <= columns for line in table)
    assert digits in tinyteach("-p", trained_project, "heads").out


def test_sentences_are_folded_between_words_in_a_terminal(tinyteach, trained_project, monkeypatch):
    told = tinyteach("-p", trained_project, "advise").out
    monkeypatch.setenv("COLUMNS", "60")
    assert tinyteach("-p", trained_project, "advise").out == told  # piped: a sentence a line
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    folded = tinyteach("-p", trained_project, "advise").out
    assert max(map(len, folded.splitlines())) <= 60 and folded.split() == told.split()
