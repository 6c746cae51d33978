"""How long an in-order pipeline takes for instructions, from what is published of it.

Each instruction is issued in its turn, as soon as what it reads is ready. Left out: caches, flash
and PSRAM, instructions and branch targets that cross a fetch, full write buffers, register windows
that overflow, wrong guesses of branches; pieces of code begin with all registers ready.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from executed import Trace

LOAD, STORE, MULTIPLY, DIVIDE = "loads", "stores", "products", "divisions"
BRANCH, JUMP, OTHER = "branches", "jumps", "others"
TAKEN, NOT_TAKEN = "taken", "not taken"  # of branches
KINDS = LOAD, STORE, MULTIPLY, DIVIDE, TAKEN, NOT_TAKEN, JUMP, OTHER
NOTHING = r"(?!)"
FLAGS, NO_REGISTERS = frozenset(["flags"]), frozenset[str]()
_TARGET = re.compile(r"0x([0-9a-f]+)$")


@dataclass(frozen=True)
class Instruction:
    """What matters of one: its kind, and registers; ``addresses`` are those that it reads to reach
    memory.
    """

    name: str
    kind: str
    writes: frozenset[str]
    reads: frozenset[str]
    addresses: frozenset[str]
    target: int | None


@dataclass(frozen=True)
class Language:
    """How a disassembler writes a core's instructions: a kind's names, registers, who reads what
    it names first, who sets flags and who asks for them.
    """

    kinds: dict[str, str]
    register: str
    reads_first: str
    memory: str
    sets_flags: str = NOTHING
    asks_flags: str = NOTHING

    def read(self, text: str) -> Instruction:
        name, _, operands = text.partition(" ")
        kind = next((k for k, names in self.kinds.items() if re.fullmatch(names, name)), OTHER)
        named = re.findall(self.register, operands)
        keeps = kind in (STORE, BRANCH, JUMP)
        writes = frozenset([] if keeps else named[:1])
        reads = frozenset(named if keeps or re.fullmatch(self.reads_first, name) else named[1:])
        memory = re.search(self.memory, operands) if kind in (LOAD, STORE) else None
        target = _TARGET.search(operands)
        return Instruction(
            name,
            kind,
            writes | (FLAGS if re.fullmatch(self.sets_flags, name) else NO_REGISTERS),
            reads | (FLAGS if re.fullmatch(self.asks_flags, name) else NO_REGISTERS),
            frozenset(re.findall(self.register, memory[0]) if memory else ()),
            target and int(target[1], 16),
        )


@dataclass(frozen=True)
class Pipeline:
    """What is published of a core's; ``source`` says where.

    ``latency``: cycles until the next instruction can use a result, by names of instructions, else
    1. ``busy``: cycles for which one keeps the others waiting. ``jump``: cycles lost where the code
    does not go straight on. ``width``: instructions a cycle at best, of a kind as many as ``units``
    has. ``early``: cycles by which addresses are needed before other operands.
    """

    source: str
    language: Language
    latency: dict[str, int]
    jump: int
    busy: dict[str, int] = field(default_factory=dict)
    width: int = 1
    units: dict[str, int] = field(default_factory=dict)
    early: int = 0

    def cycles(self, trace: Trace) -> int:
        """An estimate of what was executed."""
        straight = [self.straight(piece) for piece in trace.pieces]
        return sum(
            times * (straight[piece] + self.jump * self._jumps(trace.pieces[piece][-1], next_at))
            for (piece, next_at), times in trace.follows.items()
        )

    def straight(self, piece: tuple[str, ...]) -> int:
        """Of a piece of code, without what its end loses."""
        ready: dict[str, int] = {}
        now, issued = 0, Counter[str]()
        for instruction in map(self.language.read, piece):
            first = max([now, *self._readiness(ready, instruction)])
            full = issued.total() >= self.width
            if first > now or full or issued[instruction.kind] >= self._units(instruction):
                now, issued = max(first, now + 1), Counter()
            issued[instruction.kind] += 1
            ready |= dict.fromkeys(instruction.writes, now + _of(self.latency, instruction, 1))
            if waits := _of(self.busy, instruction, 0):
                now, issued = now + waits, Counter()
        return now + (1 if issued else 0)

    def _readiness(self, ready: dict[str, int], instruction: Instruction) -> Iterator[int]:
        """When its operands are there."""
        for name in instruction.reads & ready.keys():
            yield ready[name] + (self.early if name in instruction.addresses else 0)

    def _units(self, instruction: Instruction) -> int:
        return self.units.get(instruction.kind, self.width)

    def _jumps(self, text: str, next_at: int) -> bool:
        """Whether a piece's last instruction went elsewhere; the end of a loop without branches
        costs nothing.
        """
        last = self.language.read(text)
        return last.kind == JUMP or (last.kind == BRANCH and last.target == next_at)


def _of(table: dict[str, int], instruction: Instruction, otherwise: int) -> int:
    for names, value in table.items():
        if re.fullmatch(names, instruction.name):
            return value
    return otherwise


def by_kind(trace: Trace, language: Language) -> Counter[str]:
    """How many instructions of each kind were executed."""
    found: Counter[str] = Counter()
    for (piece, next_at), times in trace.follows.items():
        for instruction in map(language.read, trace.pieces[piece]):
            taken = TAKEN if instruction.target == next_at else NOT_TAKEN
            found[taken if instruction.kind == BRANCH else instruction.kind] += times
    return found
