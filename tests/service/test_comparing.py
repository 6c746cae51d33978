"""Which layer differs: faults planted in a board's kernels, each named with its place."""

import pytest

from paired import deploy, other_embedding, views_of
from planted_kernels import FLIPPED_ROUNDING, REQUANTISE, plant
from slices import soak
from tinyteach.data.project import Project
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.layers import Layers
from tinyteach.embedding.preprocess import to_tensor
from tinyteach.embedding.runtime import load_embedding
from tinyteach.errors import BoardRefusedError, LinkError, ModelError
from tinyteach.service.heads.comparing import compare
from tinyteach.service.heads.difference import EMBEDDING, FEATURES, HEAD, PREPROCESSING, SCORES
from tinyteach_protocol import errors, messages

SIDE = 64
STEPS = "    for step in interpreter.steps[: count or None]:\n"
OUT = "                out[c] = x\n            c += 1\n        totals"
ELEMENTWISE = "agent/tflite/viper_elementwise.py"
AVERAGING = "agent/vision/kernels_viper.py"
RECOGNISER = "agent/recogniser.py"


@pytest.fixture(scope="module")
def photo():
    return "cat.png", views_of("cat", 1)[0]


def quiet(*_):
    """A progress callback that shows nothing."""


def compared(board, photo, project=None):
    with BoardClient(board.port) as client:
        return compare(client, photo, project, quiet)


def first_of(board, photo, *changes):
    """The difference that is named with these faults on the board."""
    plant(board, *changes)
    found = compared(board, photo)
    assert not found.agrees and found.difference
    assert found.sentence().endswith("."), found.sentence()
    return found


@pytest.fixture
def taught(with_head):
    """A board with a head at work."""
    with with_head() as board:
        yield board


def layers_here(photo, head):
    """Each operator of embedding and head, with its result here."""
    embedding = Layers(load_embedding().content)
    results = embedding.run(to_tensor(photo[1], SIDE))
    of_head = Layers(head.content)
    return (
        list(zip(embedding.operators, results, strict=True)),
        list(zip(of_head.operators, of_head.run(results[-1].reshape(-1)), strict=True)),
    )


@pytest.mark.parametrize("arch", ["i386", soak("amd64")])
def test_all_is_equal(switch_on, trained_heads, photo, arch):
    with switch_on(arch) as board:
        without_head = compared(board, photo)
        with BoardClient(board.port) as client:
            deploy(client, trained_heads[0])
        found = compared(board, photo)
    assert without_head.agrees and without_head.head is None
    assert without_head.tensors == 1 + 13 + 1 and "no head at work" in without_head.sentence()
    assert found.agrees and found.head == trained_heads[0].fingerprint.hex()
    assert found.tensors == 1 + 13 + 7 + 2
    assert "agree in all 23 tensors" in found.sentence() and "cat.png" in found.sentence()


def test_the_camera_and_what_is_drawn(switch_on, photo):
    with switch_on("i386") as board:
        board.show(photo[1])
        assert compared(board, None).views == ["what the camera sees"]
    with switch_on("i386", camera=False) as board:
        found = compared(board, None)
    assert found.agrees and len(found.views) == 5 and "the drawn cat" in found.views
    assert found.tensors == 5 * 15


def test_preprocessing(taught, photo):
    change = "out[i] = ((totals[i] + half) // area) ^ 128"
    found = first_of(taught, photo, (AVERAGING, change, change.replace("128", "129")))
    difference = found.difference
    square = to_tensor(photo[1], SIDE)
    assert (difference.stage, difference.operator) == (PREPROCESSING, None)
    assert difference.place == [0, 0, 0] and difference.shape == [SIDE, SIDE, 3]
    assert difference.computer == square[0, 0, 0] and difference.board == square[0, 0, 0] ^ 1
    assert difference.values == SIDE * SIDE * 3
    words = f"preprocessing (64×64×3): row 0, column 0, channel 0 is {difference.board} on"
    assert f"differ first in {words}" in found.sentence()


def test_a_flipped_rounding(taught, trained_heads, photo):
    found = first_of(taught, photo, FLIPPED_ROUNDING)
    operator, here = layers_here(photo, trained_heads[0])[0][0]
    difference = found.difference
    assert (difference.stage, difference.operator) == (EMBEDDING, 1)
    assert (difference.kernel, tuple(difference.shape)) == ("conv_2d", operator.shape)
    assert difference.computer == here[tuple(difference.place)] == difference.board + 1
    assert 0 < difference.values < here.size
    assert "operator 1 of the embedding (conv_2d, 32×32×8): row " in found.sentence()


@pytest.mark.parametrize("channels, number", [(16, 2), (32, 5), (64, 8)])
def test_a_fault_in_the_middle(taught, trained_heads, photo, channels, number):
    """Of one value of a later operator, which the first operators of so many channels make."""
    fault = f"                if channels == {channels} and n == 5 and c == 7:\n"
    fault += f"                    x = 0 - 1 - x\n{OUT}"
    found = first_of(taught, photo, (REQUANTISE, OUT, fault)).difference
    (here,) = (r for o, r in layers_here(photo, trained_heads[0])[0] if o.number == number)
    assert (found.stage, found.operator, found.kernel) == (EMBEDDING, number, "conv_2d")
    assert found.place[2] == 7 and found.values >= 1
    assert found.computer == here[tuple(found.place)] and found.board == -1 - found.computer


