"""Reads FlatBuffers in a file, every offset checked against its size.

The layout is FlatBuffers' own (https://flatbuffers.dev/internals): a table
starts with the signed distance back to its vtable; the vtable holds its own
size, the table's size, then a 16-bit offset for each field, 0 where the field
is absent; vectors, strings and tables are reached by unsigned 32-bit offsets
that point forward. All little-endian.

A table is the integer position where it starts and a field is its number in
the schema's list, so that reading leaves no garbage on a board's heap.
"""

from agent.tflite.errors import ModelError

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from typing import BinaryIO

_PAGE_BYTES = const(256)


class Reader:
    """Checked reads of an open file of ``size`` bytes. Raises ModelError outside of it.

    One page of the file is held: what a model's file holds beside its weights, names, scales and
    zero points, is an eighth of it and needed only once. Views are copies, unless the file lies
    mapped in memory, as in ROMFS: ``in_place`` is that memory then, else None.
    """

    def __init__(self, file: "BinaryIO", size: int) -> None:
        self.size = size
        self._file = file
        self._page = bytearray(_PAGE_BYTES)
        self._first = -_PAGE_BYTES
        try:
            self.in_place: "memoryview | None" = memoryview(file)  # type: ignore[arg-type]
        except TypeError:
            self.in_place = None

    def check(self, position: int, count: int) -> None:
        if position < 0 or count < 0 or position + count > self.size:
            raise ModelError("the model is cut short or damaged")

    def u8(self, position: int) -> int:
        self.check(position, 1)
        if not 0 <= position - self._first < _PAGE_BYTES:
            self._first = position
            self._file.seek(position)
            self._file.readinto(self._page)
        return self._page[position - self._first]

    def u16(self, position: int) -> int:
        return self.u8(position) | self.u8(position + 1) << 8

    def u32(self, position: int) -> int:
        return self.u16(position) | self.u16(position + 2) << 16

    def i32(self, position: int) -> int:
        high = self.u16(position + 2)
        return self.u16(position) | (high - 0x10000 if high & 0x8000 else high) << 16

    def follow(self, position: int) -> int:
        """The place that the forward offset at ``position`` leads to."""
        target = position + self.u32(position)
        self.check(target, 4)
        return target

    def view(self, start: int, count: int) -> memoryview:
        """``count`` bytes to read, at any address; a copy where there is no ``in_place``."""
        self.check(start, count)
        if self.in_place:
            return self.in_place[start : start + count]
        content = bytearray(count)
        self._file.seek(start)
        self._file.readinto(content)
        return memoryview(content)

    def field(self, table: int, number: int) -> int | None:
        """Where a field's value lies, or None where the file leaves it out."""
        vtable = table - self.i32(table)
        slot = 4 + 2 * number
        if slot + 2 > self.u16(vtable):
            return None
        offset = self.u16(vtable + slot)
        return table + offset if offset else None

    def field_u8(self, table: int, number: int, default: int = 0) -> int:
        at = self.field(table, number)
        return default if at is None else self.u8(at)

    def field_i32(self, table: int, number: int, default: int = 0) -> int:
        at = self.field(table, number)
        return default if at is None else self.i32(at)

    def field_u32(self, table: int, number: int, default: int = 0) -> int:
        at = self.field(table, number)
        return default if at is None else self.u32(at)

    def field_table(self, table: int, number: int) -> int | None:
        """The table that a field points to, or None."""
        at = self.field(table, number)
        return None if at is None else self.follow(at)

    def field_vector(self, table: int, number: int, item_bytes: int) -> tuple[int, int]:
        """(start, count) of a vector field, all of it inside; (0, 0) where left out."""
        at = self.field(table, number)
        if at is None:
            return 0, 0
        start = self.follow(at)
        count = self.u32(start)
        self.check(start + 4, count * item_bytes)
        return start + 4, count

    def field_ints(self, table: int, number: int, limit: int) -> tuple[int, ...]:
        """A vector of at most ``limit`` int32 as a tuple."""
        start, count = self.limited(table, number, limit)
        return tuple([self.i32(start + 4 * i) for i in range(count)])

    def field_tables(self, table: int, number: int, limit: int) -> list[int]:
        """A vector of at most ``limit`` tables as a list of their positions."""
        start, count = self.limited(table, number, limit)
        return [self.follow(start + 4 * i) for i in range(count)]

    def limited(self, table: int, number: int, limit: int) -> tuple[int, int]:
        start, count = self.field_vector(table, number, 4)
        if count > limit:
            raise ModelError("a list in the model is too long")
        return start, count
