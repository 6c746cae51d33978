"""Pictures to test a board with."""

import numpy as np

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