def test_an_addition(taught, photo):
    end = "\n\n@micropython.viper\ndef mul("
    difference = first_of(taught, photo, (ELEMENTWISE, end, FLIPPED + end)).difference
    assert (difference.stage, difference.operator, difference.kernel) == (EMBEDDING, 4, "add")
    assert difference.place == [0, 0, 3] and difference.values == 1
    assert abs(difference.board - difference.computer) == 1


AFTER_MUL = "\n\n@micropython.viper\ndef fill("
FLIPPED = "    out = ptr8(op.target)\n    out[3] = out[3] ^ 1\n"
IN_THE_HEAD = {
    "softmax": (8, ELEMENTWISE, "out[i] = score ^ 128\n", "out[i] = score ^ 129\n"),
    "mul": (5, ELEMENTWISE, AFTER_MUL, FLIPPED + AFTER_MUL),
    "fully_connected": (
        1,
        REQUANTISE,
        "        if total < 0:\n",
        "        x += 1\n        if total < 0:\n",
    ),
}


@pytest.mark.parametrize("kernel", ["softmax", "mul", "fully_connected"])
def test_in_the_head(taught, trained_heads, photo, kernel):
    """Also where its self-test fails then, so that it is not at work once the board has started."""
    number, *change = IN_THE_HEAD[kernel]
    found = first_of(taught, photo, change)
    assert found.self_test_failed == (kernel == "softmax")
    assert found.head == trained_heads[0].fingerprint.hex()
    difference = found.difference
    assert (difference.stage, difference.operator, difference.kernel) == (HEAD, number, kernel)
    (here,) = (r for o, r in layers_here(photo, trained_heads[0])[1] if o.number == number)
    assert difference.shape == list(here.shape)
    assert difference.computer == here[tuple(difference.place)] != difference.board
    assert f"operator {number} of the head ({kernel}, {here.size}): value " in found.sentence()


A_RUN = {
    FEATURES: (
        "        self.embedding.invoke()\n",
        "        self.output.data[5] ^= 1\n",
        "value 5 is ",
    ),
    SCORES: (
        "        self.has_scores = True\n",
        "        interpreter.output.data[1] ^= 1\n",
        "coffee is ",
    ),
}


@pytest.mark.parametrize("stage", [FEATURES, SCORES])
def test_what_only_a_whole_run_shows(taught, photo, stage):
    before, fault, where = A_RUN[stage]
    found = first_of(taught, photo, (RECOGNISER, before, before + fault))
    difference = found.difference
    assert (difference.stage, difference.operator, difference.values) == (stage, None, 1)
    assert difference.place == [5 if stage == FEATURES else 1]
    assert "does not always compute the same: " + where in found.sentence()


def test_what_comes_right_the_second_time(taught, photo):
    """A check sum that differs, of a tensor that does not."""
    fault = "    if not count and not is_head:\n        sums[4] ^= 1\n    if count:\n"
    found = first_of(taught, photo, ("agent/trace.py", "    if count:\n", fault))
    difference = found.difference
    assert (difference.stage, difference.operator, difference.place) == (EMBEDDING, 2, None)
    assert "computed otherwise once and rightly then" in found.sentence()


def test_an_agent_that_knows_no_trace(taught, photo):
    plant(taught, ("tinyteach_protocol/messages.py", "    TRACE: (", "    0x1F: ("))
    with pytest.raises(BoardRefusedError, match="pair the board again to update its agent"):
        compared(taught, photo)


@pytest.mark.parametrize("steps", ["[1:]", "+ interpreter.steps"])
def test_an_agent_of_other_steps(taught, photo, steps):
    plant(taught, ("agent/trace.py", STEPS, STEPS.replace("[: count or None]", steps)))
    with pytest.raises(LinkError, match="'tinyteach pair' to bring its agent to this version"):
        compared(taught, photo)


def test_a_head_that_was_refused(switch_on, trained_heads, photo, tmp_path):
    """The board has none; the project's is sent for the comparison, and nothing of it stays."""
    project = Project.create(tmp_path / "project")
    project.head_path.parent.mkdir()
    project.head_path.write_bytes(trained_heads[0].content)
    with switch_on("i386") as board:
        alike = compared(board, photo, project)
        plant(board, IN_THE_HEAD["softmax"][1:])
        with BoardClient(board.port) as client:
            with pytest.raises(BoardRefusedError) as refused:
                deploy(client, trained_heads[0])
            assert refused.value.code == errors.SELF_TEST_FAILED
        found = compared(board, photo, project)
        with BoardClient(board.port) as client:
            info = client.info()
        with raw_repl(board.port) as repl:
            left = repl.evaluate("import os, json\nprint(json.dumps(os.listdir('/tinyteach')))")
    assert alike.agrees and "scores of the project's head, which it has not" in alike.sentence()
    assert (found.difference.stage, found.difference.operator) == (HEAD, 8)
    assert not info.head and info.state == "" and not any("incoming" in name for name in left)


def test_an_embedding_of_ones_own(switch_on, photo, tmp_path):
    """It is the project's, or there is nothing to compare with."""
    (tmp_path / "own.tflite").write_bytes(other_embedding())
    project = Project.create(tmp_path / "project", embedding=str(tmp_path / "own.tflite"))
    with switch_on("i386") as board:
        with BoardClient(board.port) as client:
            client.upload(messages.EMBEDDING, other_embedding())
            client.commit()
        assert compared(board, photo, project).agrees
        with pytest.raises(ModelError, match="name the project that it is of, with --project"):
            compared(board, photo)
