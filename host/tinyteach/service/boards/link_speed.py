"""How fast the link to a board carries photographs, and how large one may be to come in time."""

import time
from math import isqrt
from typing import NamedTuple

from tinyteach.device.wire.client import BoardClient
from tinyteach_protocol import messages

# The side of the photograph that measures the link: 12 KB, about a second on the slowest.
LINK_SIDE = 64
RGB_BYTES = 3
# How long a photograph may be on its way where hundreds of them are sent.
PHOTO_TIME_S = 2.0


class Speed(NamedTuple):
    """Bytes a second in each direction."""

    to_board: float
    from_board: float


def measure_link(client: BoardClient, model_side: int) -> Speed:
    """There must be an embedding, ``model_side`` pixels wide, to preprocess for."""
    photo = bytes(LINK_SIDE * LINK_SIDE * RGB_BYTES)
    client.send_image(photo, LINK_SIDE, messages.RGB888)  # the first time it makes its tables
    start = time.perf_counter()
    client.send_image(photo, LINK_SIDE, messages.RGB888)
    sent = time.perf_counter()
    tensor = client.read(messages.TENSOR, model_side * model_side * RGB_BYTES)
    return Speed(len(photo) / (sent - start), len(tensor) / (time.perf_counter() - sent))


def side_in_time(to_board: float, time_s: float, model_side: int) -> int:
    """Pixels a side of the largest RGB square that comes within ``time_s``.

    Never smaller than the model's view, which takes as long as it takes.
    """
    return max(model_side, isqrt(int(to_board * time_s / RGB_BYTES)))
