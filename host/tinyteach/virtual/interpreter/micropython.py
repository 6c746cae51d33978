"""Find a MicroPython to run the virtual board on, or fetch one without root.

Order: the MICROPYTHON environment variable, which may name several, one for each
architecture, then PATH (both only when they are of the architecture asked for
and have the module ffi), then the cache, then PyPI's package where it is installed
(in_python.py; 64 bits only), then the distribution's own package, fetched and
signature-checked by apt in a private state folder and unpacked with its own C library,
so that a package of a newer release runs on an older one.
"""

import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyteach import paths
from tinyteach.errors import MissingToolError
from tinyteach.virtual.interpreter import apt

MIN_VERSION = (1, 24)

# sys.implementation._mpy >> 10 & 15, from MicroPython's docs/reference/mpyfiles.rst.
MPY_ARCHS = {1: "x86", 2: "x64", 3: "armv6", 4: "armv6m", 5: "armv7m", 6: "armv7em"}
MPY_ARCHS |= {7: "armv7emsp", 8: "armv7emdp", 9: "xtensa", 10: "xtensawin", 11: "rv32imc"}
DEBIAN_TO_MPY = {"amd64": "x64", "i386": "x86", "armhf": "armv7emdp", "arm64": "none"}

# Library folder and program loader inside the unpacked Debian packages.
LOADERS = {
    "amd64": ("x86_64-linux-gnu", "ld-linux-x86-64.so.2"),
    "i386": ("i386-linux-gnu", "ld-linux.so.2"),
    "armhf": ("arm-linux-gnueabihf", "ld-linux-armhf.so.3"),
    "arm64": ("aarch64-linux-gnu", "ld-linux-aarch64.so.1"),
}
QEMU = {"armhf": "qemu-arm", "arm64": "qemu-aarch64"}

# Reached only by what hangs; under an emulator on a busy machine a start takes seconds.
PROBE_TIMEOUT_S = 120

# Runs the module that PyPI's package is.
IN_PYTHON = Path(__file__).with_name("in_python.py")


@dataclass(frozen=True)
class MicroPython:
    """A runnable MicroPython: ``argv`` starts it, ``arch`` is Debian's name."""

    argv: tuple[str, ...]
    arch: str
    version: tuple[int, int, int]
    has_ffi: bool = True


def native_arch() -> str:
    """Debian's name of this machine's architecture."""
    names = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64", "i686": "i386"}
    machine = platform.machine()
    return names.get(machine, machine)


def find(arch: str | None = None, *, with_ffi: bool = False) -> MicroPython:
    """A MicroPython of Debian architecture ``arch`` (default: this machine's).

    ``with_ffi``: not PyPI's, which a board runs on though it has no ffi.
    Raises MissingToolError with a sentence that says how to install one.
    """
    if sys.platform == "win32":
        raise MissingToolError(
            "The virtual board needs Linux or macOS; on Windows use a real board, or WSL."
        )
    named = _named_by_user()
    # Without a wish, what the user names first decides the architecture too.
    wanted = arch or (named[0].arch if named else native_arch())
    for found in named:
        if found.arch == wanted:
            return found
    for argv in _installed_candidates(wanted):
        installed = _probe(argv)
        if installed and installed.arch == wanted and installed.has_ffi:
            return installed
    if not with_ffi and wanted == native_arch() and (from_pypi := _from_pypi()):
        return from_pypi
    return _fetch(wanted)


def _named_by_user() -> list[MicroPython]:
    """Those in MICROPYTHON. Raises MissingToolError where one is none that we can use."""
    programs = os.environ.get("MICROPYTHON", "").split(os.pathsep)
    return [_usable(program) for program in programs if program]


def _usable(program: str) -> MicroPython:
    # The board is run from another folder than the current one.
    found = _probe((str(Path(program).absolute()) if os.sep in program else program,))
    if not found:
        raise MissingToolError(
            f"MICROPYTHON names {program}, which is no MicroPython "
            f"{'.'.join(map(str, MIN_VERSION))} or later; correct it or unset it."
        )
    if not found.has_ffi:
        raise MissingToolError(
            f"MICROPYTHON names {program}, which was built without the module ffi that the virtual "
            "board needs; name one of the variant 'standard', which has it, or unset it."
        )
    return found


def _installed_candidates(arch: str) -> list[tuple[str, ...]]:
    program = shutil.which("micropython")
    candidates: list[tuple[str, ...]] = [(program,)] if program else []
    cached = _unpacked_argv(_cache_dir(arch), arch)
    return [*candidates, cached] if Path(cached[-1]).exists() else candidates


def _from_pypi() -> MicroPython | None:
    """PyPI's package, which is a module of Python, where it is installed and runs."""
    spec = importlib.util.find_spec("micropython_run")
    if not spec or not spec.origin:
        return None
    return _probe((sys.executable, "-I", "-S", str(IN_PYTHON), spec.origin))


def _cache_dir(arch: str) -> Path:
    return paths.cache_dir() / "micropython" / arch


def _unpacked_argv(root: Path, arch: str) -> tuple[str, ...]:
    if arch not in LOADERS:
        raise MissingToolError(f"No MicroPython is packaged for {arch}; {apt.HOW_TO_INSTALL}.")
    triplet, loader = LOADERS[arch]
    library = root / "usr" / "lib" / triplet
    emulator = (QEMU[arch],) if arch in QEMU and arch != native_arch() else ()
    program = str(root / "usr" / "bin" / "micropython")
    return (*emulator, str(library / loader), "--library-path", str(library), program)


def _probe(argv: tuple[str, ...]) -> MicroPython | None:
    """Run it once: what it is, or None where it is no MicroPython that is new enough."""
    code = "import sys; i = sys.implementation; print(i.name, *i.version[:3], i._mpy >> 10 & 15)"
    # Where ffi is lacking the line is printed all the same, and a traceback, to either output.
    try:
        options: dict[str, Any] = {"capture_output": True, "text": True, "timeout": PROBE_TIMEOUT_S}
        result = subprocess.run([*argv, "-c", f"{code}; import ffi, uctypes"], **options)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.fullmatch(
        r"micropython (\d+) (\d+) (\d+) (\d+)", result.stdout.partition("\n")[0].strip()
    )
    if not match:
        return None
    major, minor, patch, mpy = map(int, match.groups())
    if (major, minor) < MIN_VERSION:
        return None
    return MicroPython(argv, _arch_of(mpy), (major, minor, patch), result.returncode == 0)


def _arch_of(mpy: int) -> str:
    """Debian's name of what MicroPython makes machine code for."""
    name = MPY_ARCHS.get(mpy, "none")
    return next((arch for arch, mpy_arch in DEBIAN_TO_MPY.items() if mpy_arch == name), "")


def _fetch(arch: str) -> MicroPython:
    """Unpack the distribution's package and its libraries into the cache."""
    root = _cache_dir(arch)
    apt.fetch_and_unpack("micropython", arch, root)
    found = _probe(_unpacked_argv(root, arch))
    if not found or found.arch != arch:
        raise MissingToolError(
            f"The packaged MicroPython for {arch} does not run here; {apt.HOW_TO_INSTALL}."
        )
    return found
