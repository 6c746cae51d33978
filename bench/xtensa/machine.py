"""Runs a board's machine code for ESP32 and ESP32-S3 under qemu-xtensa, without any toolchain.

A program is an ELF file made here: the functions of .mpy files, the memory that they work on, what
of MicroPython's runtime they call, and a list of what to do: read a vector from standard input,
copy, call, write to standard output, again from the first vector's place on. QEMU's user mode runs
it (Debian: qemu-user); its core dc233c has the windowed registers, loops, MAC16 and 32-bit products
of Espressif's. A function of the runtime that is not here ends the program with its name.
"""

import shutil
import struct
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tinyteach.native.xtensa import Assembler

QEMU, CORE = "qemu-xtensa", "dc233c"
BASE = 0x10000000
TIMEOUT_S = 1200
# Linux for Xtensa, arch/xtensa/kernel/syscalls: the number in a2, arguments in a6, a3, a4.
_EXIT, _READ, _WRITE = 118, 12, 13
_STDIN, _STDOUT = 0, 1
_TABLE_ENTRIES = 60
_NO_ATTRIBUTE = 60
_REFUSED = 100  # exit status of the first function of the table that is not here
_LAST = 0xFFFF


class MachineError(Exception):
    """A program did not run to its end; says why."""


def _answer(assembler: Assembler) -> bytes:
    assembler.retw()
    return assembler.code()


def _function() -> Assembler:
    made = Assembler()
    made.entry(32)
    return made


def _exit(f: Assembler, status: int) -> None:
    f.movi(2, _EXIT)
    f.movi(6, status)
    f.syscall()


def _refusal(index: int) -> bytes:
    f = _function()
    _exit(f, _REFUSED + index)
    return f.code()


def _identity() -> bytes:
    return _answer(_function())


def _load_attr() -> bytes:
    """An object is its attributes: (name's number, value), a last without one."""
    f = _function()
    f.label("next")
    f.l32i(4, 2)
    f.beq(4, 3, "found")
    f.addi(2, 2, 8)
    f.movi(5, -1)
    f.bne(4, 5, "next")
    _exit(f, _NO_ATTRIBUTE)
    f.label("found")
    f.l32i(2, 2, 4)
    return _answer(f)


def _obj_subscr() -> bytes:
    """Items lie one after the other."""
    f = _function()
    f.addx4(2, 3, 2)
    f.l32i(2, 2)
    return _answer(f)


def _divide(*, remainder: bool) -> bytes:
    """Python's // and %: towards minus infinity."""
    f = _function()
    f.quos(4, 2, 3)
    f.rems(5, 2, 3)
    f.beqz(5, "exact")
    f.xor(6, 5, 3)
    f.bgez(6, "exact")
    f.addi(4, 4, -1)
    f.add(5, 5, 3)
    f.label("exact")
    f.mov(2, 5 if remainder else 4)
    return _answer(f)


# By their places in mp_fun_table (py/nativeglue.h). Words go as they are, objects or not.
RUNTIME: dict[int, Callable[[], bytes]] = {
    3: _identity,  # convert_obj_to_native
    4: _identity,  # convert_native_to_obj
    9: _load_attr,
    15: _obj_subscr,
    46: lambda: _divide(remainder=False),  # small_int_floor_divide
    47: lambda: _divide(remainder=True),  # small_int_modulo
}


@dataclass(frozen=True)
class At:
    """An address inside a program's memory, of a block by its number."""

    block: int
    offset: int = 0


Value = int | At
# What a program does, in the words of its list: read, write (address, bytes), copy (to, from,
# bytes), call.
READ, WRITE, COPY, CALL, AGAIN, MARK = range(6)


@dataclass
class Program:
    """Memory and what to do with it; blocks are addressed by `At`."""

    blocks: list[bytes] = field(default_factory=list)
    events: list[tuple[int, Value, Value, Value]] = field(default_factory=list)
    pointers: dict[int, list[tuple[int, At]]] = field(default_factory=dict)

    def put(self, content: bytes) -> At:
        """A block of memory, at an address that is a multiple of 16."""
        self.blocks.append(content)
        return At(len(self.blocks) - 1)

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
        refused = {index: program.put(_refusal(index)) for index in range(_TABLE_ENTRIES)}
        table = [
            program.put(RUNTIME[index]()) if index in RUNTIME else refused[index]
            for index in range(_TABLE_ENTRIES)
        ]
        self._runtime = program.words(table)
        self._contexts: dict[tuple[tuple[str | None, ...], int], At] = {}
        self.result = program.put(bytes(4))

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
        placed = self.program.put(code)
        return self.program.words([0, self._contexts[names, runtime], 0, placed]), placed

    def call(self, function: tuple[At, At], arguments: Sequence[Value]) -> None:
        """The result is in ``result`` until the next call."""
        this, code = function
        call = self.program.words(
            [this, code, len(arguments), self.program.words(arguments), self.result]
        )
        self.program.events.append((CALL, call, 0, 0))


