"""A case: a model, vectors to run it on, and the form run_cases.py reads."""

import struct
from dataclasses import dataclass

import numpy as np

# armhf is Armv7-A, which has the DSP instructions that Cortex-M4 and M7 have.
WHERE = [(arch, kernels) for arch in ("amd64", "i386") for kernels in ("reference", "viper")]
WHERE += [("armhf", "viper"), ("armhf", "thumb")]
# Where bare pointers are: viper's code reads and writes the same places on every architecture.
NATIVE = [("amd64", "viper"), ("i386", "viper"), ("armhf", "thumb")]
# Whole networks take plain Python a second: those that are small are enough.
PLAIN = ("i386", "reference")


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
