"""Where each tensor lies in the arena, by its lifetime, decided once.

Tensors that are never alive together share memory: each gets the lowest place that is free
for its whole lifetime, the largest first or the earliest first, whichever ends smaller.
"""

from agent.tflite.errors import ModelError

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from collections.abc import Iterable

    from agent.tflite.model import Model
    from agent.tflite.ops import Op

# Offsets are multiples of this, so that a kernel may use 32-bit accesses.
_ALIGNMENT = const(16)


class Block:
    """Memory of one tensor, or of several that are one, or that an operator works in."""

    def __init__(self, size: int, first: int) -> None:
        self.size = (size + _ALIGNMENT - 1) // _ALIGNMENT * _ALIGNMENT
        self.first = self.last = first
        self.offset = 0

    def meets(self, other: "Block") -> bool:
        return self.first <= other.last and other.first <= self.last


def blocks(model: "Model", planned: "list[Op]") -> "dict[int, Block]":
    """Block of each tensor number that is computed at run time.

    The graph's inputs stay intact through an inference, its outputs until the next. Where there is
    nothing to compute, the output is the input's memory.
    """
    found = {}
    for number in model.inputs:
        found[number] = Block(model.tensor(number).elements, -1)
    for step, op in enumerate(planned):
        for number in op.inputs:
            if model.tensor(number).data is None:
                use(found, number, step)
        number = op.output
        if number in found:
            raise ModelError("two operators write the same tensor")
        shared = not op.kernel and found[op.inputs[0]]
        found[number] = shared or Block(model.tensor(number).elements, step)
    for number in model.inputs + model.outputs:
        use(found, number, len(planned))
    return found


def use(found: "dict[int, Block]", number: int, step: int) -> None:
    if number not in found:
        raise ModelError("an operator reads a tensor before it is computed")
    found[number].last = step


def place(blocks: "Iterable[Block]") -> int:
    """Give every block, named once or more, its offset; returns the arena's size in bytes."""
    blocks = set(blocks)
    orders = [sorted(blocks, key=key) for key in (_by_size, _by_start)]
    sizes = [_place_in_order(order) for order in orders]
    return _place_in_order(orders[sizes.index(min(sizes))])


def _by_size(block: "Block") -> tuple[int, int]:
    return -block.size, block.first


def _by_start(block: "Block") -> tuple[int, int]:
    return block.first, -block.size


def _place_in_order(blocks: "list[Block]") -> int:
    placed: "list[Block]" = []
    for block in blocks:
        neighbours = sorted([b for b in placed if b.meets(block)], key=lambda b: b.offset)
        block.offset = _lowest_gap(neighbours, block.size)
        placed.append(block)
    return max([b.offset + b.size for b in placed])


def _lowest_gap(neighbours: "list[Block]", size: int) -> int:
    offset = 0
    for other in neighbours:
        if other.offset - offset >= size:
            break
        offset = max(offset, other.offset + other.size)
    return offset
