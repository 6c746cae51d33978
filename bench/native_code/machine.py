"""Runs boards' machine code under QEMU, without any toolchain.

A program is an ELF file made here: the functions of .mpy files, the memory that they work on, what
of MicroPython's runtime they call, and a list of what to do: read a vector from standard input,
copy, call, write to standard output, again from the first vector's place on. QEMU's user mode runs
it (Debian: qemu-user). A function of the runtime that is not here ends the program with its number.
"""

import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from core import AGAIN, CALL, COPY, MARK, NO_ATTRIBUTE, READ, REFUSED, WRITE, Core
from core_xtensa import XTENSA

BASE = 0x10000000
TIMEOUT_S = 1200
_TABLE_ENTRIES = 60
_PAGE_BYTES = 0x1000
_LAST = 0xFFFF


class MachineError(Exception):
    """A program did not run to its end; says why."""


@dataclass(frozen=True)
class At:
    """An address inside a program's memory, of a block by its number."""

    block: int
    offset: int = 0


Value = int | At


@dataclass
class Program:
    """Memory and what to do with it; blocks are addressed by `At`."""

    core: Core = XTENSA
    blocks: list[bytes] = field(default_factory=list)
    events: list[tuple[int, Value, Value, Value]] = field(default_factory=list)
    pointers: dict[int, list[tuple[int, At]]] = field(default_factory=dict)
    code: set[int] = field(default_factory=set)

    def put(self, content: bytes) -> At:
        """A block of memory, at an address that is a multiple of 16."""
        self.blocks.append(content)
        return At(len(self.blocks) - 1)

    def put_code(self, code: bytes) -> At:
        """A block of machine code."""
        placed = self.put(code)
        self.code.add(placed.block)
        return placed

    def words(self, values: Iterable[Value]) -> At:
        """A block of 32-bit words, addresses among them."""
        values = list(values)
        numbers = [0 if isinstance(each, At) else each & 0xFFFFFFFF for each in values]
        block = self.put(struct.pack(f"<{len(values)}I", *numbers))
        self.pointers[block.block] = [
            (4 * index, each) for index, each in enumerate(values) if isinstance(each, At)
        ]
        return block

    def read(self, to: At, size: int) -> None:
        self.events.append((READ, to, size, 0))

    def write(self, start: At, size: int) -> None:
        self.events.append((WRITE, start, size, 0))

    def copy(self, to: At, start: At, size: int) -> None:
        if size:
            self.events.append((COPY, to, start, size))

    def mark(self) -> None:
        """Where each further vector begins."""
        self.events.append((MARK, 0, 0, 0))


class Functions:
    """Native functions in a program's memory; each is called with words."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._names: dict[str, int] = {}
        runtime = program.core.runtime()
        self._runtime = program.words(
            self._code(runtime.get(index) or program.core.refusal(index))
            for index in range(_TABLE_ENTRIES)
        )
        self._contexts: dict[tuple[tuple[str | None, ...], int], At] = {}
        self.result = program.put(bytes(4))

    def _code(self, code: bytes) -> At:
        placed = self.program.put_code(code)
        return At(placed.block, self.program.core.code_offset)

    def name(self, name: str) -> int:
        """The number by which an attribute is asked for."""
        return self._names.setdefault(name, len(self._names))

    def object(self, attributes: dict[str, Value]) -> At:
        words: list[Value] = []
        for name, value in attributes.items():
            words += [self.name(name), value]
        return self.program.words([*words, -1, 0])

    def add(self, code: bytes, names: tuple[str | None, ...], runtime: int = 0) -> tuple[At, At]:
        """A function with its module's names: what a call needs, (its object, its code).

        ``runtime``: which of the module's constants is the table of the runtime's functions.
        """
        if (names, runtime) not in self._contexts:
            numbers = [_LAST if name is None else self.name(name) for name in names]
            qstrs = self.program.put(struct.pack(f"<{len(numbers)}H", *numbers) + bytes(2))
            constants = self.program.words([*[0] * runtime, self._runtime])
            self._contexts[names, runtime] = self.program.words([0, 0, qstrs, constants])
        placed = self._code(code)
        return self.program.words([0, self._contexts[names, runtime], 0, placed]), placed

    def call(self, function: tuple[At, At], arguments: Sequence[Value]) -> None:
        """As viper's functions are called; the result is in ``result`` until the next call."""
        this, code = function
        self.call_plainly(code, [this, len(arguments), 0, self.program.words(arguments)])

    def call_plainly(self, code: At, arguments: Sequence[Value]) -> None:
        """As C's functions are called, and the assembler's: with four words at most."""
        four = [*arguments, 0, 0, 0, 0][:4]
        call = self.program.words([*four, code, self.result])
        self.program.events.append((CALL, call, 0, 0))


