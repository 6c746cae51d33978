"""A project folder in a program."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

import numpy as np

from tinyteach.api.board import Board
from tinyteach.api.head import Head
from tinyteach.api.pictures import Picture, as_square
from tinyteach.data.bursts import guess_bursts
from tinyteach.data.names import check_class_name, same_name
from tinyteach.data.photos import save_burst
from tinyteach.errors import UsageError
from tinyteach.progress import Progress, shown
from tinyteach.service.heads import testing
from tinyteach.service.heads.pulling import Pulled, pull
from tinyteach.service.heads.recognition import trained_head
from tinyteach.service.heads.tested import Tested
from tinyteach.service.heads.training import load_report, train
from tinyteach.service.heads.under_test import on_board, on_computer
from tinyteach.service.photos.importing import ImportSummary, import_photos
from tinyteach.service.photos.labelled import read_labelled
from tinyteach.service.projects.counting import class_summary
from tinyteach.service.projects.embeddings import project_embedding
from tinyteach.service.projects.opening import (
    create_project,
    open_or_create_project,
)

HAS_ANOTHER = (
    "The project {folder} was made with the embedding {had!r} and not {wanted!r}; name another "
    "folder for a new one."
)


class Project:
    """The project in ``folder``, which is made where there is nothing yet.

    ``embedding`` is ``base``, ``tiny``, ``open``, ``plus`` or a .tflite file, for a new project.
    Raises ProjectError where the folder is something else, UsageError for an embedding that is not
    there.
    """

    def __init__(self, folder: str | PathLike[str], embedding: str | None = None) -> None:
        path = Path(folder)
        if embedding is not None and not path.exists():
            self._project = create_project(path, embedding)
        else:
            self._project = open_or_create_project(path)
        had = self._project.embedding
        if embedding is not None and had != embedding and Path(had).name != Path(embedding).name:
            raise UsageError(HAS_ANOTHER.format(folder=path, had=had, wanted=embedding))

    @property
    def folder(self) -> Path:
        """Where it is on disk."""
        return self._project.root

    @property
    def name(self) -> str:
        """What it is called."""
        return self._project.name

    @property
    def board(self) -> str | None:
        """The board that is meant where none is named; `Board` takes it."""
        return self._project.board

    @property
    def photos(self) -> dict[str, int]:
        """How many photographs each class has, in the order of the classes."""
        return {row["name"]: row["photos"] for row in class_summary(self._project)[0]}

    def add(self, name: str, pictures: Picture | Sequence[Picture]) -> int:
        """Add pictures to a class, which is made where there is none; how many.

        One picture, several, or an array uint8 [K, N, N, 3]. Arrays and images of one call are
        one recording, whose photographs resemble each other; files are told apart by their names,
        as an import does. Nothing is added where one is no picture: PhotoError says which.
        ``unknown`` is the class of what is none of the others.
        """
        chosen = _several(pictures)
        squares = [as_square(picture) for picture in chosen]
        name = check_class_name(name)
        stored = same_name(name, self._project.classes()) or self._project.add_class(name)
        for group in _recordings(chosen):
            save_burst(self._project, stored, [squares[place] for place in group])
        return len(squares)

    def import_photos(
        self,
        source: str | PathLike[str],
        progress: Progress | None = None,
        recordings: str | None = None,
    ) -> ImportSummary:
        """Add a folder of class folders, or a zip or tar of one; what was taken for what.

        ``recordings``, ``day``, ``folder`` or ``none``, says what counts as taken in one go.
        Raises PhotoError where none could be taken.
        """
        with shown(progress) as tell:
            return import_photos(self.folder, Path(source), tell, recordings=recordings)

    def pull(self, board: Board, progress: Progress | None = None) -> Pulled:
        """Bring what a board was taught into the project; training takes it as photographs."""
        with shown(progress) as tell:
            return pull(board.client, self._project, tell)

    def train(
        self, seed: int = 0, progress: Progress | None = None, view: str | None = None
    ) -> Head:
        """Train a head on the photographs; it goes into the project's heads/ with its report.

        The same photographs and ``seed`` give the same head. ``view`` is "square" for boards with
        the agent, "stretched" for a Grove Vision AI V2; by default as the photographs were
        captured. Raises TrainingError where there is too little to train on.
        """
        with shown(progress) as tell:
            train(self.folder, seed, tell, preprocessing=view)
        return self.head

    def test(
        self,
        source: str | PathLike[str],
        board: Board | None = None,
        progress: Progress | None = None,
    ) -> Tested:
        """Test the head on a folder of class folders, or a zip of one, that it was not trained on.

        On the computer, or with a ``board`` the head that is at work there. Copies of the project's
        photographs are left out. Raises PhotoError where nothing is left to test on, ProjectError
        or BoardRefusedError where there is no head.
        """
        with shown(progress) as tell:
            own = self._project
            head = on_board(board.client, own) if board else on_computer(own)
            return testing.test(head, read_labelled(Path(source), own, progress=tell), tell)

    @property
    def head(self) -> Head:
        """The head that was trained last; ProjectError where there is none yet."""
        file = trained_head(self._project)
        return Head(file, project_embedding(self._project), load_report(self.folder))

    def __repr__(self) -> str:
        classes = ", ".join(f"{name} {count}" for name, count in self.photos.items())
        return f"Project({self.name}: {classes or 'no class yet'})"


def _several(pictures: Picture | Sequence[Picture]) -> list[Picture]:
    if isinstance(pictures, np.ndarray):
        return list(pictures) if pictures.ndim == 4 else [pictures]
    if isinstance(pictures, Sequence) and not isinstance(pictures, str | PathLike):
        return list(pictures)
    return [pictures]


def _recordings(pictures: Sequence[Picture]) -> list[list[int]]:
    """The places of pictures that belong to one recording, for each recording."""
    files = [place for place, each in enumerate(pictures) if isinstance(each, str | PathLike)]
    others = [place for place in range(len(pictures)) if place not in set(files)]
    stems = [Path(str(pictures[place])).stem for place in files]
    found: dict[str, list[int]] = {}
    for place, burst in zip(files, guess_bursts(stems, ""), strict=True):
        found.setdefault(burst, []).append(place)
    return [*([others] if others else []), *found.values()]
