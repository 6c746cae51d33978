"""What a program executes, as QEMU tells: instructions, how often, and their names."""

import re
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator

from machine import Program, started

PIPES = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}

_EXECUTED = re.compile(rb"^Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/")
# Arm's have their words between address and name.
_INSTRUCTION = re.compile(rb"^0x([0-9a-f]+):\s+(?:[0-9a-f]{4,8}\s+)*(.*\S)")


def instructions(program: Program, vectors: bytes = b"") -> Counter[str]:
    """How often each instruction was executed, by name."""
    return counted(_log(program, vectors, LOGGED))


# What QEMU is to log (-d) for `counted`.
LOGGED = "nochain,exec,in_asm"


def counted(log: Iterable[bytes]) -> Counter[str]:
    """The same from QEMU's log: it translates pieces of code, tells what is in each, and which it
    executes.
    """
    pieces: dict[int, list[str]] = {}
    executed: Counter[int] = Counter()
    current: list[str] = []
    for line in log:
        if found := _EXECUTED.match(line):
            executed[int(found[1], 16)] += 1
        elif line.startswith(b"IN:"):
            current = []
        elif found := _INSTRUCTION.match(line):
            if not current:
                pieces[int(found[1], 16)] = current
            current.append(found[2].split()[0].decode())
    total: Counter[str] = Counter()
    for place, times in executed.items():
        for name in pieces[place]:
            total[name] += times
    return total


def disassembled(program: Program, vectors: bytes = b"") -> dict[int, str]:
    """Address → instruction, of all that was reached."""
    found = (_INSTRUCTION.match(line) for line in _log(program, vectors, "in_asm"))
    return {int(each[1], 16): " ".join(each[2].decode().split()) for each in found if each}


def _log(program: Program, vectors: bytes, what: str) -> Iterator[bytes]:
    with started(program, vectors, "-d", what, **PIPES) as running:
        assert running.stderr
        yield from running.stderr
