"""A head reaches the board whole or not at all; until the end the old one is at work."""

import itertools
import shutil
from hashlib import sha256

import numpy as np
import pytest

from paired import deploy, deploy_after, scores_of, until_power_is_lost, views_of, without_examples
from slices import soak
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.runtime import EMBEDDING_FILE, load_embedding
from tinyteach.errors import BoardRefusedError, LinkError
from tinyteach.head.format.head_file import load_head, with_threshold
from tinyteach.service.heads.recognition import Reference
from tinyteach.virtual.board import VirtualBoard
from tinyteach_protocol import errors, messages


@pytest.fixture(scope="module")
def square():
    return views_of("coffee", 1, seed=9)[0]


@pytest.fixture
def old_at_work(client, trained_heads):
    """The session, with the first head at work and nothing else on the board."""
    deploy(client, trained_heads[0])
    return client


def at_work(board):
    """Fingerprint of the head at work after the board has started."""
    with BoardClient(board.port) as session:
        info = session.info()
        assert info.state == ""
        return info.head


# Whole and checked


def test_head_is_at_work_at_once_and_after_power_on(board, trained_heads, square):
    old, new = trained_heads
    with BoardClient(board.port) as session:
        for head in (old, new):
            assert deploy(session, head).fingerprint == head.fingerprint
            assert session.info().labels == list(head.labels)
        scores = scores_of(session, square)
    board.cut_power_now()
    board.power_on()
    with BoardClient(board.port) as session:
        assert session.welcome.capabilities & messages.CAP_HEAD_ACTIVE
        assert session.info().previous_head == old.fingerprint
        assert scores_of(session, square) == scores


def test_a_head_brings_its_own_threshold(client, trained_heads, square):
    deploy(client, trained_heads[0])
    client.set_threshold(3)
    strict = with_threshold(trained_heads[1], 200)
    deploy(client, strict)
    assert client.info().threshold == 200
    client.send_image(square.tobytes(), square.shape[0], messages.RGB888)
    answer = client.run(messages.SOURCE_IMAGE)
    scores = np.frombuffer(answer.scores, np.int8)
    assert len(scores) == len(trained_heads[1].labels) + 1  # and one for anything else
    assert (answer.top, bool(answer.known)) == strict.best(scores)


def test_threshold_needs_a_head(switch_on):
    with switch_on("i386") as board, BoardClient(board.port) as session:
        with pytest.raises(BoardRefusedError) as refused:
            session.set_threshold(100)
        assert refused.value.code == errors.NO_HEAD


