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
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinyteach.virtual.micropython import MicroPython

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
        process = self._running()
        try:
            process.stdin.write(struct.pack("<II", len(model), at) + model)
            process.stdin.flush()
        except BrokenPipeError:
            return self._ended()
        if not self._answers(process):
            self._end()
            return Answer("hang", f"{MOST_CPU_S} s of processor time")
        line = process.stdout.readline()
        if not line.endswith(b"\n"):
            return self._ended()
        verdict, sentence, size = line.decode().rstrip("\n").rsplit("|", 2)
        return Answer(verdict, sentence, process.stdout.read(int(size)))

    def _running(self) -> subprocess.Popen:
        if self._process is None:
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(
                self._argv, stdin=pipe, stdout=pipe, stderr=pipe, env=self._environment
            )
        return self._process

    def _answers(self, process: subprocess.Popen) -> bool:
        """Wait for an answer or the end; False where it only computes on."""
        began_s = cpu_s(process.pid)
        while not select.select([process.stdout], [], [], LOOK_EVERY_S)[0]:
            if cpu_s(process.pid) - began_s > MOST_CPU_S:
                return False
        return True

    def _ended(self) -> Answer:
        process = self._process
        self._process = None
        _, error = process.communicate()
        if process.returncode < 0:
            return Answer("signal", signal.Signals(-process.returncode).name)
        return Answer("ended", f"status {process.returncode}: {error.decode()[-300:]}")

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def cpu_s(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
