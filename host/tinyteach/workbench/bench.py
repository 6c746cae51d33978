"""What the parts of a workbench may ask of the whole."""

import threading
from pathlib import Path
from typing import Protocol

import numpy as np

from tinyteach.service.boards.sessions import Session
from tinyteach.workbench.feed import Feed
from tinyteach.workbench.live_board import LiveBoard
from tinyteach.workbench.project_part import ToldProject
from tinyteach.workbench.trainer import Trainer


class HasWeight(Protocol):
    """What `BoardRules` knows of a board's smoothing."""

    weight: int


class Bench(Protocol):
    """`Workbench` is the one there is; ``changing`` is held while the project is changed."""

    folder: Path
    feed: Feed
    board: LiveBoard
    changing: threading.RLock
    told: ToldProject
    trainer: Trainer

    @property
    def rules(self) -> HasWeight:
        """The rules of the board that is held."""

    def changed(self, train: bool = True) -> None:
        """Photographs or classes are others now."""

    def tell_preview(self) -> None:
        """Publish the head that runs on this computer."""

    def look(self, client: Session) -> None:
        """Take one view and show it to who looks. In the board's thread."""

    def photograph(self, client: Session) -> tuple[np.ndarray, str]:
        """One, uint8 [N, N, 3], and how a model sees it. In the board's thread."""

    def use_other_head(self, client: Session, lesson: str = "") -> None:
        """Another head is at work on the board, ``lesson`` where it made that itself."""
