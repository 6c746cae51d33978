"""Pictures to test a board with."""

import numpy as np

from tinyteach.data.drawing import DEMO_OBJECTS
from tinyteach.service.boards.verification import verify
from tinyteach.service.photos import bench_photos


def test_halves_of_a_folder_share_no_photograph(tmp_path):
    from PIL import Image

    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for number in range(5):
            noise = rng.integers(0, 256, (32, 32, 3), np.uint8)
            Image.fromarray(noise).save(tmp_path / name / f"{number}.png")
    training, others = bench_photos.halves(tmp_path, 40)
    both = [
        square.tobytes() for views in (training, others) for s in views.values() for square in s
    ]
    assert {name: len(squares) for name, squares in training.items()} == {"a": 2, "b": 2}
    assert len(set(both)) == len(both) == 8


def test_a_board_is_verified_without_any_photographs(monkeypatch, tmp_path):
    halves = bench_photos.halves
    monkeypatch.setenv("TINYTEACH_HOME", str(tmp_path))
    monkeypatch.setattr(bench_photos, "halves", lambda folder, most: halves(folder, min(most, 3)))
    summary = verify(None, None, tmp_path / "junit.xml", quiet=True)
    assert summary.held and summary.failed == []
    assert summary.measured["mismatches"] == 0
    assert summary.measured["photographs compared"] == 2 * 3 * len(DEMO_OBJECTS)
    assert (tmp_path / "junit.xml").read_text().startswith("<?xml")
