"""labgrid's programs, in an environment of their own: its fork of pyserial would replace ours."""

import json
import os
import shutil
import subprocess
import sys
import venv
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from tinyteach import paths
from tinyteach.errors import LabError, MissingToolError
from tinyteach.files import make_folder
from tinyteach.plain_text import plain

VERSION = "26.0.1"
VARIABLE = "TINYTEACH_LABGRID"
COORDINATOR, EXPORTER = "labgrid-coordinator", "labgrid-exporter"
INSTALL_TIMEOUT_S = 600.0
END_TIMEOUT_S = 10.0
MISSING = (
    "labgrid is not installed; run 'tinyteach lab setup', or set TINYTEACH_LABGRID to the folder "
    "that has labgrid-exporter."
)
NOT_MADE = (
    "labgrid could not be installed into {folder} ({why}); check the network, or set "
    "TINYTEACH_LABGRID to the folder that has labgrid-exporter."
)
ENDED = "labgrid-exporter ended at once: {why}; mend that and start again."


def programs() -> Path:
    """The folder of labgrid's programs: the variable's, the PATH's, the cache's.

    Raises MissingToolError where there is none.
    """
    named = os.environ.get(VARIABLE)
    on_path = shutil.which(EXPORTER)
    candidates = [Path(named)] if named else [*([Path(on_path).parent] if on_path else []), _bin()]
    for folder in candidates:
        if shutil.which(EXPORTER, path=folder):
            return folder.absolute()
    raise MissingToolError(MISSING)


def install() -> Path:
    """The same, made in the cache where there is none. Raises MissingToolError where that fails."""
    with suppress(MissingToolError):
        return programs()
    folder = _bin().parent
    make_folder(folder.parent)
    try:
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(_bin() / "python"), "-m", "pip", "install", "--quiet"]
        command = [*pip, f"labgrid=={VERSION}"]
        subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_TIMEOUT_S)
        return programs()
    except (OSError, subprocess.SubprocessError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise MissingToolError(NOT_MADE.format(folder=folder, why=_why(error))) from error


def _bin() -> Path:
    folder = paths.cache_dir() / f"labgrid-{VERSION}"
    return folder / ("Scripts" if sys.platform == "win32" else "bin")


def _why(error: Exception) -> str:
    said = getattr(error, "stderr", None) or str(error).encode()
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1].rstrip(".") if lines else "it ended without a word"


class ExporterProcess:
    """labgrid's exporter with these resources, started again when it ends. `stop` it."""

    def __init__(self, name: str, host: str, coordinator: str, resources: dict[str, Any]) -> None:
        self._folder = TemporaryDirectory(prefix="tinyteach-lab-")
        self._log: IO[bytes] = (Path(self._folder.name) / "log").open("w+b")
        file = Path(self._folder.name) / "exporter.yaml"
        file.write_text(json.dumps(resources))  # which is YAML, too
        options = ["--name", name, "--hostname", host, "--coordinator", coordinator]
        self._command = [*_dies_with_us(), str(programs() / EXPORTER), *options, str(file)]
        self._process = self._start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def started_again(self) -> str:
        """Where it has ended, as it does when the coordinator goes: why; else nothing."""
        status = self._process.poll()
        if status is None:
            return ""
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").splitlines()
        faults = [plain(line) for line in lines if "error" in line.lower()]
        self._process = self._start()
        if status < 0:
            return f"by signal {-status}"
        return faults[-1].rstrip(".") if faults else f"with status {status}"

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
        self._folder.cleanup()

    def _start(self) -> "subprocess.Popen[bytes]":
        self._log.seek(0)
        self._log.truncate()
        out = self._log
        try:
            return subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        except OSError as error:
            raise LabError(ENDED.format(why=error.strerror)) from error


def _dies_with_us() -> list[str]:
    """So that one that is killed leaves no exporter behind, in the way of the next."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM"] if setpriv else []
