"""Each cell's exact share of a class's score: where a head looks.

The features are the embedding's last map, rows × columns × channels, and what a head gives a class
before the softmax, its logit, is linear in them:

    logit = s · (Σ over cells Σ over channels weight · (feature − zero point) + bias)

with s the input's scale times the class's weights'. So each cell has a share, and shares and bias
are the logit, to the last bit of the accumulator that the board computes too. What is shown of a
class is this less the mean of the other classes': what speaks for all of them alike cancels.

A feature's zero is its middle over the images that the embedding learnt from, since its map is
whitened: a cell has a share as far as it differs from that. Shares against the middle of a head's
examples were tried, too: where a square of the picture is covered, they say less well what that
costs (correlation with it 0.33 instead of 0.42, a mean over five sets of photographs).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyteach.embedding import agent_code
from tinyteach.embedding.litert import schema_module
from tinyteach.errors import ModelError
from tinyteach.head.format.head_file import Head
from tinyteach.head.format.quantise import QuantisedHead

NOT_LINEAR = "This head has no weights of its classes on the features; train again."


@dataclass(frozen=True, eq=False)
class ClassWeights:
    """The numbers of a head's FULLY_CONNECTED, and what its accumulators are worth in logits."""

    weights: NDArray[np.int8]  # int8, outputs × features
    bias: NDArray[np.int32]  # int32, outputs
    scales: NDArray[np.float64]  # float64, outputs
    zero_point: int  # of the features

    def of_cells(self, features: NDArray[np.int8], grid: tuple[int, int]) -> NDArray[np.int64]:
        """Of the accumulators of ``features`` (int8 [F]) each cell's part: int64, outputs × cells.

        ``grid``: rows and columns. With ``bias`` they are the whole accumulators.
        """
        values = features.astype(np.int64) - self.zero_point
        products = self.weights.astype(np.int64) * values
        cells = products.reshape(len(self.weights), grid[0] * grid[1], -1)
        parts: NDArray[np.int64] = cells.sum(axis=2)
        return parts


@dataclass(frozen=True)
class Shares:
    """What each cell adds to a class's logit less the mean of the other classes', in nats."""

    cells: NDArray[np.float64]  # float64, rows × columns
    constant: float  # what is added whatever is seen

    @property
    def total(self) -> float:
        """The class's logit less the mean of the other classes'."""
        return float(self.cells.sum()) + self.constant


def read_weights(head: Head) -> ClassWeights:
    """The weights by which a head tells its classes apart; ModelError where it has none such."""
    with agent_code.model_of(head.content) as model:
        operator = _classes_operator(model, head.outputs)
        features, weights, bias = map(model.tensor, operator.inputs)
        scales = np.array([_scale(weights, n) for n in range(head.outputs)])
        return ClassWeights(
            np.frombuffer(bytes(weights.data), np.int8).reshape(weights.shape),
            np.frombuffer(bytes(bias.data), "<i4"),
            scales * _scale(features, 0),
            features.zero_point(),
        )


def weights_of(head: QuantisedHead) -> ClassWeights:
    """The same of a head that is not in a file yet."""
    scales = head.weight_scales.astype(np.float64) * np.float32(head.input_scale)
    return ClassWeights(head.weights, head.bias, scales, head.input_zero_point)


def class_shares(
    weights: ClassWeights,
    features: NDArray[np.int8],
    label: int,
    labels: int,
    grid: tuple[int, int],
) -> Shares:
    """What ``features`` (int8 [F], a map of ``grid`` rows and columns) say for class ``label``.

    The first ``labels`` outputs are classes. Where that is one only, the other is what is unknown.
    """
    others = [n for n in range(labels if labels > 1 else len(weights.bias)) if n != label]
    cells = weights.of_cells(features, grid) * weights.scales[:, None]
    bias = weights.bias * weights.scales
    less = cells[label] - cells[others].mean(axis=0)
    return Shares(less.reshape(grid), float(bias[label] - bias[others].mean()))


def _classes_operator(model: Any, outputs: int) -> Any:
    """The dense layer nearest to the scores that takes the features themselves."""
    dense = schema_module().BuiltinOperator.FULLY_CONNECTED
    made_by = {number: each for each in model.operators for number in each.outputs}
    asked, wanted = set(), list(model.outputs)
    while wanted:
        number = wanted.pop(0)
        operator = made_by.get(number)
        if operator is None or number in asked:
            continue
        asked.add(number)
        if operator.code != dense:
            wanted += operator.inputs
        elif operator.inputs[0] in model.inputs and _rows(model, operator) == outputs:
            return operator
    raise ModelError(NOT_LINEAR)


def _rows(model: Any, operator: Any) -> int:
    return int(model.tensor(operator.inputs[1]).shape[0])


def _scale(tensor: Any, index: int) -> float:
    """A scale of a tensor, which may have one for all."""
    bits = tensor.scale_bits(index if tensor.scale_count() > 1 else 0)
    return float(np.uint32(bits).view(np.float32))
