"""Photographs of a module's camera: the whole frame, as its model sees it."""

from collections.abc import Generator
from contextlib import closing

import numpy as np

from tinyteach.data.images import decode_square
from tinyteach.device.at.module_client import ModuleClient
from tinyteach.device.at.module_results import InARow
from tinyteach.device.at.refusals import NO_PICTURE
from tinyteach.errors import PhotoError


def frame_of(jpeg: bytes) -> np.ndarray | None:
    """A frame, uint8 [N, N, 3] RGB, N = 240 as the driver asks for; None where it is damaged."""
    try:
        return decode_square(jpeg, "the photograph")
    except PhotoError:
        return None


def frames(client: ModuleClient) -> Generator[np.ndarray, None, None]:
    """Frames as they are taken; damaged ones are left out, LinkError where too many are."""
    damaged = InARow(NO_PICTURE.format(port=client.port))
    with closing(client.samples()) as samples:
        for frame in map(frame_of, samples):
            if frame is None:
                damaged.came()
            else:
                damaged.none()
                yield frame


def take_frame(client: ModuleClient) -> np.ndarray:
    """One frame, uint8 [N, N, 3] RGB."""
    with closing(frames(client)) as taken:
        return next(taken)
