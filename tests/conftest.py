"""Fixtures shared by all tests: paths, MicroPython on two word sizes, paired boards, heads."""

import fcntl
import gc
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import hypothesis
import pytest

import one_thread  # noqa: F401  (before numpy comes)
from flashes import make_deployed, make_paired, starter
from longest import LONGEST
from patience import PATIENCE_S, be_patient
from tinyteach.embedding import runtime
from tinyteach.embedding.runtime import EMBEDDING_FILE
from tinyteach.errors import MissingToolError
from tinyteach.head.format.head_file import Head, load_head
from tinyteach.service.photos import bench_photos
from tinyteach.virtual import flash_image
from tinyteach.virtual.interpreter import micropython as mp

# Without --hypothesis-profile, too: an example takes as long as it takes.
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")
gc.disable()  # until all are collected: nothing of that is garbage

ROOT = Path(__file__).resolve().parent.parent
ARCHS = ("amd64", "i386")
BOARD_PATH = (ROOT / "protocol", ROOT / "firmware_agent")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """What needs TensorFlow is for one process."""
    from scheduling import Together

    return Together(config, log) if config.getvalue("dist") == "loadscope" else None


def pytest_collection_modifyitems(items):
    """What takes long comes first; make test hands files out in this order."""
    rank = {ROOT / "tests" / name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


def pytest_collection_finish():
    """What all tests are made of stays to the end: nobody looks there for garbage."""
    gc.freeze()
    gc.enable()


@dataclass(frozen=True)
class MicroPythonRunner:
    """Runs code on a real MicroPython with the board's modules importable."""

    interpreter: mp.MicroPython

    @property
    def arch(self) -> str:
        return self.interpreter.arch

    def start(self, code: str | Path, *args: str, heap: str = "2m", path=()) -> subprocess.Popen:
        """Start a script file or a string of code, its pipes open."""
        what = [str(code)] if isinstance(code, Path) else ["-c", code]
        entries = [*map(str, path), *map(str, BOARD_PATH), ".frozen"]
        env = {**os.environ, "MICROPYPATH": ":".join(entries)}
        argv = [*self.interpreter.argv, "-X", f"heapsize={heap}", *what, *args]
        pipe = subprocess.PIPE
        return subprocess.Popen(argv, stdin=pipe, stdout=pipe, stderr=pipe, env=env)

    def run(self, code: str | Path, *args: str, stdin: bytes = b"", **options) -> str:
        """Run to the end, require exit status 0, return what it printed."""
        process = self.start(code, *args, **options)
        out, err = process.communicate(stdin, timeout=PATIENCE_S)
        assert process.returncode == 0, (out + err).decode(errors="replace")
        return out.decode()


@pytest.fixture(scope="session", params=ARCHS)
def micropython(request) -> MicroPythonRunner:
    """MicroPython on 64-bit and on 32-bit words; a test using it runs twice."""
    return MicroPythonRunner(mp.find(request.param, with_ffi=True))


@pytest.fixture(scope="session")
def micropython_on():
    """micropython_on(arch): MicroPython there; skips where what armhf needs is lacking."""
    return lru_cache(runner_on)


def runner_on(arch: str) -> MicroPythonRunner:
    if arch != "armhf":
        return MicroPythonRunner(mp.find(arch, with_ffi=True))
    if mp.native_arch() != arch and not shutil.which(mp.QEMU[arch]):
        pytest.skip(f"{mp.QEMU[arch]} is not installed (Debian: apt install qemu-user)")
    try:
        return MicroPythonRunner(mp.find(arch, with_ffi=True))
    except MissingToolError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session", autouse=True)
def _patient():
    """For what is to answer; tests of what is not say so (patience.py)."""
    with pytest.MonkeyPatch.context() as patch:
        be_patient(patch)
        yield


# Where what all may share is; models and programs that somebody wants tests to use.
OF_THIS_MACHINE = ("TINYTEACH_CACHE", "TINYTEACH_LABGRID", "TINYTEACH_MODELS")


@pytest.fixture(scope="session", autouse=True)
def _at_nobodys_home(tmp_path_factory):
    """No test sees or changes what this user has paired, started, set or plugged in.

    Nor what another process of tests has: folders that make a home of their own begin with this.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(("TINYTEACH_", "LG_")) and name not in OF_THIS_MACHINE:
                patch.delenv(name)
        patch.setenv("TINYTEACH_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setattr("serial.tools.list_ports.comports", list)
        # pytest inside of a test would look through all that this process has for garbage, twice,
        # which takes longer than a board's start; the run around it, or Python, tells of errors.
        patch.setenv("PYTEST_ADDOPTS", "-p no:unraisableexception")
        yield


@pytest.fixture(scope="session", autouse=True)
def _interruptible():
    """Ctrl-C ends what tests start, also where a shell runs them beside others."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root folder."""
    return ROOT


def quiet(*_):
    """A progress callback that shows nothing."""


@pytest.fixture(scope="session")
def embedding_file() -> bytes:
    """The embedding that is shipped, as it goes onto a board."""
    return EMBEDDING_FILE.read_bytes()


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """The file that stands in for the embedding ``tiny``: as large as ``base``, other features."""
    from paired import other_embedding

    path = tmp_path / "stand_in.tflite"
    path.write_bytes(other_embedding())
    monkeypatch.setitem(runtime.EMBEDDING_FILES, "tiny", path)
    return path


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    """made_once(name, make): what make(path) writes there, once for all test processes."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "made"
    folder.mkdir(exist_ok=True)
    unfinished = folder / "unfinished"

    def made(name: str, make: Callable[[Path], object]) -> Path:
        path = folder / name
        with (folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                (unfinished / name).parent.mkdir(exist_ok=True)
                make(unfinished / name)
                (unfinished / name).rename(path)
        return path

    return made


@pytest.fixture(scope="session")
def paired_flashes(made_once, embedding_file):
    """The flash image of a paired board, by architecture."""
    return lambda arch: made_once(arch, lambda path: make_paired(arch, path, embedding_file))


@pytest.fixture
def new_boards_are_paired(paired_flashes, monkeypatch):
    """new_boards_are_paired(arch): one with a flash of its own has it as after a pairing.

    So that pairing it, which what is tested does on its way, finds its files there.
    """

    def begin(arch: str) -> None:
        content = paired_flashes(arch).read_bytes()
        plain = flash_image._open

        def opened(path: Path | None) -> BinaryIO:
            file = plain(path)
            if path is None:
                file.write(content)
            return file

        monkeypatch.setattr(flash_image, "_open", opened)

    return begin


@pytest.fixture(scope="session")
def switch_on(paired_flashes, tmp_path_factory):
    """switch_on(arch, **options) starts a paired board with a flash of its own."""

    return starter(paired_flashes, tmp_path_factory)


@pytest.fixture(scope="session")
def trained_heads(made_once):
    """Two heads for the shipped embedding, of two and of three classes."""
    from paired import make_head

    def head(*names: str) -> Head:
        path = made_once("-".join(names), lambda path: path.write_bytes(make_head(*names).content))
        return load_head(path.read_bytes())

    return head("cat", "coffee"), head("cat", "coffee", "rocket")


@pytest.fixture(scope="session")
def with_head(made_once, paired_flashes, trained_heads, tmp_path_factory):
    """with_head() starts a paired board of 32 bits, the first of those heads at work on it."""
    image = made_once(
        "with a head", lambda path: make_deployed(paired_flashes("i386"), path, trained_heads[0])
    )
    start = starter(lambda _: image, tmp_path_factory)
    return lambda **options: start("i386", **options)


@pytest.fixture
def few_pictures(monkeypatch):
    """Three small pictures of each of two kinds to train on and as many to test on."""
    from paired import halves_of_views

    monkeypatch.setattr(bench_photos, "halves", lambda *_: halves_of_views(3, 64))
