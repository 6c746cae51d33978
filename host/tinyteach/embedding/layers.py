"""What LiteRT's reference kernels compute in each operator of a model."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyteach.embedding import agent_code
from tinyteach.embedding.int8_ends import with_int8_ends
from tinyteach.embedding.litert import open_interpreter, schema_module


@dataclass(frozen=True)
class Operator:
    """One that computes something: its ``number`` in the file from 1, its kernel's name.

    ``shape`` is that of its result, without the one of a batch.
    """

    number: int
    kernel: str
    shape: tuple[int, ...]
    tensor: int  # its result's number in the file


class Layers:
    """A model's operators in the order in which a board runs them, and what each gives here."""

    def __init__(self, content: bytes) -> None:
        """Of a .tflite file; ModelError where boards cannot run it."""
        steps, self._output = agent_code.steps_of(content)
        numbers = _numbers(content)
        self.operators = tuple(
            Operator(numbers[tensor], kernel, _without_batch(shape), tensor)
            for kernel, shape, tensor in steps
        )
        self._interpreter = open_interpreter(
            with_int8_ends(content), reference=True, keep_tensors=True
        )

    def run(self, example: NDArray[np.int8]) -> list[NDArray[np.int8]]:
        """The result of each operator, int8 of its shape.

        ``example`` is an int8 input without the one of a batch.
        """
        first = self._interpreter.get_input_details()[0]["index"]
        self._interpreter.set_tensor(first, example[None])
        self._interpreter.invoke()
        return [self._result(each.tensor).reshape(each.shape) for each in self.operators]

    def _result(self, tensor: int) -> NDArray[np.int8]:
        """Of uint8 as boards have it, int8 of values 128 less."""
        values: NDArray[np.int8] = self._interpreter.get_tensor(tensor)
        return values if values.dtype == np.int8 else (values ^ 128).view(np.int8)

    @property
    def output(self) -> NDArray[np.int8]:
        """What the model gave in the last run, int8 [N]."""
        return self._result(self._output).reshape(-1)


def _numbers(content: bytes) -> dict[int, int]:
    """The file's operators, from 1, by the tensors that they give."""
    graph = schema_module().Model.GetRootAs(content).Subgraphs(0)
    given = (graph.Operators(index).OutputsAsNumpy() for index in range(graph.OperatorsLength()))
    return {int(tensor): number for number, own in enumerate(given, 1) for tensor in own}


def _without_batch(shape: tuple[int, ...]) -> tuple[int, ...]:
    return shape[1:] if len(shape) > 1 and shape[0] == 1 else shape
