"""`tinyteach verify`: always measured, and where it cannot go on, one sentence."""

import numpy as np
import pytest
from mpremote.transport_serial import SerialTransport

from faulty_port import silent_port
from paired import halves_of_views
from patience import expect_silence, remark_on_slow_links
from planted_kernels import FLIPPED_ROUNDING, plant
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import (
    BoardNotPairedError,
    BoardRefusedError,
    LinkError,
    PhotoError,
    TinyTeachError,
    VerificationError,
)
from tinyteach.service.boards.link_speed import side_in_time
from tinyteach.service.boards.verification import verify
from tinyteach.service.photos import bench_photos
from tinyteach.virtual.board import VirtualBoard
from tinyteach.virtual.interpreter import micropython


def test_a_silent_board_is_one_sentence(capsys, monkeypatch):
    expect_silence(monkeypatch, 100)
    with silent_port() as port, pytest.raises(BoardNotPairedError, match="Nothing on"):
        verify(port, None, None)
    assert capsys.readouterr() == ("", "")


def test_ctrl_c_ends_it_and_says_nothing_of_the_board(suite_of, tmp_path, capfd):
    suite_of()
    code = "def test_a():\n    pass\n\ndef test_b():\n    raise KeyboardInterrupt\n"
    (tmp_path / "suite" / "test_it.py").write_text(code)
    with pytest.raises(KeyboardInterrupt, match="Stopped after 1 check; what the others would"):
        verify(None, None, None)
    assert capfd.readouterr() == (".\n", "")  # nothing of pytest's own


def test_a_missing_port_is_one_sentence(capsys):
    with pytest.raises(TinyTeachError, match="/dev/no-such-port"):
        verify("/dev/no-such-port", None, None)
    assert capsys.readouterr() == ("", "")


def test_a_board_without_an_embedding_is_one_sentence(switch_on, capsys):
    with switch_on("i386") as board:
        BoardClient(board.port).close()  # it has started: loading modules, it may miss a Ctrl-C
        transport = SerialTransport(board.port)
        try:
            transport.enter_raw_repl()
            transport.exec("import os\nos.remove('/tinyteach/embedding.tflite')")
        finally:
            transport.serial.close()
        board.reset()
        with pytest.raises(BoardRefusedError, match="no working embedding|no embedding"):
            verify(board.port, None, None)
    assert capsys.readouterr() == ("", "")


def test_a_board_that_goes_away_ends_it_at_once(switch_on, monkeypatch, capfd):
    """Not the same again for each check that is left."""
    with switch_on("i386") as board:

        def pull_the_cable(*_):
            board.stop()
            expect_silence(monkeypatch, 100)
            return halves_of_views(3)

        monkeypatch.setattr(bench_photos, "halves", pull_the_cable)
        with pytest.raises(TinyTeachError, match=board.port):
            verify(board.port, None, None)
    out = capfd.readouterr().out
    assert "Traceback" not in out and "_ _ _" not in out and out.count("\n") < 20
    assert "no board, " in out and " not run in " in out and board.port not in out


def test_photographs_that_cannot_be_read_end_it(switch_on, tmp_path):
    with switch_on("i386") as board, pytest.raises(TinyTeachError, match="nowhere") as ended:
        verify(board.port, tmp_path / "nowhere", None, quiet=True)
    assert not isinstance(ended.value, LinkError) or isinstance(ended.value, PhotoError)


def test_a_check_that_fails_says_what(switch_on, suite_of, few_pictures, monkeypatch, capfd):
    suite_of("test_exactness.py")
    monkeypatch.setattr(
        "tinyteach.service.heads.recognition.Reference.features",
        lambda self, square: np.zeros(3, np.int8),
    )
    with switch_on("i386", camera=False) as board:
        summary = verify(board.port, None, None)
    assert not summary.held and len(summary.failed) == 3 and len(summary.skipped) == 1
    assert any("test_photographs_in_rgb888: a view came out" in line for line in summary.failed)
    assert "checks failed: " in summary.sentence()
    assert "_ _ _" not in capfd.readouterr().out


