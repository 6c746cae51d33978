"""A head on the board: deployed, exact, as accurate as promised, and safe to replace."""

from hashlib import sha256

import numpy as np
import pytest

from tinyteach.errors import BoardRefusedError
from tinyteach.service.boards.opening import open_board
from tinyteach_protocol import errors, messages

ACCURACY_MIN = 0.6


def scores_on_board(client, square) -> bytes:
    client.send_image(square.tobytes(), square.shape[0], messages.RGB888)
    return client.run(messages.SOURCE_IMAGE).scores


def test_scores_are_exact_and_accuracy_holds(
    client, deployed, reference, photo_sets, measured, mismatches_of_head
):
    right, total = 0, 0
    for name, squares in photo_sets[1].items():
        for square in squares:
            scores = scores_on_board(client, square)
            expected = deployed.scores(reference.features(square)[None])[0]
            mismatches_of_head.look(scores == expected.tobytes(), reference.tensor(square))
            right += deployed.labels[deployed.best(expected)[0]] == name
            total += 1
    measured["accuracy on held-out photographs"] = f"{right / total:.3f} of {total}"
    assert not mismatches_of_head.count, mismatches_of_head.first
    assert right / total >= ACCURACY_MIN


def test_info_names_the_head(client, deployed):
    info = client.info()
    assert info.labels == list(deployed.labels)
    assert info.head == deployed.fingerprint


def refused_code(client, content: bytes) -> int:
    """Upload and commit; the code that the board refuses with."""
    with pytest.raises(BoardRefusedError) as refused:
        client.upload(messages.HEAD, content)
        client.commit()
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
    tests = head.self_tests
    vectors = tests.features[-1].tobytes() + tests.scores[-1].tobytes()
    return head.content.rindex(vectors) + len(vectors) - 1


@pytest.mark.parametrize(
    "code", [errors.BAD_MODEL, errors.WRONG_EMBEDDING, errors.SELF_TEST_FAILED]
)
def test_bad_head_leaves_the_old_one(client, deployed, photo_sets, code):
    square = next(iter(photo_sets[1].values()))[0]
    before = scores_on_board(client, square)
    assert refused_code(client, damaged_heads(deployed)[code]) == code
    assert client.info().head == deployed.fingerprint
    assert scores_on_board(client, square) == before


def test_interrupted_upload_is_resumed(board_port, deployed, photo_sets):
    content = other_head(deployed)
    with open_board(board_port) as session:
        session.request(
            messages.OPEN,
            object=messages.HEAD,
            size=len(content),
            sha256=sha256(content).digest(),
            side=0,
            pixel_format=0,
        )
        session.request(messages.WRITE, offset=0, data=content[:512])
    with open_board(board_port) as session:
        assert session.info().head == deployed.fingerprint
        assert session.upload(messages.HEAD, content) == len(content) - 512


def other_head(head) -> bytes:
    """Another file of about the same size, which is no head."""
    return bytes(np.random.default_rng(1).integers(0, 256, len(head.content), np.uint8))


def test_rollback_and_back(client, deployed):
    first = client.rollback().fingerprint
    assert first != deployed.fingerprint
    assert client.rollback().fingerprint == deployed.fingerprint
    assert client.info().head == deployed.fingerprint
