"""PyPI's MicroPython, a module of Python, run as a program: ``in_python.py MODULE ARGUMENT…``.

It has no module ffi, so what a virtual board needs of the C library is made ready here and told
in the environment (rom/libc_in_python.py reads it): where the files lie that are mapped, and where
functions are. Runs without site-packages, apart from that one module.
"""

import ctypes
import importlib.util
import mmap
import os
import sys

FUNCTIONS = ("_exit", "signal", "recvmsg")
# Linux's prctl(2).
_PR_SET_PDEATHSIG, _SIGKILL = 1, 9
_kept: list[object] = []


def _map(fd: int) -> int:
    """Where all of an open file lies in memory from now on."""
    mapped = mmap.mmap(fd, 0)
    _kept.append(mapped)
    return ctypes.addressof(ctypes.c_char.from_buffer(mapped))


def _prepare(files: list[str]) -> None:
    """A board is to run: with these files mapped, and no longer than the supervisor."""
    library = ctypes.CDLL(None)
    where = [ctypes.cast(getattr(library, name), ctypes.c_void_p).value for name in FUNCTIONS]
    os.environ["BOARD_FUNCTIONS"] = " ".join(map(str, where))
    os.environ["BOARD_MAPS"] = " ".join(f"{fd}:{_map(int(fd))}" for fd in files)
    if sys.platform == "linux":
        library.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)


def main() -> None:
    """Run MicroPython with these arguments; ends with its exit status."""
    module, *arguments = sys.argv[1:]
    if files := os.environ.get("BOARD_FILES", "").split():
        _prepare(files)
    spec = importlib.util.spec_from_file_location("micropython_run", module)
    assert spec and spec.loader
    micropython = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(micropython)
    # At once: Python has nothing to tidy up, and what MicroPython says is out already.
    os._exit(micropython.run_main(["micropython", *arguments]))


main()
