"""Grey pictures of more than eight bits a pixel, brought to eight.

Files say how wide a number is and not which one is white: cameras of 12 bits write theirs into
16, programs save arrays of 0 to 255 or of 0 to 1 in whatever width they have them. White is the
smallest of the usual ends that holds the picture. So one that is as good as black by its full
width is made visible, which harms none that is merely dark.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_ENDS = (255, 4095, 65535, (1 << 31) - 1)
_LIGHTS = 0.05  # of a picture of 0 to 1: what may be brighter than white
_BELOW_BLACK = 0.1  # of white: what sharpening leaves there; more is no photograph
# Tags of TIFF, and values of them (TIFF 6.0).
_BITS, _COLOUR, _PLANES, _FORMAT = 258, 262, 284, 339
_WHITE_IS_ZERO, _APART, _SIGNED = 0, 2, 2


def is_misread(image: Image.Image) -> bool:
    """Whether it is a form of TIFF that Pillow takes for another one without a word."""
    tags = getattr(image, "tag_v2", {})
    bits = tags.get(_BITS, (1,))
    is_deep = max(bits) > 8
    return (
        (is_deep and len(bits) > 1 and tags.get(_PLANES) == _APART)
        or (is_deep and tags.get(_COLOUR) == _WHITE_IS_ZERO)
        or (max(bits) in (8, 16) and _SIGNED in tags.get(_FORMAT, ()))
    )


def eight_bits(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Integers or floats [H, W] of more than eight bits as uint8; ValueError if no photograph."""
    numbers = np.nan_to_num(values.astype(np.float64), nan=0)
    white = _white(numbers[np.isfinite(numbers)], values.dtype.kind == "f")
    if numbers.min() < -_BELOW_BLACK * white:
        raise ValueError("a photograph has nothing below black")
    factor = 255 if white == 1 else 256 / (white + 1)
    return (numbers.clip(0, white) * factor).astype(np.uint8)


def _white(numbers: NDArray[np.float64], are_real: bool) -> int:
    """ValueError where no usual end is as large."""
    peak = numbers.max()
    are_whole = peak > 1 and bool((numbers == np.floor(numbers)).all())
    if are_real and not are_whole and np.quantile(numbers, 1 - _LIGHTS) <= 1:
        return 1
    found = next((end for end in _ENDS if peak <= end), None)
    if found is None:
        raise ValueError("a photograph is not so bright")
    return found