def damaged(head):
    """Files that must be refused, each with the code for it."""
    card = head.content.index(b"TTH2")
    other_embedding = bytearray(head.content)
    other_embedding[card + 4] ^= 1
    vectors = head.self_tests
    last = vectors.features[-1].tobytes() + vectors.scores[-1].tobytes()
    wrong_score = bytearray(head.content)
    wrong_score[head.content.rindex(last) + len(last) - 1] ^= 0x40
    return {
        "truncated": (head.content[: len(head.content) // 2], errors.BAD_MODEL),
        "one byte": (b"\x00", errors.BAD_MODEL),
        "noise": (np.random.default_rng(3).bytes(5000), errors.BAD_MODEL),
        "other embedding": (bytes(other_embedding), errors.WRONG_EMBEDDING),
        "failing self-test": (bytes(wrong_score), errors.SELF_TEST_FAILED),
        "foreign model": (EMBEDDING_FILE.read_bytes(), errors.BAD_MODEL),
    }


def test_bad_file_leaves_the_old_head_at_work(old_at_work, board, trained_heads, square):
    before = scores_of(old_at_work, square)
    old_at_work.set_threshold(7)
    for case, (content, code) in damaged(trained_heads[1]).items():
        old_at_work.upload(messages.HEAD, content)
        with pytest.raises(BoardRefusedError) as refused:
            old_at_work.commit()
        assert refused.value.code == code and str(refused.value).endswith("."), case
        assert scores_of(old_at_work, square) == before, case
        assert old_at_work.info().threshold == 7, case
    old_at_work.close()
    board.reset()
    assert at_work(board) == trained_heads[0].fingerprint


def open_head(client, content, digest):
    return client.request(
        messages.OPEN, object=messages.HEAD, size=len(content), sha256=digest, side=0,
        pixel_format=0,
    )  # fmt: skip


def test_wrong_hash_is_refused_and_forgotten(old_at_work, trained_heads, square):
    content = trained_heads[1].content[:300]
    before = scores_of(old_at_work, square)
    for _ in range(2):
        assert open_head(old_at_work, content, bytes(32)).offset == 0
        old_at_work.request(messages.WRITE, offset=0, data=content)
        with pytest.raises(BoardRefusedError) as refused:
            old_at_work.commit()
        assert refused.value.code == errors.BAD_HASH
    assert scores_of(old_at_work, square) == before


def test_file_that_does_not_fit_the_flash(old_at_work, trained_heads):
    with pytest.raises(BoardRefusedError) as refused:
        old_at_work.request(
            messages.OPEN, object=messages.HEAD, size=64 << 20, sha256=bytes(32), side=0,
            pixel_format=0,
        )  # fmt: skip
    assert refused.value.code == errors.NO_SPACE
    assert old_at_work.info().head == trained_heads[0].fingerprint


def test_commit_without_upload(client):
    with pytest.raises(BoardRefusedError) as refused:
        client.commit()
    assert refused.value.code == errors.NO_OBJECT


def test_abort_forgets_what_came(old_at_work, trained_heads):
    content = trained_heads[1].content
    open_head(old_at_work, content, sha256(content).digest())
    old_at_work.request(messages.WRITE, offset=0, data=content[:512])
    old_at_work.request(messages.ABORT)
    assert open_head(old_at_work, content, sha256(content).digest()).offset == 0


# The embedding


def test_embedding_again_keeps_the_head(old_at_work, trained_heads, square):
    before = scores_of(old_at_work, square)
    old_at_work.upload(messages.EMBEDDING, EMBEDDING_FILE.read_bytes())
    old_at_work.commit()
    assert old_at_work.info().head == trained_heads[0].fingerprint
    assert scores_of(old_at_work, square) == before


def test_bad_embedding_leaves_the_old_one(old_at_work, trained_heads, square):
    """Not a head either, which is a whole model of another kind."""
    before = scores_of(old_at_work, square)
    whole = EMBEDDING_FILE.read_bytes()
    for content in (whole[:90_000], b"TFL3", trained_heads[1].content):
        old_at_work.upload(messages.EMBEDDING, content)
        with pytest.raises(BoardRefusedError) as refused:
            old_at_work.commit()
        assert refused.value.code == errors.BAD_MODEL
        assert old_at_work.info().embedding == sha256(whole).digest()
        assert scores_of(old_at_work, square) == before


def test_other_embedding_says_that_the_head_is_stale(switch_on, trained_heads):
    with switch_on("i386") as board, BoardClient(board.port) as session:
        deploy(session, trained_heads[0])
        session.upload(messages.EMBEDDING, EMBEDDING_FILE.read_bytes() + bytes(16))
        session.commit()
        assert "train and deploy again" in session.info().state
        with pytest.raises(BoardRefusedError) as refused:
            session.run(messages.SOURCE_CAMERA)
        assert refused.value.code == errors.NO_HEAD
        board.reset()
    with switch_on("i386") as board, BoardClient(board.port) as session:
        assert session.run(messages.SOURCE_CAMERA, messages.STAGE_PREPROCESS).tensor_crc32


# Back and again


def test_rollback_and_rollback_again(client, trained_heads, square):
    old, new = trained_heads
    for head in (old, new):
        deploy(client, head)
    scores = scores_of(client, square)
    restored = client.rollback()
    assert (restored.fingerprint, restored.labels) == (old.fingerprint, list(old.labels))
    assert len(scores_of(client, square)) == len(old.labels) + 1
    assert client.rollback().fingerprint == new.fingerprint
    assert scores_of(client, square) == scores


def test_same_head_again_keeps_the_previous_one(client, trained_heads):
    old, new = trained_heads
    for head in (old, new, new):
        deploy(client, head)
    assert client.info().previous_head == old.fingerprint
    assert client.rollback().fingerprint == old.fingerprint


def test_first_head_has_none_before_it(switch_on, trained_heads):
    with switch_on("i386") as board, BoardClient(board.port) as session:
        assert session.info().labels == []
        deploy(session, trained_heads[0])
        with pytest.raises(BoardRefusedError) as refused:
            session.rollback()
        assert refused.value.code == errors.NO_PREVIOUS


# Interrupted


@pytest.mark.parametrize("part", [0.5, 1.0])
def test_pulled_plug_while_sending_is_resumed(board, trained_heads, part):
    old, new = trained_heads
    stop_at = int(part * len(new.content))
    with BoardClient(board.port) as session:
        deploy(session, old)
        open_head(session, new.content, new.fingerprint)
        for at in range(0, stop_at, 500):
            session.request(
                messages.WRITE, offset=at, data=new.content[at : min(at + 500, stop_at)]
            )
        board.drop_link()
        with pytest.raises(LinkError):
            session.commit()
    assert at_work(board) == old.fingerprint
    with BoardClient(board.port) as session:
        assert session.upload(messages.HEAD, new.content) == len(new.content) - stop_at
        assert session.commit().fingerprint == new.fingerprint


def test_another_upload_between_starts_anew(board, trained_heads):
    old, new = trained_heads
    with BoardClient(board.port) as session:
        open_head(session, new.content, new.fingerprint)
        session.request(messages.WRITE, offset=0, data=new.content[:600])
        deploy(session, old)
        assert session.upload(messages.HEAD, new.content) == len(new.content)


# What a COMMIT of a head and a HELLO take, and more; and those in which files change their places.
OPERATIONS = range(14)
SWITCHING = range(5, 13)


@pytest.fixture(scope="module")
def before(trained_heads):
    """What the slot holds that the new head goes to."""
    return load_head(without_examples(trained_heads[0]))


@pytest.fixture
def check(trained_heads, before, square):
    """check(board): the old head is at work or the new one, whole; its fingerprint."""
    old, new = trained_heads
    features = Reference(load_embedding()).features(square)[None]
    earlier = {old.fingerprint: (before.fingerprint, b""), new.fingerprint: (old.fingerprint,)}
    scores = {head.fingerprint: head.scores(features)[0].tobytes() for head in trained_heads}

    def look(board):
        with BoardClient(board.port) as session:
            info = session.info()
            assert info.state == "" and info.head in scores
            assert info.previous_head in earlier[info.head]
            assert scores_of(session, square) == scores[info.head]
        return info.head

    return look


def cut(board, operation, action):
    """Power goes in that flash operation of an action, every other time half done; on again.

    Whether the action was over before.
    """
    board.cut_power(operation, torn=operation % 2 == 1)
    completed = until_power_is_lost(board, action)
    board.cut_power(-1)
    board.power_on()
    return completed


@pytest.mark.parametrize("step", [90, soak(7)])
def test_power_cut_while_a_head_is_written(board, trained_heads, before, check, step):
    """One operation is as the next."""
    old, new = trained_heads
    for operation in itertools.count(step, step):
        with BoardClient(board.port) as session:
            deploy_after(session, before, old)
            open_head(session, new.content, new.fingerprint)
            session.request(messages.ABORT)  # nothing of it is on flash
        completed = cut(board, operation, lambda s: s.upload(messages.HEAD, new.content))
        assert check(board) == old.fingerprint
        if completed:
            break
    assert operation > step


@pytest.fixture
def sent(paired_flashes, trained_heads, before, tmp_path):
    """A flash on which the new head is whole, but not at work."""
    old, new = trained_heads
    flash = shutil.copy(paired_flashes("i386"), tmp_path / "sent")
    with VirtualBoard("i386", flash) as board, BoardClient(board.port) as session:
        deploy_after(session, before, old)
        session.upload(messages.HEAD, new.content)
    return flash


@pytest.mark.parametrize("operations", [SWITCHING, soak(OPERATIONS)], ids=len)
def test_power_cut_while_heads_are_switched(sent, trained_heads, check, operations):
    """In each of these flash operations from HELLO on."""
    old, new = trained_heads
    seen = []
    for operation in operations:
        with VirtualBoard("i386", shutil.copy(sent, sent.with_name("flash"))) as board:
            cut(board, operation, lambda session: deploy(session, new))
            seen.append(check(board))
    assert {*seen} == {old.fingerprint, new.fingerprint}
    assert seen[0] != seen[-1]
