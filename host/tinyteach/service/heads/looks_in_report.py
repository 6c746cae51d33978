"""Where the heads looked that were tested, for the photographs of a report."""

import numpy as np

from tinyteach.embedding.runtime import Embedding
from tinyteach.head.fit.evaluate import Trial
from tinyteach.head.fit.photo_features import PhotoSource
from tinyteach.head.report.report import CellsOf
from tinyteach.head.share import class_shares
from tinyteach.service.heads.looking import DIGITS


def cells_of(embedding: Embedding, trial: Trial, photos: PhotoSource) -> CellsOf | None:
    """What a report is told of where heads look: each photograph's by the one that it tested.

    None where features are no map.
    """
    grid, labels = embedding.grid, trial.evaluation.labels
    if grid is None:
        return None
    weights = {int(index): tester for tested, tester in trial.tested_by for index in tested}

    def cells(index: int, label: str) -> np.ndarray:
        features, number = photos.features(index), labels.index(label)
        shares = class_shares(weights[index], features, number, len(labels), grid)
        return shares.cells.round(DIGITS)

    return cells
