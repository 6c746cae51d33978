"""Makes docs/pictures/terminal.svg: ``python tests/pictures/terminal.py``.

README's commands from `tinyteach boards start` to `watch`, typed into a shell in a terminal of its
own and drawn as they came: nothing is written by hand. It plays twice as fast as it was, and waits
of more than a second are shown as half a second.
"""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

import pyte

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from patience import PATIENCE_S  # noqa: E402
from pictures.cast import Frame, Row, Run, svg  # noqa: E402
from readme_words import recorded_lines  # noqa: E402

PICTURE = ROOT / "docs" / "pictures" / "terminal.svg"
COLUMNS, LINES = 84, 22
LONGEST_WAIT_S, PACE, FRAME_S = 1.0, 2, 0.15
LETTER_S, LETTERS, AFTERWARDS_S = 0.03, 7, 0.5
PROMPT = "\x1b[32m$\x1b[0m "
END = "\x1b]end\x07"  # what the shell sends when a command is done: no terminal shows it


class Recorder:
    """A shell in a terminal, and what that showed when."""

    def __init__(self, environment: dict[str, str], folder: str) -> None:
        self.screen = pyte.Screen(COLUMNS, LINES)
        self.stream = pyte.ByteStream(self.screen)
        self.frames: list[Frame] = []
        self.now_s = 0.0
        self._end, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        attributes = termios.tcgetattr(other)
        attributes[3] &= ~termios.ECHO
        termios.tcsetattr(other, termios.TCSANOW, attributes)
        self._shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            **dict.fromkeys(("stdin", "stdout", "stderr"), other),
            env=environment | {"PS1": "", "PS2": ""},
            cwd=folder,
            start_new_session=True,
        )
        os.close(other)
        self._run("bind 'set enable-bracketed-paste off' 2>/dev/null")
        self.screen.reset()

    def type(self, line: str) -> None:
        """Show the prompt and the letters, then what the command does."""
        self.stream.feed(PROMPT.encode())
        for place in range(0, len(line), LETTERS):
            self.stream.feed(line[place : place + LETTERS].encode())
            self._keep(LETTER_S * LETTERS)
        self.stream.feed(b"\r\n")
        self._run(line)
        self._keep(0.0)
        self.now_s += AFTERWARDS_S

    def close(self) -> None:
        """End the shell."""
        os.close(self._end)
        self._shell.wait()

    def _run(self, line: str) -> None:
        """Take what comes until the command is done, a frame for each tenth of a second."""
        os.write(self._end, f" {line}\nprintf '\\033]end\\007'\n".encode())
        start = last = time.monotonic()
        tail = b""
        while END.encode() not in tail:
            assert last - start < PATIENCE_S, f"{line} does not end"
            ready, _, _ = select.select([self._end], [], [], PATIENCE_S)
            assert ready, f"{line} says nothing"
            came = os.read(self._end, 65536)
            tail = tail[-len(END) :] + came
            self.stream.feed(came.replace(END.encode(), b""))
            waited_s, last = time.monotonic() - last, time.monotonic()
            self._keep(min(waited_s, LONGEST_WAIT_S) / PACE)

    def _keep(self, waited_s: float) -> None:
        self.now_s += waited_s
        frame = Frame(self.now_s, tuple(_row(self.screen, line) for line in range(LINES)))
        if self.frames and self.now_s - self.frames[-1].time_s < FRAME_S:
            self.frames[-1] = frame._replace(time_s=self.frames[-1].time_s)
        else:
            self.frames.append(frame)


def _row(screen: pyte.Screen, line: int) -> Row:
    """A line of the screen, in runs of one look, without what is blank behind it."""
    runs: list[Run] = []
    for column in range(COLUMNS):
        cell = screen.buffer[line][column]
        look = (cell.bg if cell.reverse else cell.fg, cell.bold)
        if runs and (runs[-1].colour, runs[-1].bold) == look:
            runs[-1] = runs[-1]._replace(text=runs[-1].text + cell.data)
        else:
            runs.append(Run(cell.data, *look))
    while runs and not runs[-1].text.strip():
        runs.pop()
    return (*runs[:-1], runs[-1]._replace(text=runs[-1].text.rstrip())) if runs else ()


def main() -> None:
    lines = recorded_lines((ROOT / "README.md").read_text())
    with tempfile.TemporaryDirectory() as place:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("TINYTEACH")}
        path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
        own = {"PATH": path, "TERM": "xterm-256color", "TINYTEACH_HOME": f"{place}/home"}
        recorder = Recorder(kept | own, place)
        try:
            for line in lines:
                recorder.type(line)
            frames = list(recorder.frames)
        finally:
            recorder.type("tinyteach boards stop")
            recorder.close()
    PICTURE.write_text(svg(frames, COLUMNS, LINES, "; ".join(lines)))
    sys.stdout.write(f"{PICTURE}: {PICTURE.stat().st_size} bytes, {len(frames)} frames\n")


if __name__ == "__main__":
    main()
