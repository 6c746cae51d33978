# mypy: ignore-errors
# ruff: noqa: I001, SIM105
"""What the board needs of the C library, through the module ffi."""

import ffi
import uctypes

_PROT_READ_WRITE, _MAP_SHARED, _MSG_PEEK = 3, 1, 2
_PR_SET_PDEATHSIG, _SIGKILL = 1, 9
_SIGINT, _SIG_IGN = 2, 1

_libc = ffi.open(None)
exit_now = _libc.func("v", "_exit", "i")
_mmap = _libc.func("P", "mmap", "PLiiil")
_signal = _libc.func("P", "signal", "iL")
_recv = _libc.func("i", "recv", "iPLi")


def map_file(fd, size):
    """The first ``size`` bytes of an open file, as memory outside of the heap."""
    address = _mmap(0, size, _PROT_READ_WRITE, _MAP_SHARED, fd, 0)
    return memoryview(uctypes.bytearray_at(address, size))


def ignore_interrupts():
    """Ctrl-C's signal is dropped until kbd_intr() asks for it again."""
    _signal(_SIGINT, _SIG_IGN)


def peek(buffer):
    """Wait for input, copy what is there into ``buffer``, leave it unread; the count."""
    return _recv(0, buffer, len(buffer), _MSG_PEEK)


def die_with_supervisor():
    """On Linux; elsewhere the prompt sees the end of input."""
    try:
        _libc.func("i", "prctl", "iLLLL")(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    except OSError:
        pass
