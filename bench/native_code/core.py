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
    address of its list at ``place``, from byte ``entry`` on, and goes on into ``driver``, which
    does what the list says. The others are functions of the runtime in its convention; ``divide``
    gives the remainder where it is asked to. ``code_offset`` is added to addresses of its code.
    """

    march: str
    qemu: str
    cpu: str
    machine: int
    flags: int
    start: bytes
    place: int
    entry: int
    driver: Callable[[], bytes]
    identity: Callable[[], bytes]
    load_attr: Callable[[], bytes]
    subscript: Callable[[], bytes]
    divide: Callable[..., bytes]
    refusal: Callable[[int], bytes]
    code_offset: int = 0

    def runtime(self) -> dict[int, bytes]:
        """Functions by their places in mp_fun_table (py/nativeglue.h).

        Words go as they are, objects or not.
        """
        return {
            3: self.identity(),  # convert_obj_to_native
            4: self.identity(),  # convert_native_to_obj
            9: self.load_attr(),
            15: self.subscript(),  # obj_subscr
            46: self.divide(),  # small_int_floor_divide
            47: self.divide(remainder=True),  # small_int_modulo
        }
