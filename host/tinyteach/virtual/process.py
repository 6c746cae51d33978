"""The board's processor: one run of MicroPython, from power-on to reset or power loss."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from tinyteach.virtual.interpreter.micropython import MicroPython

ROM_PARENT = Path(__file__).parent
# Relative, as the path to it is: where TinyTeach is installed changes nothing in the board's heap.
SCRIPT = "rom/start.py"
# The camera module that firmware for ESP32 boards has (cnadler86's).
CAMERA_MODULES = {"camera": Path("rom/camera.py")}
# What start.py and its modules take of the heap; start.py returns what they do not need.
FIRMWARE_HEAP_BYTES = 160 * 1024


def last_line(output: bytes) -> str:
    """The last that is not blank, or nothing."""
    lines = output.decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


class Processor:
    """Starts, interrupts and ends the process; ``fileno()`` becomes readable when it has ended."""

    def __init__(
        self, interpreter: MicroPython, heap_bytes: int, camera_modules: Mapping[str, Path]
    ) -> None:
        heap = heap_bytes + FIRMWARE_HEAP_BYTES
        self._argv = [*interpreter.argv, "-X", f"heapsize={heap}", SCRIPT]
        modules = camera_modules.items()
        self._cameras = [f"{name}={path.stem}={path.parent}" for name, path in modules]
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the board
        self._process: subprocess.Popen[bytes] | None = None
        self._alive = -1

    def start(self, uart: int, memory: int, flash: int, bus: int) -> None:
        """Run from power-on with these open files; call only from the thread that outlives it.

        Linux ends the process when that thread dies.
        """
        self._alive, alive = os.pipe()
        files = (memory, flash, bus)
        self._process = subprocess.Popen(
            [*self._argv, *map(str, files), *self._cameras],
            stdin=uart,
            stdout=uart,
            stderr=self._log,
            pass_fds=(*files, alive),
            cwd=ROM_PARENT,
            env={"MICROPYPATH": ".", "BOARD_FILES": f"{memory} {flash}"},
            start_new_session=True,
        )
        os.close(alive)

    def fileno(self) -> int:
        """The end of a pipe whose other end only the process holds."""
        return self._alive

    @property
    def running(self) -> bool:
        return self._process is not None

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def reap(self) -> int:
        """Wait for the end of the process; its exit status."""
        assert self._process
        status = self._process.wait()
        os.close(self._alive)
        self._process = None
        return status

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self.reap()

    def interrupt(self) -> None:
        """Ctrl-C: MicroPython's unix port takes it as a signal."""
        if self._process:
            self._process.send_signal(signal.SIGINT)

    def sleeping(self) -> bool:
        """True while it waits in the operating system, where a signal disturbs nothing."""
        return self._stat()[:1] == ["S"]

    def worked_s(self) -> float:
        """Seconds that it has computed: on a busy computer they pass slowly."""
        fields = self._stat()
        if not fields:
            return time.monotonic()
        # proc(5): utime and stime, in clock ticks.
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _stat(self) -> list[str]:
        """Fields of /proc/…/stat from the state on; none where the system has no such file."""
        if sys.platform != "linux" or not self._process:
            return []
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text()
        except OSError:
            return []
        return fields.rpartition(")")[2].split()

    def last_words(self) -> str:
        """The last line that MicroPython itself wrote, such as an error of the firmware."""
        self._log.seek(0)
        return last_line(self._log.read())

    def close(self) -> None:
        self.kill()
        self._log.close()
