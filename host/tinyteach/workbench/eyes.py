"""Views of what is held: what its model sees, and what it makes of that."""

from collections.abc import Generator
from contextlib import closing, suppress

import numpy as np

from tinyteach.device.at.module_client import ModuleClient
from tinyteach.device.at.module_info import ModuleInfo
from tinyteach.device.wire.board_info import BoardInfo
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.preprocess import expand
from tinyteach.embedding.preprocessing import TO_TENSOR
from tinyteach.errors import BoardRefusedError, LinkError
from tinyteach.service.boards.module_overview import ModuleOverview
from tinyteach.service.heads.module_results import module_results
from tinyteach.service.heads.recognised import Recognised
from tinyteach.service.heads.recognition import interpret_message
from tinyteach.service.photos.frames import frames
from tinyteach_protocol import messages

Seen = tuple[np.ndarray, Recognised | None]


def take_view(client: BoardClient, info: BoardInfo) -> Seen:
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


class ModuleEyes:
    """What a module streams, held open from one view to the next: to begin one takes a third of a
    second. In the board's thread; `close` it before anything else is asked of the module.
    """

    def __init__(self) -> None:
        self._stream: Generator[Seen, None, None] | None = None
        self._about: object = None

    def look(self, client: ModuleClient, overview: ModuleOverview, threshold: float | None) -> Seen:
        """The next frame, uint8 [N, N, 3], and the module's result of the very same one.

        None where it has no model that was written whole.
        """
        about = client, overview.info, threshold
        if self._stream is None or about != self._about:
            self.close()
            self._stream, self._about = _seen(*about), about
        try:
            return next(self._stream)
        except BaseException:
            self._stream = None  # it has ended itself
            raise

    def close(self) -> None:
        """End what is streamed, if anything is; a link that broke shows at the next request."""
        stream, self._stream = self._stream, None
        if stream is not None:
            with suppress(LinkError):
                stream.close()


def _seen(
    client: ModuleClient, info: ModuleInfo, threshold: float | None
) -> Generator[Seen, None, None]:
    if not info.has_model or info.pending_hash:
        with closing(frames(client)) as taken:
            yield from ((frame, None) for frame in taken)
    with module_results(client, threshold, with_photos=True) as seen:
        yield from ((each.frame, each.recognised) for each in seen if each.frame is not None)


def as_seen(square: np.ndarray, preprocessing: str, side: int) -> np.ndarray:
    """A photograph, uint8 [N, N, 3], as a model of ``side`` pixels sees it: uint8 [M, M, 3]."""
    return TO_TENSOR[preprocessing](square, side).view("uint8") ^ 0x80