@dataclass(frozen=True)
class Image:
    """A program as an ELF file; ``addresses`` of its blocks."""

    elf: bytes
    addresses: tuple[int, ...]


def link(program: Program) -> Image:
    """Lay the blocks, resolve their addresses.

    Code has pages of its own: QEMU translates anew what it has of a page that is written to.
    """
    program.events.append((AGAIN, 0, 0, 0))
    events = program.words(each for event in program.events for each in event)
    core = program.core
    driver = program.put_code(core.start + core.functions["driver"])
    program.pointers[driver.block] = [(core.place, events)]
    first = BASE + _PAGE_BYTES
    addresses, end = _addresses(program, first)
    memory = bytearray(end - first)
    for number, block in enumerate(program.blocks):
        start = addresses[number] - first
        memory[start : start + len(block)] = block
        for offset, pointer in program.pointers.get(number, ()):
            value = addresses[pointer.block] + pointer.offset
            struct.pack_into("<I", memory, start + offset, value)
    entry = addresses[driver.block] + core.entry + core.code_offset
    return Image(_elf(core, bytes(memory), first, entry), tuple(addresses))


def _addresses(program: Program, at: int) -> tuple[list[int], int]:
    """Each block's, code first, from a page's start on; and where the last ends."""
    addresses = [0] * len(program.blocks)
    for is_code in (True, False):
        for number, block in enumerate(program.blocks):
            if (number in program.code) == is_code:
                addresses[number] = at
                at += len(block) // 16 * 16 + 16  # kernels may read a little further than they use
        at += -at % _PAGE_BYTES
    return addresses, at


def _elf(core: Core, memory: bytes, address: int, entry: int) -> bytes:
    """An executable of one segment (System V ABI, chapter 4)."""
    identity = b"\x7fELF" + bytes([1, 1, 1]) + bytes(9)
    kind = (2, core.machine, 1, entry, 52, 0, core.flags)
    header = struct.pack("<HHIIIIIHHHHHH", *kind, 52, 32, 1, 0, 0, 0)
    size = len(memory)
    segment = struct.pack("<8I", 1, _PAGE_BYTES, address, address, size, size, 7, _PAGE_BYTES)
    return (identity + header + segment).ljust(_PAGE_BYTES, b"\0") + memory


def run(program: Program, vectors: bytes = b"") -> bytes:
    """What it writes, given what it reads; MachineError where it does not come to its end."""
    with started(program, vectors, stdout=subprocess.PIPE) as running:
        done = running.communicate(timeout=TIMEOUT_S)[0]
    if running.returncode:
        raise MachineError(_why(running.returncode))
    return bytes(done)


@contextmanager
def started(
    program: Program, vectors: bytes, *options: str, **pipes: int
) -> Iterator[subprocess.Popen[bytes]]:
    """QEMU at work on a program; it is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        path, source, core = Path(folder) / "program", Path(folder) / "vectors", program.core
        path.write_bytes(link(program).elf)
        path.chmod(0o755)
        source.write_bytes(vectors)  # a file, since a pipe may give less than is asked for
        command = [qemu(core), "-cpu", core.cpu, *options, str(path)]
        with source.open("rb") as given, subprocess.Popen(command, stdin=given, **pipes) as running:
            try:
                yield running
            finally:
                running.kill()


def qemu(core: Core = XTENSA) -> str:
    """Where it is; MachineError where it is not."""
    found = shutil.which(core.qemu)
    if not found:
        raise MachineError(f"{core.qemu} is not installed (Debian: apt install qemu-user)")
    return found


def _why(status: int) -> str:
    if status == NO_ATTRIBUTE:
        return "native code asks for an attribute that was not noted"
    if status >= REFUSED:
        return f"native code calls the runtime's function {status - REFUSED}"
    return f"ended with status {status}"
