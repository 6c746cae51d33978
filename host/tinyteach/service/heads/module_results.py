"""What a module recognises, as labels and probabilities.

Its firmware tells whole percents, and none below 2: a class that it does not tell counts as 0.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import numpy as np

from tinyteach.device.at.module_client import ModuleClient
from tinyteach.device.at.module_info import ModuleInfo
from tinyteach.device.at.module_results import PERCENT, ModuleResult
from tinyteach.errors import BoardRefusedError
from tinyteach.head.format.rejection import UNKNOWN, is_known
from tinyteach.service.heads.recognised import Recognised
from tinyteach.service.photos.frames import frame_of

# In the order in which the module tells how long they took.
STAGES = ("preprocess", "model", "scores")
NO_MODEL = "The module has no model; run 'tinyteach deploy'."
UNFINISHED = "The last deploy to the module did not complete; run 'tinyteach deploy' again."


@dataclass(frozen=True)
class SeenByModule:
    """One result, and the frame that it is of: uint8 [N, N, 3] RGB, None where none came whole."""

    recognised: Recognised
    frame: np.ndarray | None


@contextmanager
def module_results(
    client: ModuleClient, threshold: float | None = None, with_photos: bool = False
) -> Iterator[Iterator[SeenByModule]]:
    """Live results; below ``threshold``, a probability, by default the head's own, is unknown.

    BoardRefusedError where the module has no model that was written whole, or firmware that is of
    no use.
    """
    info = client.info()
    client.refuse_firmware()
    _check_recognises(info)
    limit = info.threshold_percent / PERCENT if threshold is None else threshold
    with closing(client.invoke(with_photos)) as results:
        yield (_seen(result, info.labels, limit) for result in results)


def _check_recognises(info: ModuleInfo) -> None:
    if info.pending_hash:
        raise BoardRefusedError(UNFINISHED)
    if not info.has_model:
        raise BoardRefusedError(NO_MODEL)


def recognised(result: ModuleResult, labels: list[str], threshold: float) -> Recognised:
    """A result by ``labels``, the class ids' names; one that is called unknown is no class."""
    told = {_label(labels, number): score for number, score in result.scores.items()}
    probabilities = dict.fromkeys(labels, 0.0) | told
    classes = {label: p for label, p in probabilities.items() if label != UNKNOWN}
    best = max(classes, key=lambda label: classes[label], default=UNKNOWN)
    probability = classes.get(best, 0.0)
    believed = is_known(probability, probabilities.get(UNKNOWN, 0.0), threshold)
    latency_ms = dict(zip(STAGES, map(float, result.perf_ms), strict=True))
    return Recognised(best if believed else UNKNOWN, probability, best, probabilities, latency_ms)


def _label(labels: list[str], number: int) -> str:
    """Other programs' models may have more classes than names."""
    return labels[number] if number < len(labels) else f"class {number}"


def _seen(result: ModuleResult, labels: list[str], threshold: float) -> SeenByModule:
    frame = frame_of(result.jpeg) if result.jpeg else None
    return SeenByModule(recognised(result, labels, threshold), frame)
