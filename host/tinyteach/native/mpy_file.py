"""Machine code in .mpy files: read out of them, and put into them.

The layout is that of MicroPython's py/persistentcode.c and tools/mpy-tool.py, file version 6.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_HEADER_BYTES = 4
# The kinds of a function's code, the low two bits of its first number; the third: it has children.
_BYTECODE, _NATIVE, VIPER, ASSEMBLER = range(4)
_HAS_CHILDREN = 4
# Constants: the runtime's table of functions, four that have no content, and those with a size, of
# which two end with a zero; and tuples of constants.
_FUN_TABLE, _BARE, _SIZED, _ENDED, _TUPLE = 0, (1, 2, 3, 4), (5, 6, 7, 8, 9), (5, 6), 10


@dataclass(frozen=True)
class Code:
    """A function in machine code, and the bytes of the file that hold it, its size included."""

    code: bytes
    span: slice
    kind: int


@dataclass(frozen=True)
class MpyFile:
    """``names``: what its code calls by number; None for a name that every firmware has itself.

    ``runtime``: which of its constants is the table of the runtime's functions; -1 where none is.
    """

    names: tuple[str | None, ...]
    runtime: int
    functions: tuple[Code, ...]


class _Reader:
    def __init__(self, content: bytes) -> None:
        self.content, self.at = content, _HEADER_BYTES

    def number(self) -> int:
        value = 0
        while True:
            byte = self.content[self.at]
            self.at += 1
            value = value << 7 | byte & 127
            if byte < 128:
                return value

    def take(self, count: int) -> bytes:
        self.at += count
        return self.content[self.at - count : self.at]


def read_mpy(content: bytes) -> MpyFile:
    """Its names, and its functions in viper or assembler in the order of the source.

    ValueError where it holds a kind of constant that is not known here.
    """
    reader = _Reader(content)
    names, constants = reader.number(), reader.number()
    found = tuple(_name(reader) for _ in range(names))
    kinds = [_skip_constant(reader) for _ in range(constants)]
    runtime = kinds.index(_FUN_TABLE) if _FUN_TABLE in kinds else -1
    return MpyFile(found, runtime, tuple(_functions(reader)))


def _name(reader: _Reader) -> str | None:
    size = reader.number()
    return None if size & 1 else reader.take((size >> 1) + 1)[:-1].decode()


def _skip_constant(reader: _Reader) -> int:
    """Its kind."""
    kind = reader.take(1)[0]
    if kind in _SIZED:
        reader.take(reader.number() + (kind in _ENDED))
    elif kind == _TUPLE:
        for _ in range(reader.number()):
            _skip_constant(reader)
    elif kind not in (_FUN_TABLE, *_BARE):
        raise ValueError(f"a constant of kind {kind}")
    return kind


def _functions(reader: _Reader) -> Iterator[Code]:
    start, head = reader.at, reader.number()
    kind, code = head & 3, reader.take(head >> 3)
    if kind in (VIPER, ASSEMBLER):
        yield Code(code, slice(start, reader.at), kind)
    if kind != _BYTECODE:
        reader.number()  # where its prelude begins, or its flags
    if kind == ASSEMBLER:
        reader.number(), reader.number()  # how many arguments, and of which types
    for _ in range(reader.number() if head & _HAS_CHILDREN else 0):
        yield from _functions(reader)


def with_code(content: bytes, codes: Sequence[bytes]) -> bytes:
    """The same file with other machine code in its functions, in the order of the source."""
    made = content
    replaced = zip(read_mpy(content).functions, codes, strict=True)
    for function, code in reversed(list(replaced)):
        head = _number(len(code) << 3 | function.kind)
        made = made[: function.span.start] + head + code + made[function.span.stop :]
    return made


def _number(value: int) -> bytes:
    parts = [value & 127]
    while value := value >> 7:
        parts.append(value & 127 | 128)
    return bytes(reversed(parts))
