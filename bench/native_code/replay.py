"""Makes of MicroPython's notes (record.py) a program for `machine`, with the boards' code."""

import ast
import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from core import Core
from core_xtensa import XTENSA
from machine import At, Functions, Program, Value

from tinyteach import firmware
from tinyteach.native.mpy_file import ASSEMBLER, read_mpy

# sys.implementation._mpy without the architecture: file version 6, native code version 3.
MPY = 6 | 3 << 8
Notes = list[list[Any]]


@dataclass(frozen=True)
class Native:
    """A function as boards get it; its module's names, and which constant is the runtime.

    ``is_plain``: called as C's functions are.
    """

    code: bytes
    is_plain: bool
    names: tuple[str | None, ...]
    runtime: int


NativeFunctions = dict[str, dict[str, Native]]  # by module and function


def native_functions(core: Core = XTENSA) -> NativeFunctions:
    """All that is native in the agent for boards with such a core."""
    sources = {
        firmware.module_name(path.relative_to(firmware.firmware_dir()).as_posix()): path.read_text()
        for path in (firmware.firmware_dir() / "agent").rglob("*.py")
    }
    mpy = MPY | {name: arch for arch, name in firmware.MARCH.items()}[core.march] << 10
    files = {file.path: file.content for file in firmware.board_files(mpy)}
    found = {}
    for module, source in sources.items():
        names = native_names(source)
        content = files.get(f"/lib/{module.replace('.', '/')}.mpy")
        if names and content:
            compiled = read_mpy(content)
            pairs = zip(names, compiled.functions, strict=True)
            found[module] = {
                name: Native(each.code, each.kind == ASSEMBLER, compiled.names, compiled.runtime)
                for name, each in pairs
            }
    return found


def native_names(source: str) -> list[str]:
    """The functions of a module that are viper's or the assembler's."""
    return [
        node.name
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef)
        and any("micropython." in ast.unparse(each) for each in node.decorator_list)
    ]


@dataclass(frozen=True)
class Step:
    """An operator's result, after ``calls`` of native functions."""

    kernel: str
    result: At
    size: int


class Replay:
    """One model's or function's notes as a program that reads vectors and writes results.

    Each vector is the inputs one after the other. ``every_step``: all operators' results, in order,
    instead of the last's alone.
    """

    def __init__(
        self,
        notes: Notes,
        functions: NativeFunctions,
        core: Core = XTENSA,
        *,
        every_step: bool = False,
    ) -> None:
        self.program = Program(core)
        self._linked = Functions(self.program)
        self._native = functions
        self._places = Places(note for note in notes if note[0] == "memory")
        self._blocks = [self.program.put(content) for content in self._places.contents]
        self._noted = {note[1]: note[2] for note in notes if note[0] == "object"}
        self._objects: dict[int, At] = {}
        self._added: dict[tuple[str, str], tuple[At, At]] = {}
        run = notes.index(["run"])
        _, inputs, output, steps = notes[-1]
        self.steps = [Step(kernel, self._at(address), size) for kernel, _, address, size in steps]
        self.output = Step("", self._at(output[0]), output[1])
        self._replay(note for note in notes[:run] if note[0] == "call")
        self.program.mark()
        for address, size in inputs:
            self.program.read(self._at(address), size)
        calls = iter([note for note in notes[run:] if note[0] == "call"])
        for step, (_, count, _, _) in zip(self.steps, steps, strict=True):
            self._replay(itertools.islice(calls, count))
            if every_step:
                self.program.write(step.result, step.size)
        if not every_step:
            self.program.write(self.output.result, self.output.size)

    def _at(self, address: int) -> At:
        block, offset = self._places.find(address)
        return At(self._blocks[block].block, offset)

    def _replay(self, calls: Iterable[list[Any]]) -> None:
        for _, module, name, arguments, small, _ in calls:
            for address, content in small:
                held = bytes.fromhex(content)
                self.program.copy(self._at(address), self.program.put(held), len(held))
            values = [self._value(argument) for argument in arguments]
            function = self._function(module, name)
            if self._native[module][name].is_plain:
                self._linked.call_plainly(function[1], values)
            else:
                self._linked.call(function, values)

    def _function(self, module: str, name: str) -> tuple[At, At]:
        if (module, name) not in self._added:
            native = self._native[module][name]
            self._added[module, name] = self._linked.add(native.code, native.names, native.runtime)
        return self._added[module, name]

    def _value(self, noted: Any) -> Value:
        if noted is None or isinstance(noted, int):
            return noted or 0
        kind, what = noted
        if kind == "at":
            return self._at(what)
        return self._object(what) if kind == "object" else self.program.words(what)

    def _object(self, number: int) -> At:
        if number not in self._objects:
            attributes = {name: self._value(each) for name, each in self._noted[number].items()}
            self._objects[number] = self._linked.object(attributes)
        return self._objects[number]


class Places:
    """Memory that was noted piece by piece: pieces that overlap are one block."""

    def __init__(self, notes: Iterable[list[Any]]) -> None:
        pieces = [(address, bytes.fromhex(content)) for _, address, content in notes]
        self._starts: list[int] = []
        self.contents: list[bytes] = []
        for start, end in _joined((address, address + len(held)) for address, held in pieces):
            start -= start % 16  # code may look at its alignment
            content = bytearray(end - start)
            # What was seen first was there first.
            for address, held in reversed(pieces):
                if start <= address < end:
                    content[address - start : address - start + len(held)] = held
            self._starts.append(start)
            self.contents.append(bytes(content))

    def find(self, address: int) -> tuple[int, int]:
        """(block, offset)."""
        for number, start in enumerate(self._starts):
            if 0 <= address - start < len(self.contents[number]):
                return number, address - start
        raise KeyError(address)


def _joined(ranges: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    ordered = sorted(ranges)
    start, end = ordered[0]
    for begin, stop in ordered[1:]:
        if begin < end:
            end = max(end, stop)
        else:
            yield start, end
            start, end = begin, stop
    yield start, end


def split(notes: Iterable[str]) -> Iterator[Notes]:
    """The notes of each model."""
    current: Notes = []
    for line in notes:
        note = json.loads(line)
        if note[0] == "load":
            current = []
        current.append(note)
        if note[0] == "model":
            yield current
