"""Examples that a head carries of its classes: int8 feature vectors in its file.

They are what one can go on from where the photographs are not: a board that is taught a class
more makes a new head of them, and a laptop that never saw the photographs trains on them. A head
that a board made carries every frame it was taught, one that was trained a few means.
Entry ``TINYTEACH_EXAMPLES`` of the file's metadata, little-endian: ``TTE1`` | u16 features F |
u8 classes | u8 count of each | the vectors, F int8 each, class by class. One class more than
labels: the last is what is unknown.
"""

import struct
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ENTRY = "TINYTEACH_EXAMPLES"
MAGIC = b"TTE1"
# Of each class in a trained head, and of all; decision 0023 has what more and fewer are worth.
CARRIED = 4
CARRIED_IN_ALL = 64


@dataclass(frozen=True)
class Examples:
    """Feature vectors by class in the order of the labels, those of what is unknown last."""

    vectors: tuple[NDArray[np.int8], ...]  # int8, n × F each; n may be 0

    @property
    def counts(self) -> tuple[int, ...]:
        """How many there are of each class."""
        return tuple(len(of_class) for of_class in self.vectors)

    def rows(self) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
        """All of them: int8, N×F, and their classes' numbers (int, N)."""
        return np.concatenate(self.vectors), np.repeat(np.arange(len(self.counts)), self.counts)


def pack_examples(examples: Examples) -> bytes:
    """Encode ``examples`` as above."""
    features = examples.vectors[0].shape[1]
    counts = bytes(examples.counts)
    start = MAGIC + struct.pack("<HB", features, len(counts)) + counts
    return start + b"".join(of_class.tobytes() for of_class in examples.vectors)


def summarise(
    features: NDArray[np.int8], targets: NDArray[np.intp], classes: int, most: int = CARRIED
) -> Examples:
    """Means of parts of each class 0…classes−1 in ``targets``, ``most`` of one at most.

    ``features`` are int8, N×F. A class is halved across its longest axis, its halves again, so
    that parts are alike inside and equal in size: the mean of their means is the class's.
    """
    count = max(1, min(most, CARRIED_IN_ALL // classes))
    empty = np.empty((0, features.shape[1]), np.int8)
    return Examples(
        tuple(
            np.stack(_means_of_parts(features[targets == c].astype(np.float64), count))
            if np.any(targets == c)
            else empty
            for c in range(classes)
        )
    )


def _means_of_parts(rows: NDArray[np.float64], parts: int) -> list[NDArray[np.int8]]:
    if parts == 1 or len(rows) == 1:
        return [np.rint(rows.mean(axis=0)).astype(np.int8)]
    centred = rows - rows.mean(axis=0)
    # The longest axis of few rows of many features, by their products with one another.
    along = np.linalg.eigh(centred @ centred.T)[1][:, -1]
    order = np.argsort(along, kind="stable")
    half = len(rows) // 2
    first, second = rows[order[:half]], rows[order[half:]]
    return _means_of_parts(first, parts // 2) + _means_of_parts(second, parts - parts // 2)


@dataclass(frozen=True)
class Learnt:
    """Features that are known without their photographs, each with its label and burst."""

    features: NDArray[np.int8]  # int8, N × F
    labels: tuple[str, ...] = ()
    bursts: tuple[str, ...] = ()


def without_known(rows: NDArray[np.int8], known: Collection[bytes]) -> NDArray[np.int8]:
    """Those of ``rows`` (int8, N×F) whose bytes are not among ``known``, and each only once."""
    seen = set(known)
    fresh = []
    for number, row in enumerate(rows):
        content = row.tobytes()
        if content not in seen:
            seen.add(content)
            fresh.append(number)
    return rows[fresh]


def join_learnt(parts: Sequence[tuple[str, NDArray[np.int8]]], features: int) -> Learnt:
    """One of labels and their features, each a burst of its own and each row only once."""
    rows = [np.empty((0, features), np.int8)]
    labels: list[str] = []
    bursts: list[str] = []
    for label, of_part in parts:
        known = [row.tobytes() for of_label, row in zip(labels, np.concatenate(rows), strict=True)
                 if of_label == label]  # fmt: skip
        fresh = without_known(of_part, known)
        rows.append(fresh)
        labels += [label] * len(fresh)
        bursts += [f"learnt {label}"] * len(fresh)
    return Learnt(np.concatenate(rows), tuple(labels), tuple(bursts))
