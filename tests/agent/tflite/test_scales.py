"""Integer emulation of LiteRT's floating-point set-up, against CPython's and numpy's floats."""

import math

import numpy as np

COMPUTE = """
import struct, sys
from agent.tflite import scales
from agent.tflite.errors import ModelError
with open(sys.argv[1], "rb") as source:
    data = source.read()
for at in range(0, len(data), 12):
    a, b, c = struct.unpack_from("<III", data, at)
    try:
        real = scales.factor(a, b, c, scales.DOUBLE_BITS)
        six = scales.quantised(6, c)
        print(real[0], real[1], *scales.quantise_multiplier(real), six, end="")
        of_uint8 = scales.factor(a, b, c, scales.FLOAT_BITS)
        print("", *scales.quantise_multiplier(of_uint8))
    except ModelError:
        print(" refused")
"""


def multiplier(real: float) -> tuple[int, int]:
    """QuantizeMultiplier in doubles: 31 bits, halves away from zero."""
    fraction, shift = math.frexp(real)
    fixed = math.floor(fraction * 2**31 + 0.5)
    if fixed == 2**31:
        fixed, shift = fixed // 2, shift + 1
    return (0, 0) if shift < -31 else (fixed, shift)


def expected(a: np.float32, b: np.float32, c: np.float32) -> list[str] | str:
    real = float(a) * float(b) / float(c)
    with np.errstate(over="ignore"):
        six = float(np.float32(6) / c)
    fixed, shift = multiplier(real)
    if shift > 31 or six > 2**31:
        return "refused"
    return real, fixed, shift, math.floor(six + 0.5)


def expected_of_uint8(a: np.float32, b: np.float32, c: np.float32) -> list[str]:
    """With the product as a float32; a product below its normal numbers is refused."""
    product = a * b
    if product < np.finfo(np.float32).tiny:
        return ["refused"]
    return [str(n) for n in multiplier(float(product) / float(c))]


def triples(rng) -> np.ndarray:
    """Positive float32 triples: ordinary, powers of two, one bit next to them, denormal."""
    ordinary = np.exp(rng.uniform(-9, 1, (600, 3))).astype(np.float32)
    powers = (2.0 ** rng.integers(-20, 3, (200, 3))).astype(np.float32)
    beside = np.nextafter(powers, rng.choice([0, 9], powers.shape).astype(np.float32))
    wide = np.exp(rng.uniform(-40, 20, (200, 3))).astype(np.float32)
    tiny = np.float32(1e-41) * rng.integers(1, 9, (20, 3)).astype(np.float32)
    return np.concatenate([ordinary, powers, beside, wide, tiny])


def test_factors_and_multipliers(micropython, tmp_path):
    values = triples(np.random.default_rng(8))
    path = tmp_path / "scales.bin"
    path.write_bytes(values.tobytes())
    lines = micropython.run(COMPUTE, str(path)).splitlines()
    assert len(lines) == len(values)
    refused = 0
    for line, (a, b, c) in zip(lines, values, strict=True):
        wanted = expected(a, b, c)
        if wanted == "refused":
            assert line.split() == [wanted]
            refused += 1
            continue
        mantissa, exponent, *rest = map(int, line.split()[:5])
        assert (math.ldexp(mantissa, exponent), *rest) == wanted
        assert line.split()[5:] == expected_of_uint8(a, b, c)
    assert 0 < refused < len(values) // 2
