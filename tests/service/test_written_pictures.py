"""Pictures outside of projects: there whole, or as before, where the disk has no room for them."""

import errno
import os

import numpy as np
import pytest
from PIL import Image

from tinyteach.errors import ProjectError, UsageError
from tinyteach.service.boards import virtual_boards
from tinyteach.service.photos.recording import View

DARK, BRIGHT = (View(np.full((8, 8, 3), value, np.uint8)) for value in (0, 200))


@pytest.fixture
def full(monkeypatch):
    """full(n) lets the disk be full once n files have been written."""
    plain = os.fsync

    def after(count):
        left = iter(range(count))

        def written(file):
            if next(left, None) is None:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            plain(file)

        monkeypatch.setattr(os, "fsync", written)

    return after


def test_a_view_takes_no_other_s_place_by_half(full, tmp_path):
    file = tmp_path / "view.png"
    DARK.save(file)
    full(0)
    with pytest.raises(ProjectError, match="no space left"):
        BRIGHT.save(file)
    assert np.asarray(Image.open(file)).max() == 0 and list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("name", ["view", "view.xyz", "view.psd"])
def test_a_view_of_no_format_is_not_written(tmp_path, name):
    with pytest.raises(UsageError, match="name a file such as view.png"):
        DARK.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_drawn_views_are_all_there_or_none(full, monkeypatch):
    """Half of one would be shown ever after."""
    with monkeypatch.context() as patch:
        patch.setattr(virtual_boards, "DEMO_VIEWS", 3)
        full(2)
        with pytest.raises(ProjectError, match="no space left"):
            virtual_boards._demo_views("cat")
        full(3)
        folder = virtual_boards._demo_views("cat")
    views = [np.asarray(Image.open(path)) for path in sorted(folder.iterdir())]
    assert len(views) == 3 and all(view.std() > 0 for view in views)
