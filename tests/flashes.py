"""Flash images of paired boards: each made once in a session, copied for every board."""

import shutil
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import pytest

from paired import deploy
from tinyteach.device.repl.pairing import Wanted, pair
from tinyteach.device.wire.client import BoardClient
from tinyteach.virtual.board import VirtualBoard


def flashes_with(embedding: bytes, folder: Path, **options):
    """image(arch) is the flash of a board with these options, paired with this embedding."""

    @lru_cache
    def image(arch: str) -> Path:
        return make_paired(arch, folder / arch, embedding, **options)

    return image


def make_paired(arch: str, flash: Path, embedding: bytes, **options) -> Path:
    """Pair a board that begins with this flash; returns where it is."""
    with pytest.MonkeyPatch.context() as patch, VirtualBoard(arch, flash, **options) as board:
        patch.setenv("TINYTEACH_HOME", str(flash.with_suffix(".home")))
        pair(board.port, Wanted(embedding), None, lambda *_: None)
    return flash


def make_deployed(paired: Path, flash: Path, head) -> None:
    """A paired board's flash (i386) after a head was put to work."""
    shutil.copy(paired, flash)
    with VirtualBoard("i386", flash) as board, BoardClient(board.port) as client:
        deploy(client, head)


def starter(image, tmp_path_factory):
    """start(arch, **options) starts a board with such a flash of its own."""

    @contextmanager
    def start(arch, **options):
        flash = tmp_path_factory.mktemp("board") / "flash.bin"
        shutil.copy(image(arch), flash)
        with VirtualBoard(arch, flash, **options) as board:
            yield board

    return start