def _driver() -> bytes:
    """Does what the list at a7 says; ends where nothing is left to read.

    It calls no deeper than the registers reach, so that none need be saved for it.
    """
    f = Assembler()
    f.label("next")
    for register in (2, 3, 4, 5):
        f.l32i(register, 7, 4 * (register - 2))
    f.addi(7, 7, 16)
    for kind, label in enumerate(("read", "write", "copy", "call", "again")):
        f.movi(6, kind)
        f.beq(2, 6, label)
    f.s32i(7, 1)  # a mark
    f.j("next")

    f.label("again")
    f.l32i(7, 1)
    f.j("next")

    f.label("read")
    f.mov(5, 4)
    f.movi(2, _READ)
    f.movi(6, _STDIN)
    f.syscall()
    f.beq(2, 5, "next")
    _exit(f, 0)

    f.label("write")
    f.movi(2, _WRITE)
    f.movi(6, _STDOUT)
    f.syscall()
    f.j("next")

    f.label("copy")
    f.loopnez(5, "copied")
    f.l8ui(6, 4)
    f.s8i(6, 3)
    f.addi(4, 4, 1)
    f.addi(3, 3, 1)
    f.label("copied")
    f.j("next")

    f.label("call")
    f.l32i(10, 3)
    f.l32i(8, 3, 4)
    f.l32i(11, 3, 8)
    f.movi(12, 0)
    f.l32i(13, 3, 12)
    f.l32i(6, 3, 16)
    f.callx8(8)
    f.s32i(10, 6)
    f.j("next")
    return f.code()


# L32R a7, the word before it.
_START = b"\x71\xff\xff"


@dataclass(frozen=True)
class Image:
    """A program as an ELF file; ``addresses`` of its blocks."""

    elf: bytes
    addresses: tuple[int, ...]


def link(program: Program) -> Image:
    """Lay the blocks, resolve their addresses."""
    program.events.append((AGAIN, 0, 0, 0))
    events = program.words(each for event in program.events for each in event)
    driver = program.put(bytes(4) + _START + _driver())
    program.pointers[driver.block] = [(0, events)]
    addresses, at = [], BASE + 0x1000
    for block in program.blocks:
        addresses.append(at)
        at += len(block) // 16 * 16 + 16  # kernels may read a little further than they use
    memory = bytearray(at - addresses[0])
    for number, block in enumerate(program.blocks):
        start = addresses[number] - addresses[0]
        memory[start : start + len(block)] = block
        for offset, pointer in program.pointers.get(number, ()):
            value = addresses[pointer.block] + pointer.offset
            struct.pack_into("<I", memory, start + offset, value)
    entry = addresses[driver.block] + 4
    return Image(_elf(bytes(memory), addresses[0], entry), tuple(addresses))


def _elf(memory: bytes, address: int, entry: int) -> bytes:
    """An executable of one segment for Xtensa, machine 94 (System V ABI, chapter 4)."""
    identity = b"\x7fELF" + bytes([1, 1, 1]) + bytes(9)
    header = struct.pack("<HHIIIIIHHHHHH", 2, 94, 1, entry, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    segment = struct.pack("<8I", 1, 0x1000, address, address, len(memory), len(memory), 7, 0x1000)
    return (identity + header + segment).ljust(0x1000, b"\0") + memory


def run(program: Program, vectors: bytes = b"", core: str = CORE) -> bytes:
    """What it writes, given what it reads; MachineError where it does not come to its end."""
    with started(program, vectors, core, stdout=subprocess.PIPE) as running:
        done = running.communicate(timeout=TIMEOUT_S)[0]
    if running.returncode:
        raise MachineError(_why(running.returncode))
    return bytes(done)


@contextmanager
def started(
    program: Program, vectors: bytes, core: str, *options: str, **pipes: int
) -> Iterator[subprocess.Popen[bytes]]:
    """QEMU at work on a program; it is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        path, source = Path(folder) / "program", Path(folder) / "vectors"
        path.write_bytes(link(program).elf)
        path.chmod(0o755)
        source.write_bytes(vectors)  # a file, since a pipe may give less than is asked for
        command = [qemu(), "-cpu", core, *options, str(path)]
        with source.open("rb") as given, subprocess.Popen(command, stdin=given, **pipes) as running:
            try:
                yield running
            finally:
                running.kill()


def qemu() -> str:
    """Where it is; MachineError where it is not."""
    found = shutil.which(QEMU)
    if not found:
        raise MachineError(f"{QEMU} is not installed (Debian: apt install qemu-user)")
    return found


def _why(status: int) -> str:
    if status == _NO_ATTRIBUTE:
        return "native code asks for an attribute that was not noted"
    if status >= _REFUSED:
        return f"native code calls the runtime's function {status - _REFUSED}"
    return f"ended with status {status}"
