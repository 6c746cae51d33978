"""Find a MicroPython to run the virtual board on, or fetch one without root.

Order: the MICROPYTHON environment variable, then PATH (both only when they are
of the architecture asked for), then the cache, then the distribution's own
package, fetched and signature-checked by apt in a private state folder and
unpacked with its own C library, so that a package of a newer release runs on
an older one.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tinyteach import paths
from tinyteach.errors import MissingToolError

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

HOW_TO_INSTALL = (
    "install it (Debian 13 or Ubuntu 25.04: apt install micropython; macOS: brew install "
    "micropython) or set MICROPYTHON to its path"
)


@dataclass(frozen=True)
class MicroPython:
    """A runnable MicroPython: ``argv`` starts it, ``arch`` is Debian's name."""

    argv: tuple[str, ...]
    arch: str
    version: tuple[int, int, int]


def native_arch() -> str:
    """Debian's name of this machine's architecture."""
    names = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64", "i686": "i386"}
    machine = platform.machine()
    return names.get(machine, machine)


def find(arch: str | None = None) -> MicroPython:
    """A MicroPython of Debian architecture ``arch`` (default: this machine's).

    Raises MissingToolError with a sentence that says how to install one.
    """
    if sys.platform == "win32":
        raise MissingToolError(
            "The virtual board needs Linux or macOS; on Windows use a real board, or WSL."
        )
    named = _named_by_user()
    # Without a wish, what the user names decides the architecture too.
    wanted = arch or (named.arch if named else native_arch())
    if named and named.arch == wanted:
        return named
    for argv in _installed_candidates(wanted):
        found = _probe(argv, wanted)
        if found:
            return found
    return _fetch(wanted)


def _named_by_user() -> MicroPython | None:
    """The one in MICROPYTHON. Raises MissingToolError where that is none we can use."""
    program = os.environ.get("MICROPYTHON")
    if not program:
        return None
    found = next((mp for arch in DEBIAN_TO_MPY if (mp := _probe((program,), arch))), None)
    if not found:
        raise MissingToolError(
            f"MICROPYTHON names {program}, which is no MicroPython "
            f"{'.'.join(map(str, MIN_VERSION))} or later; correct it or unset it."
        )
    return found


def _installed_candidates(arch: str) -> list[tuple[str, ...]]:
    program = shutil.which("micropython")
    candidates: list[tuple[str, ...]] = [(program,)] if program else []
    cached = _unpacked_argv(_cache_dir(arch), arch)
    return [*candidates, cached] if Path(cached[-1]).exists() else candidates


def _cache_dir(arch: str) -> Path:
    return paths.cache_dir() / "micropython" / arch


def _unpacked_argv(root: Path, arch: str) -> tuple[str, ...]:
    if arch not in LOADERS:
        raise MissingToolError(f"No MicroPython is packaged for {arch}; {HOW_TO_INSTALL}.")
    triplet, loader = LOADERS[arch]
    library = root / "usr" / "lib" / triplet
    emulator = (QEMU[arch],) if arch in QEMU and arch != native_arch() else ()
    program = str(root / "usr" / "bin" / "micropython")
    return (*emulator, str(library / loader), "--library-path", str(library), program)


def _probe(argv: tuple[str, ...], arch: str) -> MicroPython | None:
    """Run it once: its version and architecture, or None where it is not as asked."""
    code = "import sys; i = sys.implementation; print(i.name, *i.version[:3], i._mpy >> 10 & 15)"
    try:
        result = subprocess.run([*argv, "-c", code], capture_output=True, text=True, timeout=120)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.fullmatch(r"micropython (\d+) (\d+) (\d+) (\d+)", result.stdout.strip())
    if not match:
        return None
    major, minor, patch, mpy = map(int, match.groups())
    expected = DEBIAN_TO_MPY.get(arch, "none")
    if (major, minor) < MIN_VERSION or MPY_ARCHS.get(mpy, "none") != expected:
        return None
    return MicroPython(argv, arch, (major, minor, patch))


def _fetch(arch: str) -> MicroPython:
    """Unpack the distribution's package and its libraries into the cache."""
    from tinyteach.virtual import apt

    root = _cache_dir(arch)
    apt.fetch_and_unpack("micropython", arch, root)
    found = _probe(_unpacked_argv(root, arch), arch)
    if not found:
        raise MissingToolError(
            f"The packaged MicroPython for {arch} does not run here; {HOW_TO_INSTALL}."
        )
    return found
