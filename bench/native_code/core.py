"""What differs from core to core in running its machine code."""

from collections.abc import Callable
from dataclasses import dataclass

# What a program does, in the words of its list: read, write (address, bytes), copy (to, from,
# bytes), call; begin again where the mark was.
READ, WRITE, COPY, CALL, AGAIN, MARK = range(6)
STDIN, STDOUT = 0, 1
# Exit statuses: an attribute that an object has not; the first function of the runtime that is not
# here, the others after it.
NO_ATTRIBUTE, REFUSED = 60, 100


@dataclass(frozen=True)
class Core:
    """A core that QEMU's user mode runs; ``march`` is mpy-cross's word for it.

    ``machine`` and ``flags`` are its ELF's (System V ABI). ``start`` begins the program, with the
    address of its list at ``place``, from byte ``entry`` on, and goes on into the first of the
    ``functions``, ``driver``, which does what the list says; the others are the runtime's, and
    ``refusal(n)`` stands for the n-th that is none of them. ``code_offset`` is added to addresses
    of its code.
    """

    march: str
    qemu: str
    cpu: str
    machine: int
    flags: int
    start: bytes
    place: int
    entry: int
    functions: dict[str, bytes]
    refusal: Callable[[int], bytes]
    code_offset: int = 0

    def runtime(self) -> dict[int, bytes]:
        """Functions by their places in mp_fun_table (py/nativeglue.h).

        Words go as they are, objects or not.
        """
        names = {
            3: "identity",  # convert_obj_to_native
            4: "identity",  # convert_native_to_obj
            9: "load_attr",
            15: "subscript",  # obj_subscr
            46: "quotient",  # small_int_floor_divide
            47: "remainder",  # small_int_modulo
        }
        return {place: self.functions[name] for place, name in names.items()}
