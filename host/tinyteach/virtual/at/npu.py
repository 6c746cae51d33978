"""What the firmware makes of a frame: its own preprocessing, the model, its scoring.

Written apart from the host's, as the firmware is: tests compare the two.
"""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tinyteach.embedding.litert import details_of, open_interpreter
from tinyteach.virtual.at.compiled import (
    CONFIG_WORD,
    CompiledModel,
    UnusableModelError,
    examine,
    original_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

# What a model may take in flash; the firmware's arena, 1,100 KB, is not reckoned here.
MODEL_BYTES_MAX = 4 << 20
# Below this the firmware takes an output's scale for that of a probability.
PROBABILITY_SCALE = 0.1
UNKNOWN = (
    "the emulator does not know the model that this was compiled from; call "
    "tinyteach.virtual.at.compiled.remember"
)


class LoadedModel:
    """A model that the firmware has loaded; `UnusableModelError` where it does not."""

    def __init__(self, content: bytes) -> None:
        self.compiled: CompiledModel = examine(content)
        original = original_of(content)
        if original is None:
            raise UnusableModelError(UNKNOWN)
        self._interpreter = open_interpreter(original, reference=True)
        self._input: dict[str, Any] = self._interpreter.get_input_details()[0]
        self._output: dict[str, Any] = self._interpreter.get_output_details()[0]

    @property
    def is_for_this_npu(self) -> bool:
        """Whether the NPU takes its commands."""
        return self.compiled.config_word == CONFIG_WORD

    @property
    def classifies(self) -> bool:
        """Whether the firmware takes it for a classifier: frames in, [1, N ≥ 2] out."""
        frame, scores = self.compiled.input_shape, self.compiled.output_shape
        is_frame = len(frame) == 4 and frame[0] == 1 and frame[3] in (1, 3) and min(frame[1:3]) > 15
        return is_frame and len(scores) == 2 and scores[0] == 1 and scores[1] > 1

    def probabilities(self, frame: "NDArray[np.uint8]") -> list[float]:
        """A number for each class, 0…1, of a frame (uint8, rows × columns × RGB)."""
        rows, columns = (int(side) for side in self._input["shape"][1:3])
        view = nearest(frame, rows, columns).astype(np.int16) - 128
        self._interpreter.set_tensor(self._input["index"], view.astype(np.int8)[np.newaxis])
        self._interpreter.invoke()
        details = details_of(self._output)
        numbers = self._interpreter.get_tensor(self._output["index"])[0].astype(np.int32)
        values = (numbers - details.zero_point).astype(np.float32) * np.float32(details.scale)
        is_probability = details.scale < PROBABILITY_SCALE
        return [float(v) if is_probability else float(v) / 100 for v in values]


def nearest(frame: "NDArray[np.uint8]", rows: int, columns: int) -> "NDArray[np.uint8]":
    """The whole frame stretched: pixel i comes from pixel ⌊i · source / target⌋ of each axis."""
    down = np.arange(rows) * frame.shape[0] // rows
    across = np.arange(columns) * frame.shape[1] // columns
    view: NDArray[np.uint8] = frame[down][:, across]
    return view


def truncated(probabilities: list[float], threshold: int) -> list[list[int]]:
    """EL's results: those above the threshold in percent, cut off to whole percent, best first."""
    percents = [(np.float32(p) * np.float32(100), i) for i, p in enumerate(probabilities)]
    return [
        [score, i]
        for score, i in _best_first(
            [(int(percent), i) for percent, i in percents if percent > threshold]
        )
    ]


def above(probabilities: list[float], threshold: int) -> list[tuple[float, int]]:
    """Probabilities and class ids of those above the threshold in percent, best first."""
    limit = np.float32(threshold / 100)
    return _best_first([(p, i) for i, p in enumerate(probabilities) if np.float32(p) > limit])


def rounded(probabilities: list[float], threshold: int) -> list[list[int]]:
    """MA's results: the same to the nearest percent, halves away from zero."""
    return [[math.floor(p * 100 + 0.5), i] for p, i in above(probabilities, threshold)]


def _best_first(scores: list[tuple[Any, int]]) -> list[tuple[Any, int]]:
    """Both make the list from its end, and sort it stably: of two that are equal the later id."""
    return sorted(reversed(scores), key=lambda pair: -pair[0])
