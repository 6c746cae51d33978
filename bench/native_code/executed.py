"""What a program executes, as QEMU tells: instructions, and how often."""

import re
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from machine import Program, started

PIPES = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}

_EXECUTED = re.compile(rb"^Trace \d+: (\S+) \[[0-9a-f]+/([0-9a-f]+)/")
# Arm's and RISC-V's have their words between address and name.
_INSTRUCTION = re.compile(rb"^0x([0-9a-f]+):\s+(?:[0-9a-f]{4,8}\s+)*(.*\S)")

SYSTEM_CALL = r"syscall|svc|ecall"
# What QEMU is to log (-d) for `traced`.
LOGGED = "nochain,exec,in_asm"


@dataclass
class Trace:
    """Pieces of code that QEMU translated at once, and how often one was followed by another.

    A piece is its instructions as the disassembler writes them; ``follows`` counts (piece, address
    that is executed next).
    """

    pieces: list[tuple[str, ...]] = field(default_factory=list)
    follows: Counter[tuple[int, int]] = field(default_factory=Counter)

    def instructions(self) -> Counter[str]:
        """How often each instruction was executed, by name."""
        total: Counter[str] = Counter()
        for (piece, _), times in self.follows.items():
            for instruction in self.pieces[piece]:
                total[instruction.split()[0]] += times
        return total


def trace(program: Program, vectors: bytes = b"") -> Trace:
    """What a program executes, given what it reads."""
    return traced(_log(program, vectors, LOGGED))


def steps(program: Program, vectors: bytes) -> Iterator[Trace]:
    """What a program executes from one of its calls of the system to the next: it reads, writes."""
    return parts(_log(program, vectors, LOGGED), SYSTEM_CALL)


def traced(log: Iterable[bytes]) -> Trace:
    """The same from QEMU's log, which tells what is in a piece before its first execution."""
    (found,) = parts(log, r"(?!)")
    return found


def parts(log: Iterable[bytes], end: str) -> Iterator[Trace]:
    """The same, up to each piece whose last instruction's name is one of ``end``, and the rest."""
    found, numbers = Trace(), dict[bytes, int]()
    translated: list[str] = []
    last = None
    for line in log:
        if executed := _EXECUTED.match(line):
            if translated:
                numbers[executed[1]] = len(found.pieces)
                found.pieces.append(tuple(translated))
                translated = []
            if last is not None:
                found.follows[last, int(executed[2], 16)] += 1
                if re.match(end, found.pieces[last][-1]):
                    yield found
                    found = Trace(found.pieces)
            last = numbers[executed[1]]
        elif line.startswith(b"IN:"):
            translated = []
        elif instruction := _INSTRUCTION.match(line):
            translated.append(" ".join(instruction[2].decode().split()))
    if last is not None:
        found.follows[last, 0] += 1
    yield found


def disassembled(program: Program, vectors: bytes = b"") -> dict[int, str]:
    """Address → instruction, of all that was reached."""
    found = (_INSTRUCTION.match(line) for line in _log(program, vectors, "in_asm"))
    return {int(each[1], 16): " ".join(each[2].decode().split()) for each in found if each}


def _log(program: Program, vectors: bytes, what: str) -> Iterator[bytes]:
    with started(program, vectors, "-d", what, **PIPES) as running:
        assert running.stderr
        yield from running.stderr
