"""Teaching on the board: the head it makes of frames is, bit for bit, the reference's."""

import time

import numpy as np
import pytest

from alone import Shown, fields_of, let_rest, reading, wait_for_reset
from paired import (
    deploy,
    deploy_after,
    scores_of,
    teach,
    until_power_is_lost,
    views_of,
    without_examples,
)
from reference_prototype import prototype_head
from slices import soak
from tinyteach.device.repl.pairing import await_agent
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.preprocess import to_tensor
from tinyteach.embedding.runtime import load_embedding
from tinyteach.errors import BoardRefusedError
from tinyteach.head.format.examples import Examples
from tinyteach.head.format.head_file import load_head
from tinyteach_protocol import errors, messages

from .conftest import ARCHS

CLASSES = ("cat", "coffee", "rocket")
FRAMES, FEW = 10, 3
SWITCHING = 8  # operations


def head_of(client):
    """The head at work, read from the board and checked."""
    return load_head(client.read_head(client.teach(messages.TEACH_LIST).size))


@pytest.fixture(scope="module", autouse=True)
def resting(board):
    let_rest(board)


@pytest.fixture(scope="module")
def embedding():
    return load_embedding()


@pytest.fixture(scope="module")
def views():
    return {name: views_of(name, FRAMES, side=96) for name in CLASSES}


@pytest.fixture(scope="module")
def features(embedding, views):
    """int8 features of each class's views, by the reference kernels."""
    return {
        name: embedding.embed(np.stack([to_tensor(view, embedding.side) for view in of_class]))
        for name, of_class in views.items()
    }


def reference(embedding, features, names=CLASSES, frames=FEW):
    vectors = [features[name][:frames] for name in names]
    return prototype_head(Examples((*vectors, vectors[0][:0])), names, embedding)


def teach_all(client, views, frames):
    """Teach the three classes, nothing else known."""
    for number, name in enumerate(CLASSES):
        answer = teach(client, name, views[name][:frames], afresh=number == 0)
    assert (answer.labels, answer.counts) == (list(CLASSES), bytes([frames] * 3))


@pytest.fixture
def taught(client, embedding, features):
    """The session, with the head that comes of teaching the three classes by a few frames."""
    client.upload(messages.HEAD, reference(embedding, features))
    client.commit()
    return client


@pytest.mark.parametrize("arch", ARCHS)
def test_the_head_is_the_reference_s(switch_on, embedding, views, features, arch):
    expected = reference(embedding, features)
    with switch_on(arch) as board:
        with BoardClient(board.port) as client:
            teach_all(client, views, FEW)
            assert head_of(client).content == expected
        board.cut_power_now()
        board.power_on()
        with BoardClient(board.port) as client:
            assert head_of(client).content == expected
            assert client.info().labels == list(CLASSES)
            for name in CLASSES:
                (view,) = views_of(name, 1, seed=77, side=96)
                assert_recognised(client, load_head(expected), embedding, view, name)


def assert_recognised(client, head, embedding, view, name):
    """A view is taken for what it is, by the scores that the head has on the computer."""
    scores = scores_of(client, view)
    vector = embedding.embed(to_tensor(view, embedding.side)[None])
    assert scores == head.scores(vector)[0].tobytes()
    assert CLASSES[head.best(np.frombuffer(scores, np.int8))[0]] == name


# Going on from what the board knows


def test_a_deployed_head_is_gone_on_from(client, trained_heads, embedding, views, features):
    """Its classes stay, by the examples that it carries; rolling back undoes it."""
    deployed = trained_heads[0]
    deploy(client, deployed)
    answer = teach(client, "rocket", views["rocket"][:FEW])
    assert answer.labels == ["cat", "coffee", "rocket"]
    own = deployed.examples
    assert answer.counts == bytes([*own.counts[:2], FEW])
    vectors = (*own.vectors[:2], features["rocket"][:FEW], own.vectors[2])
    assert head_of(client).content == prototype_head(Examples(vectors), CLASSES, embedding)
    assert client.rollback().fingerprint == deployed.fingerprint
    assert client.teach(messages.TEACH_LIST).labels == ["cat", "coffee"]
    assert head_of(client).content == deployed.content


def test_more_frames_of_a_class(taught, embedding, views, features):
    more = views_of("coffee", 3, seed=5, side=96)
    answer = teach(taught, "coffee", more)
    assert answer.counts == bytes([FEW, FEW + 3, FEW])
    of_more = embedding.embed(np.stack([to_tensor(view, embedding.side) for view in more]))
    grown = {name: rows[:FEW] for name, rows in features.items()}
    grown["coffee"] = np.concatenate([grown["coffee"], of_more])
    assert head_of(taught).content == reference(embedding, grown, frames=2 * FEW)


def test_a_class_is_forgotten(taught, embedding, features):
    answer = taught.teach(messages.TEACH_FORGET, "coffee")
    assert answer.labels == ["cat", "rocket"]
    assert head_of(taught).content == reference(embedding, features, ("cat", "rocket"))
    taught.teach(messages.TEACH_FORGET, "cat")
    assert refusal(taught, messages.TEACH_FORGET, "rocket") == errors.BAD_VALUE  # the last one
    assert taught.info().labels == ["rocket"]


