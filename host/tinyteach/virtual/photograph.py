"""What is held before the virtual camera: a path, a Pillow image or an array."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from tinyteach.errors import PhotoError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

Photograph: TypeAlias = "str | Path | Image | NDArray[Any]"


def open_photograph(photograph: Photograph) -> "Image":
    """A path, a Pillow image or a uint8 array (H, W, 3) or (H, W) as an RGB image."""
    import numpy as np
    from PIL import Image, UnidentifiedImageError

    if isinstance(photograph, Image.Image):
        return photograph.convert("RGB")
    if isinstance(photograph, np.ndarray):
        return Image.fromarray(_as_pixels(photograph)).convert("RGB")
    try:
        with Image.open(Path(photograph)) as image:
            return image.convert("RGB")
    except (OSError, UnidentifiedImageError, TypeError, ValueError) as error:
        raise PhotoError(
            f"{photograph} cannot be shown to the camera; give it a photograph such as a "
            "PNG or JPEG file."
        ) from error


def _as_pixels(array: "NDArray[Any]") -> "NDArray[np.uint8]":
    import numpy as np

    if array.dtype != np.uint8 or array.ndim not in (2, 3):
        raise PhotoError(
            f"An array shown to the camera must be uint8 of shape (H, W, 3), not {array.dtype} "
            f"of shape {array.shape}."
        )
    return np.ascontiguousarray(array)
