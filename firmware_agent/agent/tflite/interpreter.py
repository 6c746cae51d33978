"""Runs a model: everything is planned and allocated once, invoke() only computes."""

import gc

from agent.tflite import kernels as kernels_choice
from agent.tflite.errors import NO_MEMORY, ModelError

if 0:  # for type checkers: never run, and a board's compiler leaves it out
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from agent.tflite.model import Model, Tensor
    from agent.tflite.ops import Op
    from agent.tflite.planner import Block

# What only the planning needs of an operator.
_PLANNED = ("inputs", "output", "weights_shape")


class Step:
    """An operator as its kernel needs it: the same attributes without the class that made them.

    So what reads models can be forgotten while they are at work (docs/decisions/0021).
    """

    target: memoryview  # as its operator has it

    def __init__(self, op: "Op", run: "Callable[[Any], None]") -> None:
        self.kernel, self.macs, self.run = op.kernel, op.macs, run
        for name, value in op.__dict__.items():
            if name not in _PLANNED:
                setattr(self, name, value)


class TensorView:
    """An input or output of the graph.

    ``data`` is a memoryview of int8 values (two's complement, read as 0..255)
    inside the arena, in row-major order of ``shape``; a value q stands for
    (q - zero_point) * scale. ``scale_bits`` are the 32 bits of the float32 scale.
    What is uint8 in the file is here 128 less, the zero point, too.
    """

    def __init__(self, tensor: "Tensor", data: memoryview) -> None:
        self.shape = tensor.shape
        self.scale_bits = tensor.scale_bits()
        self.zero_point = tensor.zero_point()
        self.data = data


class Interpreter:
    """One model, ready to run.

    ``kernels`` is a kernels module, the best of this port if None. The inputs'
    memory keeps its values through invoke(); the output's keeps them until the
    next. ``arena_bytes`` counts the tensors' memory and what the kernels
    work in, ``macs`` the multiply-accumulates of an inference.
    ``steps`` are the operators that compute something, in order.
    Raises ModelError for a model that is damaged or not supported.
    """

    def __init__(self, model: "Model", kernels: "ModuleType | None" = None) -> None:
        kernels = kernels or kernels_choice.best()
        self.kernels_name = kernels.name
        try:
            self._prepare(model, kernels)
        except (MemoryError, OverflowError):  # the latter from more bytes than a word can count
            raise ModelError(NO_MEMORY) from None

    def _prepare(self, model: "Model", kernels: "ModuleType") -> None:
        from agent.tflite import ops, planner

        planned = ops.build(model)
        self.macs = sum([op.macs for op in planned])
        tensors = planner.blocks(model, planned)
        # What an operator works in is one more block, alive for its step only.
        work = [planner.Block(kernels.prepare(op), step) for step, op in enumerate(planned)]
        self.arena_bytes = planner.place(list(tensors.values()) + work)
        gc.collect()
        arena = memoryview(bytearray(self.arena_bytes))
        views = tensor_views(model, tensors, arena)
        for op, block in zip(planned, work):  # noqa: B905 - MicroPython's zip has no strict
            op.bind(views)
            kernels.bind(op, arena[block.offset : block.offset + block.size])
        self.steps = [Step(op, getattr(kernels, op.kernel)) for op in planned if op.kernel]
        self.inputs = [TensorView(model.tensor(n), views[n]) for n in model.inputs]
        self.outputs = [TensorView(model.tensor(n), views[n]) for n in model.outputs]
        self.input, self.output = self.inputs[0], self.outputs[0]

    def invoke(self) -> None:
        """Compute the output from the input. Allocates nothing with the viper kernels."""
        for op in self.steps:
            op.run(op)


def tensor_views(
    model: "Model", found: "dict[int, Block]", arena: memoryview
) -> dict[int, memoryview]:
    """A memoryview of every tensor's values by its number: in the arena, or constant."""
    views = {}
    for number, tensor in enumerate(model.tensors):
        block = found.get(number)
        if block:
            assert tensor
            views[number] = arena[block.offset : block.offset + tensor.elements]
        elif tensor and tensor.data is not None:
            views[number] = tensor.data
    return views
