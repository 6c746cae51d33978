"""What the virtual module recognises, and what of a model it refuses."""

import os

import numpy as np
import pytest

from compiled_models import CLASSES, colour_model, compiled_model, remembered
from module_terminal import Terminal, started
from tinyteach import paths
from tinyteach.virtual.at import compiled
from tinyteach.virtual.at.compiled import UnusableModelError, examine, original_of, remember
from tinyteach.virtual.at.faults import Faults
from tinyteach.virtual.at.flash import MODEL_ADDRESS
from tinyteach.virtual.at.module import VirtualModule
from tinyteach.virtual.at.npu import LoadedModel, nearest, rounded, truncated

RED = np.full((240, 240, 3), (200, 100, 30), np.uint8)
# Of 256: 78.1, 39.06 and 11.7 percent.
EL_SCORES, MA_SCORES = [[78, 0], [39, 1], [11, 2]], [[78, 0], [39, 1], [12, 2]]


def module_with(content: bytes, dialect="el", **how) -> VirtualModule:
    """A module that has a model in its flash and sees red."""
    module = VirtualModule(dialect, bytes_per_second=None, **how)
    module.flash.write(MODEL_ADDRESS, content)
    module.show(RED)
    return module


def test_el_tells_scores_cut_off_to_percent_above_its_threshold():
    with module_with(remembered()) as module, started(module) as terminal:
        model, reply, event = terminal.messages(3, "AT+INVOKE=-1,0,1")
        assert (model["name"], model["code"]) == ("MODEL", 0)
        assert reply["data"]["algorithm"]["config"] == {"tscore": 50}
        assert event["data"] == {
            **{"count": 1, "perf": [6, 33, 0], "classes": [[78, 0]]},
            **{"resolution": [240, 240]},
        }
        terminal.type("AT+TSCORE=1\r")
        terminal.until(b'"TSCORE"')
        terminal.until(b"}\n")
        assert terminal.messages(1)[0]["data"]["classes"] == EL_SCORES


def test_el_knows_a_threshold_only_while_it_recognises():
    with module_with(remembered()) as module, started(module) as terminal:
        assert terminal.ask("AT+TSCORE=1")["code"] == 5
        terminal.messages(3, "AT+INVOKE=1,0,1")


def test_ma_tells_rounded_scores_and_has_a_threshold_from_the_start():
    with module_with(remembered(), "ma") as module, started(module) as terminal:
        assert terminal.ask("AT+TSCORE?")["data"] == 25
        assert terminal.ask("AT+TSCORE=1")["data"] == 1
        reply, event = terminal.messages(2, "AT+INVOKE=1,0,0")
        assert reply["data"]["models"][0]["address"] == MODEL_ADDRESS
        assert list(event["data"]) == [
            *("count", "image", "classes", "perf", "rotation", "width", "height"),
        ]
        assert event["data"]["classes"] == MA_SCORES
        _, event = terminal.messages(2, "AT+INVOKE=1,1")
        assert "image" not in event["data"]


def test_hx_recognises_unasked():
    with module_with(remembered(), "hx") as module, Terminal(module.port) as terminal:
        terminal.until(b'"algo_tick"')
        said = terminal.until(b"}\n")
        assert str(EL_SCORES).encode() in said


