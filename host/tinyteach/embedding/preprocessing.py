"""Which of the two definitions of preprocessing makes a view; who uses a head asks it which."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tinyteach.embedding import preprocess, stretched
from tinyteach.embedding.view_names import SQUARE, STRETCHED

# Pixels, uint8 (N×N×3 for the first, H×W×3 for the second), and the model's side to its tensor.
TO_TENSOR: dict[str, Callable[[NDArray[np.uint8], int], NDArray[np.int8]]] = {
    SQUARE: preprocess.to_tensor,
    STRETCHED: stretched.to_tensor,
}
