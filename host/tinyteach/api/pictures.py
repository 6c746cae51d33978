"""What a program may give as a picture."""

import io
from os import PathLike
from typing import TYPE_CHECKING, TypeAlias, Union

import numpy as np

from tinyteach.data.depths import eight_bits
from tinyteach.data.images import MAX_SIDE, MIN_SIDE, decode_square, load_square
from tinyteach.errors import PhotoError

if TYPE_CHECKING:
    from PIL.Image import Image

# A file's path; a Pillow image; pixels, uint8 [H, W, 3] in RGB order or [H, W] in grey.
Picture: TypeAlias = Union[str, PathLike[str], np.ndarray, "Image"]

PNG_MODES = {"1", "L", "LA", "P", "RGB", "RGBA"}
NO_PICTURE = (
    "A picture is a file's path, a Pillow image, or an array of uint8 of the shape [height, width, "
    "3] (red, green, blue), not {found}."
)


def as_square(picture: Picture) -> np.ndarray:
    """The picture's centre square, uint8 [N, N, 3] RGB, as a photograph of a project is stored.

    A square array of 8 to 1024 pixels a side is taken as it is; what is larger is reduced as by
    `data.images.load_square`. Raises PhotoError for what is no picture.
    """
    if isinstance(picture, np.ndarray):
        return _of_pixels(picture)
    if isinstance(picture, str | PathLike):
        return load_square(str(picture))
    return _of_image(picture)


def _of_pixels(pixels: np.ndarray) -> np.ndarray:
    from PIL import Image

    colour = pixels.ndim == 3 and pixels.shape[2] == 3
    if pixels.dtype != np.uint8 or not (colour or pixels.ndim == 2):
        raise PhotoError(NO_PICTURE.format(found=f"{pixels.dtype} {list(pixels.shape)}"))
    height, width = pixels.shape[:2]
    if colour and height == width and MIN_SIDE <= height <= MAX_SIDE:
        return pixels
    return _of_image(Image.fromarray(pixels))


def _of_image(image: "Image") -> np.ndarray:
    """Through the one reader of photographs, without loss."""
    from PIL import Image

    stream = io.BytesIO()
    try:
        if image.mode == "F" or image.mode.startswith("I"):  # Pillow would clip them
            image = Image.fromarray(eight_bits(np.asarray(image)))
        kept = image if image.mode in PNG_MODES else image.convert("RGB")
        kept.save(stream, "PNG")
    except (AttributeError, OSError, ValueError) as error:
        raise PhotoError(NO_PICTURE.format(found=type(image).__name__)) from error
    return decode_square(stream.getvalue(), "this picture")
