"""`tinyteach why`: where a board first computes something else than this computer."""

import json

import pytest

from paired import views_of
from planted_kernels import plant
from tinyteach.cli.exit_codes import exit_code_of
from tinyteach.device.repl.pairing import free_the_repl
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import (
    BoardNotFoundError,
    BoardRefusedError,
    PhotoError,
    UsageError,
    VerificationError,
)

EXCHANGED = "out[i] = ((totals[i] + half) // area) ^ 128"


@pytest.fixture
def photo(photo_folder):
    return photo_folder / "cat" / "1.png"


@pytest.fixture
def other(with_head):
    """A board of the test's own, with a head."""
    with with_head() as board:
        board.show(views_of("cat", 1)[0])
        yield board


def test_nothing_differs(tinyteach, other, photo, tmp_path):
    told = json.loads(tinyteach("-b", other.port, "why", "--json").out)
    assert told["agrees"] and told["difference"] is None and told["exit_code"] == 0
    assert told["views"] == ["what the camera sees"] and told["tensors"] == 23
    result = tinyteach("-b", other.port, "why", photo)
    assert result.code == 0 and result.err == "" and result.out.count("\n") == 1
    assert result.out.startswith("Board and computer agree in all 23 tensors, from preprocessing")
    assert str(photo) in result.out and "viper kernels" in result.out
    with BoardClient(other.port) as client:
        assert client.info().state == "" and client.info().labels == ["cat", "coffee"]


def test_preprocessing_differs(tinyteach, other, photo):
    plant(other, ("agent/vision/kernels_viper.py", EXCHANGED, EXCHANGED.replace("128", "129")))
    result = tinyteach("-b", other.port, "why", photo, "--json")
    told = json.loads(result.out)
    assert result.code == exit_code_of(VerificationError) == told["exit_code"] == 12
    assert not told["agrees"] and told["difference"]["stage"] == "preprocessing"
    assert told["difference"]["place"] == [0, 0, 0] and told["difference"]["shape"] == [64, 64, 3]
    result = tinyteach("-b", other.port, "why", photo)
    assert result.code == 12 and result.err == ""
    assert "differ first in preprocessing (64×64×3): row 0, column 0, channel 0 is" in result.out
    assert result.out.endswith(".\n")


def test_what_it_is_not_given(fails, tinyteach, other, tmp_path):
    missing = ("-b", other.port, "why", tmp_path / "nowhere.png")
    assert "nowhere.png" in fails(*missing)
    assert tinyteach(*missing).code == exit_code_of(PhotoError)
    (tmp_path / "text.png").write_text("no picture")
    assert "text.png" in fails("-b", other.port, "why", tmp_path / "text.png")
    assert "There is no port" in fails("-b", "/dev/ttyNONE", "why")
    assert tinyteach("-b", "/dev/ttyNONE", "why").code == exit_code_of(BoardNotFoundError)
    assert tinyteach("-b", other.port, "why", "a.png", "b.png").code == exit_code_of(UsageError)


def test_without_an_embedding(fails, tinyteach, other, photo):
    free_the_repl(other.port)
    with raw_repl(other.port) as repl:
        repl.run("import os\nos.remove('/tinyteach/embedding.tflite')")
    other.reset()
    assert "no embedding" in fails("-b", other.port, "why", photo)
    assert tinyteach("-b", other.port, "why", photo).code == exit_code_of(BoardRefusedError)
