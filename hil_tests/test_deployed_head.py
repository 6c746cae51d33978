"""The head that the user has deployed, on the photographs that the user names."""

import numpy as np
import pytest

from tinyteach.service.heads.recognition import classify_square


def test_accuracy_of_the_users_head(client, pytestconfig, photo_sets, measured):
    labels = client.info().labels
    if not pytestconfig.getoption("--photos"):
        pytest.skip("no --photos named to test the deployed head with")
    if not labels or not set(photo_sets[0]) <= set(labels):
        pytest.skip(f"the deployed head knows {labels}, the photographs show {list(photo_sets[0])}")
    right = [
        classify_square(client, square, labels).label == name
        for photos in photo_sets
        for name, squares in photos.items()
        for square in squares
    ]
    accuracy = float(np.mean(right))
    measured["accuracy of the deployed head"] = f"{accuracy:.3f} of {len(right)}"
    assert accuracy > 1 / len(labels), "no better than guessing"