def test_one_class_against_everything_else(client, views):
    teach(client, "cat", views["cat"][:FEW], afresh=True)
    scores = np.frombuffer(scores_of(client, views["cat"][0]), np.int8)
    assert scores[0] > 100 and len(scores) == 2
    client.send_image(views["rocket"][0].tobytes(), 96, messages.RGB888)
    assert client.run(messages.SOURCE_IMAGE).known == 0


def test_the_camera_teaches_too(client, board, embedding):
    """And the frame last grabbed; the head is made of what the camera saw."""
    seen = []
    client.teach(messages.TEACH_AFRESH, "cat")
    for view in views_of("cat", 2):
        board.show(view)
        client.teach(messages.TEACH_FRAME)
        tensor = client.read(messages.TENSOR, embedding.side**2 * 3)
        seen.append(np.frombuffer(tensor, np.int8).reshape(embedding.side, embedding.side, 3))
    client.grab()
    client.teach(messages.TEACH_FRAME, source=messages.SOURCE_FRAME)
    client.teach(messages.TEACH_LEARN)
    vectors = embedding.embed(np.stack([*seen, seen[-1]]))
    assert head_of(client).content == reference(embedding, {"cat": vectors}, ("cat",))


# Refused


def refusal(client, action, label="", source=messages.SOURCE_IMAGE):
    with pytest.raises(BoardRefusedError) as refused:
        client.teach(action, label, source)
    return refused.value.code


def test_a_head_without_examples_is_begun_afresh_only(client, trained_heads, views):
    client.upload(messages.HEAD, without_examples(trained_heads[0]))
    client.commit()
    answer = client.teach(messages.TEACH_LIST)
    assert (answer.labels, answer.counts) == (["cat", "coffee"], bytes(2))
    assert refusal(client, messages.TEACH_BEGIN, "rocket") == errors.NO_OBJECT
    assert refusal(client, messages.TEACH_FORGET, "cat") == errors.NO_OBJECT
    assert teach(client, "rocket", views["rocket"][:2], afresh=True).labels == ["rocket"]


@pytest.mark.parametrize("label", ["", "unknown", "two\nlines", "ä" * 32])
def test_labels_that_cannot_be(client, label):
    assert refusal(client, messages.TEACH_BEGIN, label) == errors.BAD_VALUE


def test_steps_out_of_order(client, trained_heads, views):
    deploy(client, trained_heads[0])
    assert refusal(client, messages.TEACH_FRAME) == errors.NO_OBJECT
    assert refusal(client, messages.TEACH_LEARN) == errors.NO_OBJECT
    client.teach(messages.TEACH_BEGIN, "rocket")
    assert refusal(client, messages.TEACH_LEARN) == errors.NO_OBJECT
    client.send_image(views["rocket"][0].tobytes(), 96, messages.RGB888)
    assert client.teach(messages.TEACH_FRAME, source=messages.SOURCE_IMAGE).waiting == 1
    # Frames go on from the head that they were begun with, and are void beside another.
    deploy(client, trained_heads[1])
    assert client.teach(messages.TEACH_LIST).waiting == 0
    assert refusal(client, messages.TEACH_LEARN) == errors.NO_OBJECT
    assert refusal(client, 99) == errors.BAD_VALUE


def test_a_full_class(client, views, features, embedding):
    """Frames that the head knows and those that wait are counted together."""
    rows = np.tile(features["cat"], (4, 1))
    known = Examples((rows[:32], rows[:30], rows[:0]))
    client.upload(messages.HEAD, prototype_head(known, ("cat", "coffee"), embedding))
    client.commit()
    assert refusal(client, messages.TEACH_BEGIN, "cat") == errors.BAD_VALUE
    client.teach(messages.TEACH_BEGIN, "coffee")
    client.send_image(views["coffee"][0].tobytes(), 96, messages.RGB888)
    for _ in range(2):
        client.teach(messages.TEACH_FRAME, source=messages.SOURCE_IMAGE)
    assert refusal(client, messages.TEACH_FRAME) == errors.BAD_VALUE
    assert client.teach(messages.TEACH_LEARN).counts == bytes([32, 32])


@pytest.mark.soak  # test_deploying.py has a head that does not fit
def test_a_full_flash_keeps_the_head_that_was(switch_on, views):
    with switch_on("i386") as board:
        fill_flash(board, 1_290_000)
        with BoardClient(board.port) as client:
            teach(client, "cat", views["cat"], afresh=True)
            before = client.info().head
            code = None
            for number in range(10):
                try:
                    teach(client, f"class {number}", views["coffee"] * 3)
                except BoardRefusedError as error:
                    code = error.code
                    break
                before = client.info().head
            assert code == errors.NO_SPACE and number > 0
            assert client.info().head == before and client.info().state == ""
            assert scores_of(client, views["cat"][0])


