"""One view of what is held: what its model sees, and what it makes of that."""

import numpy as np

from tinyteach.device.at.module_client import ModuleClient
from tinyteach.device.wire.board_info import BoardInfo
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.preprocess import expand
from tinyteach.embedding.preprocessing import TO_TENSOR
from tinyteach.errors import BoardRefusedError, LinkError
from tinyteach.service.boards.module_overview import ModuleOverview
from tinyteach.service.heads.module_results import module_results
from tinyteach.service.heads.recognised import Recognised
from tinyteach.service.heads.recognition import interpret_message
from tinyteach.service.photos.frames import take_frame
from tinyteach_protocol import messages


def take_view(client: BoardClient, info: BoardInfo) -> tuple[np.ndarray, Recognised | None]:
    """The model's view, uint8 [M, M, 3], and the board's result of the very same one.

    None where the board has no head.
    """
    side, labels = info.model_side, info.labels
    if not side:
        raise BoardRefusedError("The board has no embedding; press Pair, which puts one on it.")
    stages = messages.STAGES_ALL if labels else messages.STAGE_PREPROCESS
    ran = client.run(messages.SOURCE_CAMERA, stages)
    tensor = client.read(messages.TENSOR, side * side * 3, ran.tensor_crc32)
    result = interpret_message(labels, ran) if labels else None
    return expand(tensor, side, side, messages.RGB_INT8), result


def take_frame_view(
    client: ModuleClient, overview: ModuleOverview, threshold: float | None
) -> tuple[np.ndarray, Recognised | None]:
    """A module's frame, uint8 [N, N, 3], and its result of the very same one.

    None where it has no model that was written whole.
    """
    if not overview.info.has_model or overview.info.pending_hash:
        return take_frame(client), None
    with module_results(client, threshold, with_photos=True) as seen:
        for each in seen:
            if each.frame is not None:
                return each.frame, each.recognised
    raise LinkError(f"The module on {client.port} stopped sending results; try again.")


def as_seen(square: np.ndarray, preprocessing: str, side: int) -> np.ndarray:
    """A photograph, uint8 [N, N, 3], as a model of ``side`` pixels sees it: uint8 [M, M, 3]."""
    return TO_TENSOR[preprocessing](square, side).view("uint8") ^ 0x80
