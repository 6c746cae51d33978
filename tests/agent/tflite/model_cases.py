"""A case: a model, vectors to run it on, and the form run_cases.py reads."""

import struct
from dataclasses import dataclass

import numpy as np


@dataclass
class Case:
    """A model, vectors (each a list with one int8 array per input), and a name."""

    model: bytes
    vectors: list[list[np.ndarray]]
    name: str = ""

    def packed(self) -> bytes:
        joined = [b"".join(array.tobytes() for array in vector) for vector in self.vectors]
        header = struct.pack("<III", len(self.model), len(joined), len(joined[0]))
        return header + self.model + b"".join(joined)
