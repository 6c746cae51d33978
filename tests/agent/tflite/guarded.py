"""A MicroPython that runs models with guard bands (run_guarded.py), one after the other.

It lives through many cases; where one of them ends it, by a signal or by never ending, the next
case gets another.
"""

import os
import select
import signal
import struct
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinyteach.virtual.interpreter.micropython import MicroPython

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
# Processor time, not time on the wall: a busy machine is no hang.
MOST_CPU_S = 60
LOOK_EVERY_S = 2


def noise_bytes() -> np.ndarray:
    """What inputs are taken from: int8 by chance, a quarter of it the two extremes only."""
    rng = np.random.default_rng(0)
    extremes = rng.choice(np.array([-128, 127], np.int8), 1 << 14)
    return np.concatenate([extremes, rng.integers(-128, 128, 3 << 14).astype(np.int8)])


NOISE = noise_bytes()


def inputs_at(at: int, sizes: list[int]) -> list[np.ndarray]:
    """The int8 inputs that a request with ``at`` gives a model with inputs of these sizes."""
    taken = np.resize(np.roll(NOISE, -at), sum(sizes)) if sizes else NOISE[:0]
    return np.split(taken, np.cumsum(sizes)[:-1])


@dataclass(frozen=True)
class Answer:
    """``verdict``: ran, refused, or what is wrong: wrote, differs, raised, signal, hang, ended."""

    verdict: str
    sentence: str = ""
    output: bytes = b""

    @property
    def is_right(self) -> bool:
        return self.verdict in ("ran", "refused")


class Guarded:
    """Call it with a model; a context manager that ends the MicroPython in the end."""

    def __init__(self, interpreter: MicroPython, kernels: str, path=(), heap: str = "3m") -> None:
        self._noise = tempfile.NamedTemporaryFile(prefix="noise")  # noqa: SIM115
        self._noise.write(NOISE.tobytes())
        self._noise.flush()
        script, board = HERE / "run_guarded.py", (ROOT / "protocol", ROOT / "firmware_agent")
        entries = [*map(str, (HERE, *path, *board)), ".frozen"]
        self._environment = {**os.environ, "MICROPYPATH": ":".join(entries)}
        self._argv = [*interpreter.argv, "-X", f"heapsize={heap}", str(script)]
        self._argv += [self._noise.name, kernels]
        self.is_emulated = "qemu" in interpreter.argv[0]
        self._process: subprocess.Popen | None = None

    def __enter__(self) -> "Guarded":
        return self

    def __exit__(self, *_) -> None:
        self._end()
        self._noise.close()

    def __call__(self, model: bytes, at: int = 0) -> Answer:
        """Run one model, its inputs from ``at`` on in the noise."""
        return next(self.each([(model, at)]))

    def each(self, cases: list[tuple[bytes, int]]) -> Iterator[Answer]:
        """The answers to (model, where in the noise its inputs begin), while the next ones run."""
        done = 0
        while done < len(cases):
            process = self._running()
            writer = threading.Thread(target=send, args=(process.stdin, cases[done:]))
            writer.start()
            alive = True
            while alive and done < len(cases):
                answer = self._answer(process)
                alive, done = self._process is process, done + 1
                yield answer
            writer.join()

    def _running(self) -> subprocess.Popen:
        if self._process is None:
            pipe, self._unread = subprocess.PIPE, b""
            self._process = subprocess.Popen(
                self._argv, stdin=pipe, stdout=pipe, stderr=pipe, env=self._environment
            )
        return self._process

    def _answer(self, process: subprocess.Popen) -> Answer:
        try:
            line = self._taken(process, 0)
            if not line.endswith(b"\n"):
                return self._ended(process)
            verdict, sentence, size = line.decode().rstrip("\n").rsplit("|", 2)
            return Answer(verdict, sentence, self._taken(process, int(size)) if int(size) else b"")
        except TimeoutError:
            self._end()
            return Answer("hang", f"{MOST_CPU_S} s of processor time")

    def _taken(self, process: subprocess.Popen, size: int) -> bytes:
        """So many bytes, a line for 0; fewer where the process ended. TimeoutError if it hangs."""
        began_s = cpu_s(process.pid)
        end = size or self._unread.find(b"\n") + 1
        while not 0 < end <= len(self._unread):
            if select.select([process.stdout], [], [], LOOK_EVERY_S)[0]:
                more = os.read(process.stdout.fileno(), 1 << 16)
                if not more:
                    break
                self._unread += more
                end = size or self._unread.find(b"\n") + 1
            elif cpu_s(process.pid) - began_s > MOST_CPU_S:
                raise TimeoutError
        taken, self._unread = self._unread[: end or None], self._unread[end or len(self._unread) :]
        return taken

    def _ended(self, process: subprocess.Popen) -> Answer:
        """What ended the process; the next case gets another."""
        self._process = None
        error, status = process.stderr.read(), process.wait()
        if status < 0:
            return Answer("signal", signal.Signals(-status).name)
        return Answer("ended", f"status {status}: {error.decode()[-300:]}")

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def send(pipe, cases: list[tuple[bytes, int]]) -> None:
    """Write requests, until the other end is gone."""
    try:
        for model, at in cases:
            pipe.write(struct.pack("<II", len(model), at) + model)
        pipe.flush()
    except (BrokenPipeError, ValueError):
        pass


def cpu_s(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
