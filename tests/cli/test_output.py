"""Standard output is the answer and nothing else; progress is for people who look on."""

import json
import os
import pty
import subprocess
import sys

from patience import PATIENCE_S

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