def test_faults_of_results():
    with (
        module_with(remembered(), "ma", faults=Faults(unit_scores=True)) as module,
        started(module) as terminal,
    ):
        _, event = terminal.messages(2, "AT+INVOKE=1,1")
        assert event["data"]["classes"] == [[0.78125, 0], [0.390625, 1]]
        module.faults.empty_classes = True
        _, event = terminal.messages(2, "AT+INVOKE=1,1")
        assert event["data"]["classes"] == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (compiled_model(operator=b"other"), "not all of it is for the NPU"),
        (colour_model(), "not all of it is for the NPU"),
        (compiled_model(), "compiled from"),
        (compiled_model()[:2000], "damaged or cut short"),
        (b"\0\0\0\0TFL3" + b"\xff" * 100, "damaged or cut short"),
    ],
)
@pytest.mark.parametrize("dialect", ["el", "ma"])
def test_what_cannot_be_loaded_is_refused(content, why, dialect):
    remember(colour_model(), colour_model())
    with module_with(content, dialect) as module, started(module) as terminal:
        said = terminal.messages({"el": 3, "ma": 2}[dialect], "AT+INVOKE=-1,0,0")
        assert said[0]["type"] == 2 and why in said[0]["data"]
        assert said[-1]["code"] == {"el": 5, "ma": 2}[dialect]
        assert terminal.rest() == b""


@pytest.mark.parametrize("dialect", ["el", "ma"])
def test_outputs_that_are_no_classes_are_refused(dialect):
    content = remembered(output=(1, 1, 1, CLASSES))
    with module_with(content, dialect) as module, started(module) as terminal:
        said = terminal.messages({"el": 2, "ma": 1}[dialect], "AT+INVOKE=-1,0,0")
        assert said[-1]["code"] == {"el": 5, "ma": 8}[dialect]


@pytest.mark.parametrize("dialect", ["el", "ma"])
def test_commands_for_another_npu_fail_when_they_are_run(dialect):
    content = remembered(config_word=0x1008)
    with module_with(content, dialect) as module, started(module) as terminal:
        said = terminal.messages({"el": 3, "ma": 2}[dialect], "AT+INVOKE=-1,0,0")
        assert (said[-1]["type"], said[-1]["code"]) == (1, 2)
        assert said[-1]["data"] == {"count": 1}
        assert terminal.rest() == b""


def test_pairs_are_found_by_their_bytes_and_the_oldest_are_forgotten(monkeypatch):
    monkeypatch.setattr(compiled, "PAIRS_MAX", 2)
    contents = [compiled_model(filler_bytes=size) for size in (100, 200, 300)]
    for number, content in enumerate(contents):
        remember(content, bytes([number]))
    assert original_of(contents[2] + b"\xff" * 99) == b"\2"
    assert original_of(contents[1]) == b"\1" and original_of(contents[0]) is None
    assert len(list((paths.state_dir() / "virtual" / "compiled").iterdir())) == 2


def test_the_last_pair_stays_where_a_clock_was_set_back(monkeypatch):
    monkeypatch.setattr(compiled, "PAIRS_MAX", 2)
    contents = [compiled_model(filler_bytes=size) for size in (100, 200, 300)]
    for number, content in enumerate(contents):
        remember(content, bytes([number]))
        for path in compiled._by_age(compiled._folder()):
            os.utime(path, (4e9 - number, 4e9 - number))
        assert original_of(content) == bytes([number])


def test_config_word_is_read_from_the_npu_s_commands():
    assert examine(compiled_model(config_word=0x1008)).config_word == 0x1008
    with pytest.raises(UnusableModelError):
        examine(b"")


def test_model_sees_the_whole_frame_by_nearest_neighbour():
    frame = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
    view = nearest(frame, 96, 64)
    for row, column in ((0, 0), (95, 63), (40, 11)):
        assert (view[row, column] == frame[row * 240 // 96, column * 320 // 64]).all()
    means = LoadedModel(remembered()).probabilities(RED)
    assert means == [200 / 256, 100 / 256, 30 / 256]


def test_scores_that_are_equal_come_later_id_first():
    assert truncated([0.5, 0.9, 0.5], 1) == [[90, 1], [50, 2], [50, 0]]
    assert rounded([0.5, 0.9, 0.5], 1) == [[90, 1], [50, 2], [50, 0]]
    assert truncated([255 / 256], 50) == [[99, 0]]
    assert rounded([255 / 256], 50) == [[100, 0]]
    assert truncated([0.5], 50) == [] and rounded([0.25], 25) == []