def fill_flash(board, size):
    await_agent(board.port, "").close()
    with raw_repl(board.port) as repl:
        repl.run(
            f"with open('/filler', 'wb') as file:\n    for _ in range({size} // 4096):\n"
            "        file.write(bytes(4096))\n"
        )
        repl.reset()
    wait_for_reset(board)


# Interrupted


def operations_of_teaching(board, head, views):
    """Flash operations of a class that is taught beside those of a head."""
    with BoardClient(board.port) as session:
        deploy(session, head)
        first = board.memory.block_operations
        teach(session, "rocket", views)
        return board.memory.block_operations - first


@pytest.mark.parametrize("cuts", [(2, 5), soak((12, 1))])
def test_power_cut_while_teaching(switch_on, trained_heads, views, features, embedding, cuts):
    """While it records and learns; the board then has the old head or the new one.

    Every other time the operation is half done. ``cuts``: how many while frames and the head are
    written, where one operation is as the next, and of how many of the last operations one: how
    heads are switched is cut in each by `test_deploying`.
    """
    old = trained_heads[0]
    own = old.examples
    two = Examples((*own.vectors[:2], features["rocket"][:2], own.vectors[2]))
    new = load_head(prototype_head(two, CLASSES, embedding))
    square = views["rocket"][5]
    vector = embedding.embed(to_tensor(square, embedding.side)[None])
    scores = {head.fingerprint: head.scores(vector)[0].tobytes() for head in (old, new)}
    with switch_on("i386") as board:
        total = operations_of_teaching(board, old, views["rocket"][:2])
        switching = total - SWITCHING
        writing = range(0, switching, switching // cuts[0])
        for number, operation in enumerate([*writing, *range(switching, total + 9, cuts[1])]):
            with BoardClient(board.port) as session:
                deploy_after(session, trained_heads[1], old)
            board.cut_power(operation, torn=number % 2 == 1)
            completed = until_power_is_lost(
                board, lambda session: teach(session, "rocket", views["rocket"][:2])
            )
            board.cut_power(-1)
            if completed:
                break
            board.power_on()
            with BoardClient(board.port) as session:
                info = session.info()
                assert info.state == ""
                assert info.head in scores, operation
                assert scores_of(session, square) == scores[info.head]
                # What waits, waits for the head that is at work, or is nothing.
                waiting = session.teach(messages.TEACH_LIST).waiting
                assert waiting <= (2 if info.head == old.fingerprint else 0)
        assert completed
        with BoardClient(board.port) as session:
            assert head_of(session).content == new.content


# Without a host


PIN = 9  # of the button, which is down when high


def hold_button(board, view):
    """Hold it before the camera for some frames; what the board prints of that until it learnt."""
    shown = Shown([view])
    board.show_source(shown)
    with reading(board) as next_line:
        board.memory.set_pin(PIN, 1)
        shown.wait(4)  # the first may be one that it took before it saw the button
        board.memory.set_pin(PIN, 0)
        return fields_of(next_line(_holds("recorded"))), fields_of(next_line(_holds("learnt")))


def _holds(word):
    return lambda line: word in line


@pytest.mark.soak  # a press is in the one below
def test_a_press_while_it_learns_means_the_next_class(switch_on):
    with switch_on("i386") as board:
        with BoardClient(board.port) as client:
            client.teach(messages.TEACH_BUTTON, "9 1\ncat\ncoffee")
        shown = Shown(views_of("cat", 2))
        board.show_source(shown)
        with reading(board) as next_line:
            for name in ("cat", "coffee"):
                board.memory.set_pin(PIN, 1)
                shown.wait(4)
                board.memory.set_pin(PIN, 0)
                # As soon as this is printed it learns, and the next press comes.
                assert fields_of(next_line(_holds("recorded")))["recorded"] == name


def press_shortly(board, seconds):
    board.memory.set_pin(PIN, 1)
    time.sleep(seconds)
    board.memory.set_pin(PIN, 0)


def test_a_button_teaches_the_classes_in_line(switch_on):
    with switch_on("i386") as board:
        with BoardClient(board.port) as client:
            client.teach(messages.TEACH_BUTTON, "9 1\ncat\ncoffee")
        for turn, name in enumerate(["cat", "coffee", "cat"]):
            recorded, learnt = hold_button(board, views_of(name, 1, seed=turn)[0])
            assert recorded["recorded"] == learnt["learnt"] == name and recorded["frames"] > 0
            if turn == 0:  # whose turn it is outlives the power
                board.cut_power_now()
                board.power_on()
                BoardClient(board.port).close()
        press_shortly(board, 0.1)  # too short to be meant
        with BoardClient(board.port) as client:
            assert client.info().labels == ["cat", "coffee"]
            assert client.teach(messages.TEACH_LIST).counts[0] > recorded["frames"]
            assert refusal(client, messages.TEACH_BUTTON, "900 0") == errors.BAD_VALUE
            client.teach(messages.TEACH_BUTTON, "")
            before = client.info().head
        press_shortly(board, 1.0)
        with BoardClient(board.port) as client:
            assert client.info().head == before
