"""The head that the user has deployed, on the photographs that the user names."""

import numpy as np
import pytest


def test_accuracy_of_the_users_head(board, pytestconfig, photos, measure):
    labels = board.info.labels
    if not pytestconfig.getoption("--tt-photos"):
        pytest.skip("no --photos named to test the deployed head with")
    if not labels or not set(photos.labels) <= set(labels):
        pytest.skip(f"the deployed head knows {labels}, the photographs show {photos.labels}")
    right = [board.classify(photo.square).label == photo.label for photo in photos.all]
    accuracy = float(np.mean(right))
    measure.fact("accuracy of the deployed head", f"{accuracy:.3f} of {len(right)}")
    assert accuracy > 1 / len(labels), "no better than guessing"
