"""A case: a model, vectors to run it on, and the form run_cases.py reads."""

import struct
from dataclasses import dataclass

import numpy as np

# armhf is Armv7-A, which has the DSP instructions that Cortex-M4 and M7 have.
WHERE = [(arch, kernels) for arch in ("amd64", "i386") for kernels in ("reference", "viper")]
WHERE += [("armhf", "viper"), ("armhf", "thumb")]
NATIVE = [(arch, kernels) for arch, kernels in WHERE if kernels != "reference"]
# For whole networks, which take plain Python a second: once is enough.
NETWORKS = [each for each in WHERE if each != ("amd64", "reference")]


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
