"""Whether a module says what its model says here, within a tolerance.

Exactness is not promised of a module: its NPU rounds otherwise than a processor does, its model
sees a frame before it becomes the JPEG that comes here, and its firmware tells whole percents.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from tinyteach.data.project import Project
from tinyteach.device.at.module_client import ModuleClient
from tinyteach.errors import BoardNotFoundError, ProjectError, UsageError
from tinyteach.head.format.rejection import UNKNOWN
from tinyteach.head.npu.compiling import Compiled
from tinyteach.progress import Progress
from tinyteach.service.boards.finding import resolve_port
from tinyteach.service.boards.sessions import module_at
from tinyteach.service.boards.verification import Summary
from tinyteach.service.heads.exporting import embedding_of, model_for_module
from tinyteach.service.heads.module_results import SeenByModule, module_results
from tinyteach.service.heads.recognised import Recognised
from tinyteach.service.heads.recognition import Reference, interpret_scores, trained_head
from tinyteach.service.projects.opening import open_project

VIEWS = 20
TOLERANCE = 0.25  # of a probability, in any view
MEAN_TOLERANCE = 0.1  # of the greatest in each view, over all
ONLY_CAMERA = (
    "A Grove Vision AI V2 is verified with what its camera sees, without --photos and --junit; "
    "leave them away and put before it what it knows."
)
WHOLE = "photographs came whole with their results"
WITHIN = f"no probability differs by more than {TOLERANCE:.0%}"
MEAN_WITHIN = f"they differ by {MEAN_TOLERANCE:.0%} at most on average"
AGREE = "the labels agree"


@dataclass(frozen=True)
class ModuleSummary(Summary):
    """What was compared; ``measured`` has the differences of probabilities."""

    def sentence(self) -> str:
        held = "says" if self.held else "does not say"
        told = f"The module {held} what its model says here: of {self.measured['views']} views "
        differs = f"the probabilities differ by {self.measured['greatest_difference']:.0%} at most"
        failed = f"; not so: {', '.join(self.failed)}" if self.failed else ""
        return f"{told}{differs}, where {TOLERANCE:.0%} are allowed{failed}."


@dataclass(frozen=True)
class _Compared:
    """One view: what the module says and what its model says here."""

    module: Recognised
    here: Recognised

    @property
    def difference(self) -> float:
        """The greatest, of all probabilities."""
        ours, told = self.here.probabilities, self.module.probabilities
        return max(abs(ours.get(label, 0.0) - told.get(label, 0.0)) for label in {*ours, *told})

    @property
    def agrees(self) -> bool:
        """Whether both name the same, or the second likeliest is within the tolerance here."""
        likeliest = sorted(self.here.probabilities.values())[-2:]
        is_close = len(likeliest) > 1 and likeliest[1] - likeliest[0] <= TOLERANCE
        return is_close or _first(self.module) == _first(self.here)


def verify_on_module(
    board: str | None,
    folder: Path | None,
    photos: Path | None,
    junit: Path | None,
    progress: Progress,
) -> ModuleSummary | None:
    """`verify_module` where a module is meant or the only one attached, else None."""
    try:
        module = module_at(resolve_port(board))
    except BoardNotFoundError:
        if board:
            raise
        return None  # a virtual board is started for it
    if module is None:
        return None
    with module:
        if photos or junit:
            raise UsageError(ONLY_CAMERA)
        return verify_module(module, open_project(folder or Path()), progress)


def verify_module(client: ModuleClient, project: Project, progress: Progress) -> ModuleSummary:
    """Compare what the module recognises before its camera with the project's head here.

    ProjectError where it has another model than the project's head makes.
    """
    head = trained_head(project)
    embedding = embedding_of(head, project)
    _check_model(client, model_for_module(embedding, head)[1])
    reference = Reference(embedding, head)

    def here(frame: np.ndarray) -> Recognised:
        return interpret_scores(head, reference.scores(frame))

    with module_results(client, with_photos=True) as seen:
        compared = list(_compare(islice(seen, VIEWS), here, progress))
    return _summary(compared)


def _check_model(client: ModuleClient, compiled: Compiled) -> None:
    if client.info().model_hash != compiled.fingerprint.hex():
        raise ProjectError(
            "The module has another model than this project's head makes; run 'tinyteach deploy', "
            "then verify again."
        )


def _compare(
    seen: Iterator[SeenByModule], here: Callable[[np.ndarray], Recognised], progress: Progress
) -> Iterator[_Compared]:
    for number, each in enumerate(seen, 1):
        progress("Comparing views", number, VIEWS)
        if each.frame is not None:
            yield _Compared(each.recognised, here(each.frame))


def _first(said: Recognised) -> str:
    return max(said.probabilities, key=lambda label: said.probabilities[label], default=UNKNOWN)


def _summary(compared: list[_Compared]) -> ModuleSummary:
    differences = [each.difference for each in compared]
    greatest, mean = max(differences, default=0.0), float(np.mean(differences or [0.0]))
    checks = {
        WHOLE: bool(compared),
        WITHIN: greatest <= TOLERANCE,
        MEAN_WITHIN: mean <= MEAN_TOLERANCE,
        AGREE: all(each.agrees for each in compared),
    }
    failed = [name for name, holds in checks.items() if not holds]
    measured: dict[str, object] = {
        "views": len(compared),
        "tolerance": TOLERANCE,
        "greatest_difference": round(greatest, 4),
        "mean_difference": round(mean, 4),
        "latency_ms": _latencies(compared),
    }
    return ModuleSummary(len(checks) - len(failed), failed, [], measured, not failed)


def _latencies(compared: list[_Compared]) -> dict[str, float]:
    stages = compared[0].module.latency_ms if compared else None
    taken = [each.module.latency_ms or {} for each in compared]
    return {s: round(float(np.median([t[s] for t in taken])), 1) for s in stages or {}}
