"""Retraining in the field: a computer that never saw the board, its photographs or a network."""

import time
from dataclasses import dataclass
from pathlib import Path

from tinyteach.data.project import SETTINGS_NAME, Project
from tinyteach.data.there import check_source
from tinyteach.device.registry import find_board
from tinyteach.embedding.view_names import SQUARE
from tinyteach.errors import BoardNotPairedError, TinyTeachError
from tinyteach.head.report.advice import photographs
from tinyteach.progress import Progress
from tinyteach.results import JsonResult
from tinyteach.service.boards.opening import pair_board
from tinyteach.service.boards.sessions import open_agent
from tinyteach.service.heads.deployed import Deployed
from tinyteach.service.heads.deploying import deploy_head
from tinyteach.service.heads.pulling import Pulled, add_to_project, read_head
from tinyteach.service.heads.recognition import trained_head
from tinyteach.service.heads.training import Trained, train
from tinyteach.service.photos.importing import ImportSummary, import_photos
from tinyteach.service.photos.unsure_views import sorting_hint
from tinyteach.service.projects.keeping import (
    check_keeps_head,
    check_keeps_learnt,
    check_keeps_photos,
)
from tinyteach.service.projects.opening import create_project, open_project, project_meant
from tinyteach.writable import check_writable


@dataclass(frozen=True)
class Retrained(JsonResult):
    """A board whose head goes on from what it knew. ``folder`` is the project that it is in.

    ``paired`` where this computer met the board now, ``pulled`` is None without --from-board.
    """

    folder: str
    paired: bool
    pulled: Pulled | None
    added: ImportSummary | None
    trained: Trained
    deployed: Deployed
    retrain_s: float

    def lines(self) -> list[str]:
        """For a person."""
        of_board = sum(self.pulled.examples.values()) if self.pulled else 0
        examples = f"{of_board} example{'' if of_board == 1 else 's'}"
        photos = sum(self.added.added.values()) if self.added else 0
        told = [*self.added.decided(), *self.added.left_out()] if self.added else []
        met = f"Paired {self.deployed.board}. " if self.paired else ""
        return [
            *told,
            *self.trained.problems,
            f"{met}Pulled {examples} and added {photographs(photos)} in {self.folder}.",
            *self.trained.lines()[len(self.trained.problems) : -1],
            *(sorting_hint(self.pulled.unsorted) if self.pulled else []),
            self.deployed.sentence(),
            "'tinyteach rollback' puts the head that the board had back to work.",
        ]


def retrain(
    folder: Path | None, board: str | None, from_board: bool, add: list[Path], progress: Progress
) -> Retrained:
    """Bring what the board knows here, add photographs, train, deploy.

    ``folder`` is a project, or where one is made; None makes one named like the board in the
    current folder. Until the last step the board works on with what it has, and after it that is
    the head to roll back to.
    """
    start = time.perf_counter()
    for source in add:
        check_source(source)
    if not from_board:
        folder = open_project(folder or Path()).root
    _check_keeps(folder, from_board, bool(add))
    name, paired = _meet(board, progress)
    project = _project(folder, name)
    pulled = _pull(project, name, progress) if from_board else None
    added = _add(project.root, add, progress)
    trained = train(project.root, 0, progress, preprocessing=SQUARE)
    with open_agent(name) as client:
        deployed = deploy_head(client, trained_head(project), progress)
    took_s = round(time.perf_counter() - start, 3)
    return Retrained(str(project.root), paired, pulled, added, trained, deployed, took_s)


def _check_keeps(folder: Path | None, from_board: bool, adds: bool) -> None:
    """ProjectError where the project, or the folder in which it is to be made, takes nothing."""
    project = project_meant(folder, or_new=True)
    if project is None:
        check_writable(folder or Path())
        return
    check_keeps_head(project)
    if from_board:
        check_keeps_learnt(project)
    if adds:
        check_keeps_photos(project)


def _meet(board: str | None, progress: Progress) -> tuple[str, bool]:
    """The board's name, and whether it had to be paired with this computer.

    NoKeyError where others have its key and this computer has not: what follows would be refused.
    """
    try:
        with open_agent(board) as client:
            client.check_key()
            known = find_board(client.board_id)
    except BoardNotPairedError:
        known = None
    if known is not None:
        return known.name, False
    return pair_board(board, None, progress).name, True


def _project(folder: Path | None, name: str) -> Project:
    if folder is None:
        folder = Path() if Path(SETTINGS_NAME).is_file() else Path(name)
    if (folder / SETTINGS_NAME).is_file():
        return open_project(folder)
    return create_project(folder)


def _pull(project: Project, board: str, progress: Progress) -> Pulled:
    with open_agent(board) as client:
        head = read_head(client, progress)
        pulled = add_to_project(project, client, head)
    if project.board is None:
        project.board = board
    return pulled


def _add(folder: Path, sources: list[Path], progress: Progress) -> ImportSummary | None:
    """Import every source; one that cannot be used stops before anything is trained."""
    if not sources:
        return None
    total = ImportSummary({}, [])
    for source in sources:
        try:
            total = total.together_with(import_photos(folder, source, progress))
        except TinyTeachError as error:
            error.args = (f"{error} The board was not changed.",)
            raise
    return total
