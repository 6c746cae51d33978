"""labgrid's coordinator for tests, its programs in an environment of their own."""

import fcntl
import re
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from patience import PATIENCE_S
from tinyteach import paths
from tinyteach.errors import MissingToolError
from tinyteach.service.lab import labgrid_env


def programs() -> Path:
    """The folder of labgrid's programs, made once in the user's cache; skips where it cannot be."""
    cache = paths.cache_dir()
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "labgrid.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            return labgrid_env.install()
        except MissingToolError as error:
            pytest.skip(str(error))


class LabgridCoordinator:
    """labgrid's coordinator on loopback; ``kill`` and ``start`` it again at the same address."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen | None = None
        self.address = "127.0.0.1:0"

    def start(self) -> None:
        """Returns when it listens."""
        log = self._folder / "coordinator.log"
        with log.open("wb") as out:
            command = [programs() / labgrid_env.COORDINATOR, "--listen", self.address]
            self._process = subprocess.Popen(command, cwd=self._folder, stdout=out, stderr=out)
        give_up = time.monotonic() + PATIENCE_S
        while not (said := re.search(rb"listening on (\S+)", log.read_bytes())):
            assert self._process.poll() is None and time.monotonic() < give_up, log.read_text()
            time.sleep(0.02)
        self.address = said[1].decode()

    def kill(self) -> None:
        """At once, as by a power cut."""
        self._process.kill()
        self._process.wait()


@contextmanager
def coordinator_in(folder: Path):
    """One that runs, with its places in ``folder``."""
    coordinator = LabgridCoordinator(folder)
    coordinator.start()
    try:
        yield coordinator
    finally:
        coordinator.kill()