def test_a_fault_in_a_kernel_is_named(switch_on, suite_of, few_pictures):
    suite_of("test_exactness.py")
    with switch_on("i386") as board:
        plant(board, FLIPPED_ROUNDING)
        summary = verify(board.port, None, None, quiet=True)
    assert not summary.held and len(summary.failed) == 4 and summary.measured["mismatches"] == 12
    for line in summary.failed:
        assert ": operator 1 of the embedding (conv_2d, 32×32×8): row " in line, line


def test_a_fault_in_a_head_is_named(switch_on, suite_of, few_pictures):
    """One that its self-test does not meet."""
    suite_of("test_head.py")
    end = "        interpreter.invoke()\n"
    fault = "        interpreter.steps[0].lowest = 127\n" + end
    with switch_on("i386") as board:
        plant(board, ("agent/recogniser.py", end, fault))
        summary = verify(board.port, None, None, quiet=True)
    (line,) = (line for line in summary.failed if "test_scores_are_exact" in line)
    assert ": operator 1 of the head (fully_connected, 3): value 0 is 127 on the board" in line


def test_a_fault_that_lets_no_head_in_is_named(switch_on, suite_of, few_pictures):
    suite_of("test_head.py")
    fault = ("out[i] = score ^ 128\n", "out[i] = score ^ 129\n")
    with switch_on("i386") as board:
        plant(board, ("agent/tflite/viper_elementwise.py", *fault))
        with pytest.raises(VerificationError) as ended:
            verify(board.port, None, None, quiet=True)
        with BoardClient(board.port) as client:
            info = client.info()
    assert "differ first in operator 8 of the head (softmax, 3): value " in str(ended.value)
    assert str(ended.value).endswith(".") and not info.head and info.state == ""


def test_without_a_board_and_photographs(
    few_pictures, new_boards_are_paired, monkeypatch, tmp_path
):
    """A virtual one is started, and the demo's objects are shown; also where there is no budget."""

    new_boards_are_paired(micropython.find().arch)
    started = []
    start = VirtualBoard.start
    monkeypatch.setattr(VirtualBoard, "start", lambda self: (started.append(self), start(self)))
    monkeypatch.setattr("tinyteach.board_facts.all_facts", lambda: ())
    summary = verify(None, None, tmp_path / "junit.xml", quiet=True)
    assert summary.held and summary.failed == [] and len(started) == 1
    assert summary.measured["mismatches"] == 0
    assert summary.measured["photographs compared"] == 12
    assert "bytes" in summary.measured["heap peak"]
    for stage in ("preprocess", "embedding", "head"):
        assert "p95" in summary.measured[f"latency {stage}"]
    assert sum("measured, not compared" in reason for reason in summary.skipped) == 2
    assert (tmp_path / "junit.xml").read_text().startswith("<?xml")


@pytest.mark.soak
def test_photographs_are_made_small_for_a_slow_link(switch_on, suite_of, monkeypatch):
    remark_on_slow_links(monkeypatch, "hil.photographs")
    suite_of("test_exactness.py")
    monkeypatch.setattr(bench_photos, "halves", lambda *_: halves_of_views(1, bench_photos.SIDE))
    with switch_on("i386", bytes_per_second=60_000) as board:
        summary = verify(board.port, None, None, quiet=True)
    assert summary.held, summary.failed
    assert summary.measured["mismatches"] == 0
    said = summary.measured["made small first"]
    assert "240 pixels a side to " in said and "link" in said
    assert "KB/s to the board" in summary.measured["link"]
    assert 2 <= summary.measured["frames of the camera compared"] < 20


@pytest.mark.parametrize(
    ("bytes_per_second", "side"), [(6_000, 64), (9_600, 80), (500_000, 577), (0.0, 64)]
)
def test_the_side_that_comes_in_time(bytes_per_second, side):
    assert side_in_time(bytes_per_second, 2.0, 64) == side


def test_small_photographs_stay():
    squares = {"a": [np.full((100, 100, 3), 7, np.uint8), np.full((30, 30, 3), 9, np.uint8)]}
    small, smaller = bench_photos.shrunk(squares, 77)["a"]
    assert small.shape == (77, 77, 3) and (small == 7).all()
    assert smaller is squares["a"][1]
