"""A head on the board: deployed, exact, as accurate as promised, and safe to replace."""

from hashlib import sha256

import numpy as np
import pytest

from tinyteach.errors import BoardRefusedError
from tinyteach_protocol import errors, messages

ACCURACY_MIN = 0.6


@pytest.fixture
def previous(board, head):
    """There is a head to roll back to, where the board had none."""
    if not board.info.previous_head:
        other = head.with_threshold(0.5 if head.threshold < 0.5 else 0.4)
        board.deploy(other)
        board.deploy(head)


def scores_on_board(board, square) -> bytes:
    board.client.send_image(square.tobytes(), square.shape[0], messages.RGB888)
    return board.client.run(messages.SOURCE_IMAGE).scores


def test_scores_are_exact_and_accuracy_holds(head, reference, photos, measure):
    found = reference.compared((photo.square for photo in photos.held_out), head)
    assert not found.count, found.first
    right = [head.classify(photo.square).best_label == photo.label for photo in photos.held_out]
    share = float(np.mean(right))
    measure.fact("accuracy on held-out photographs", f"{share:.3f} of {len(right)}")
    assert share >= ACCURACY_MIN


def test_info_names_the_head(board, head):
    info = board.info
    assert info.labels == list(head.labels)
    assert info.head.hex() == head.fingerprint


def refused_code(board, content: bytes) -> int:
    """Upload and commit; the code that the board refuses with."""
    with pytest.raises(BoardRefusedError) as refused:
        board.client.upload(messages.HEAD, content)
        board.client.commit()
    return refused.value.code


def damaged_heads(head) -> dict:
    """Heads that must be refused, by the code that they must be refused with."""
    card = head.content.index(b"TTH2")
    other_embedding = bytearray(head.content)
    other_embedding[card + 4] ^= 0xFF
    wrong_test = bytearray(head.content)
    wrong_test[last_expected_score(head)] ^= 0x55
    return {
        errors.BAD_MODEL: head.content[: len(head.content) // 3],
        errors.WRONG_EMBEDDING: bytes(other_embedding),
        errors.SELF_TEST_FAILED: bytes(wrong_test),
    }


def last_expected_score(head) -> int:
    """Where the last score of the last self-test vector stands in the file."""
    tests = head.file.self_tests
    vectors = tests.features[-1].tobytes() + tests.scores[-1].tobytes()
    return head.content.rindex(vectors) + len(vectors) - 1


@pytest.mark.parametrize(
    "code", [errors.BAD_MODEL, errors.WRONG_EMBEDDING, errors.SELF_TEST_FAILED]
)
def test_bad_head_leaves_the_old_one(board, head, photos, code):
    square = photos.held_out[0].square
    before = scores_on_board(board, square)
    assert refused_code(board, damaged_heads(head)[code]) == code
    assert board.info.head.hex() == head.fingerprint
    assert scores_on_board(board, square) == before


def test_interrupted_upload_is_resumed(board, head):
    content = other_head(head)
    begun = {"object": messages.HEAD, "size": len(content), "sha256": sha256(content).digest()}
    board.client.request(messages.OPEN, **begun, side=0, pixel_format=0)
    board.client.request(messages.WRITE, offset=0, data=content[:512])
    board.reopen()
    assert board.info.head.hex() == head.fingerprint
    assert board.client.upload(messages.HEAD, content) == len(content) - 512


def other_head(head) -> bytes:
    """Another file of about the same size, which is no head."""
    return bytes(np.random.default_rng(1).integers(0, 256, len(head.content), np.uint8))


def test_rollback_and_back(board, head, previous):
    assert board.rollback().fingerprint != head.fingerprint
    assert board.rollback().fingerprint == head.fingerprint
    assert board.info.head.hex() == head.fingerprint
