"""Rounds a convolution's weights so that what it computes stays near, not each weight.

GPTQ (Frantar and others, 2022, arXiv:2210.17323): weights are rounded one input after the other,
and what a rounding changes is made good by the weights that are still to be rounded, as far as
their inputs go along with that one. A shift of the mean that remains is the bias's to undo.
"""

import numpy as np

_COLUMNS = 60_000  # outputs of a convolution that are looked at
_DAMPING = 0.01


class Inputs:
    """What the weights of a convolution meet, in steps of its quantised input."""

    def __init__(self, columns: np.ndarray) -> None:
        """``columns``: float32, N×inputs."""
        self.mean = columns.mean(axis=0, dtype=np.float64)
        centred = columns.astype(np.float64) - self.mean
        covariance = centred.T @ centred / len(columns)
        damping = _DAMPING * max(covariance.trace() / len(covariance), 1e-9)
        covariance[np.diag_indices_from(covariance)] += damping
        # Row k of it holds what weight k's error asks of those after it.
        self.factor = np.linalg.cholesky(np.linalg.inv(covariance)).T

    def round(self, weights: np.ndarray) -> np.ndarray:
        """``weights`` (channels×inputs, in steps) as whole numbers −127…127: float64."""
        left, rounded = weights.astype(np.float64), np.empty(weights.shape)
        for k, row in enumerate(self.factor):
            rounded[:, k] = np.clip(np.rint(left[:, k]), -127, 127)
            left[:, k:] -= np.outer((left[:, k] - rounded[:, k]) / row[k], row[k:])
        return rounded


def columns_of(
    images: np.ndarray, kernel: tuple[int, ...], stride: int, same: bool = True
) -> np.ndarray:
    """What outputs of a convolution see of ``images`` (N×side×side×C): M×inputs.

    ``same``: padded with zeros, as SAME means. Of very many outputs some are taken by chance.
    """
    padding = [_padding(images.shape[1], size, stride) if same else (0, 0) for size in kernel]
    padded = np.pad(images, [(0, 0), *padding, (0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=(1, 2))
    windows = windows[:, ::stride, ::stride]
    drawn = [np.arange(count) for count in windows.shape[:3]]
    places = np.stack(np.meshgrid(*drawn, indexing="ij"), axis=-1).reshape(-1, 3)
    if len(places) > _COLUMNS:
        places = np.random.default_rng(0).choice(places, _COLUMNS, replace=False)
    seen = windows[tuple(places.T)].transpose(0, 2, 3, 1)
    return seen.reshape(len(places), -1)


def _padding(side: int, size: int, stride: int) -> tuple[int, int]:
    missing = max(0, (-(-side // stride) - 1) * stride + size - side)
    return missing // 2, missing - missing // 2
