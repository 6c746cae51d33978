"""TRACE: results of a model's operators, whole and in their order, and nothing disturbed by it."""

from zlib import crc32

import numpy as np
import pytest

from paired import deploy, scores_of, views_of
from tinyteach.device.wire.client import BoardClient
from tinyteach.device.wire.trace import check_sums, piece, result_of
from tinyteach.embedding.layers import Layers
from tinyteach.embedding.preprocess import to_tensor
from tinyteach.embedding.runtime import load_embedding
from tinyteach.errors import BoardRefusedError
from tinyteach.service.heads.recognition import Reference
from tinyteach_protocol import errors, messages
from tinyteach_protocol.session import MIN_PAYLOAD

EMBEDDING, HEAD = messages.STAGE_EMBEDDING, messages.STAGE_HEAD
SIDE = 64


@pytest.fixture(scope="module")
def square():
    return views_of("cat", 1)[0]


@pytest.fixture(scope="module")
def results(square):
    """Of the embedding's operators, here."""
    return Layers(load_embedding().content).run(to_tensor(square, SIDE))


@pytest.fixture(params=["i386", "amd64"])
def fresh(request, switch_on):
    """A session with a board that has computed nothing yet."""
    with switch_on(request.param) as board, BoardClient(board.port) as client:
        yield client


def send(client, square):
    client.send_image(square.tobytes(), square.shape[0], messages.RGB888)


def refused(client, **asked):
    fields = {"stages": EMBEDDING, "steps": 0, "offset": 0, "length": 64} | asked
    with pytest.raises(BoardRefusedError) as error:
        client.request(messages.TRACE, **fields)
    return error.value.code


def test_every_result_is_whole(fresh, square, results):
    send(fresh, square)
    assert check_sums(fresh, EMBEDDING, len(results)) == [crc32(r.tobytes()) for r in results]
    for number, result in enumerate(results, 1):
        assert result_of(fresh, EMBEDDING, number, result.size) == result.tobytes()


def test_a_head_and_what_is_run_afterwards(fresh, square, results, trained_heads):
    head = trained_heads[0]
    deploy(fresh, head)
    expected = Reference(load_embedding(), head).scores(square).tobytes()
    send(fresh, square)
    check_sums(fresh, EMBEDDING, len(results))
    of_head = Layers(head.content).run(results[-1].reshape(-1))
    assert check_sums(fresh, HEAD, len(of_head)) == [crc32(r.tobytes()) for r in of_head]
    for number, result in enumerate(of_head, 1):
        assert result_of(fresh, HEAD, number, result.size) == result.tobytes()
    assert fresh.run(messages.SOURCE_IMAGE, EMBEDDING | HEAD).scores == expected
    result_of(fresh, EMBEDDING, 3, results[2].size)
    assert fresh.run(messages.SOURCE_IMAGE, EMBEDDING | HEAD).scores == expected
    assert scores_of(fresh, square) == expected


def test_what_it_refuses(fresh, square, results, trained_heads):
    assert refused(fresh) == errors.NO_OBJECT  # no view yet
    assert refused(fresh, stages=HEAD) == errors.NO_OBJECT
    send(fresh, square)
    assert refused(fresh, steps=len(results) + 1) == errors.BAD_VALUE
    assert refused(fresh, offset=4 * len(results)) == errors.BAD_OFFSET
    assert refused(fresh, steps=2, offset=results[1].size) == errors.BAD_OFFSET
    for stages in (0, 1, 6, 255):
        assert refused(fresh, stages=stages) == errors.BAD_VALUE
    check_sums(fresh, EMBEDDING, len(results))
    assert refused(fresh, stages=HEAD) == errors.NO_HEAD
    deploy(fresh, trained_heads[0])
    result_of(fresh, EMBEDDING, len(results), results[-1].size)
    assert refused(fresh, stages=HEAD) == errors.NO_OBJECT  # a part may have left no features
    assert fresh.info().state == "" and not fresh.info().crash_bytes


@pytest.mark.parametrize("length", [1, 13, MIN_PAYLOAD - messages.DATA_OVERHEAD_BYTES])
def test_pieces(fresh, square, results, length):
    send(fresh, square)
    asked = {"stages": EMBEDDING, "steps": 1, "length": length}
    for offset in (0, 7, results[0].size - 1):
        answer = fresh.request(messages.TRACE, offset=offset, **asked)
        expected = results[0].tobytes()[offset:][:length]
        assert (answer.offset, bytes(answer.data)) == (offset, expected)
    sums = np.array([crc32(r.tobytes()) for r in results], "<u4").tobytes()
    answer = fresh.request(messages.TRACE, offset=5, **(asked | {"steps": 0}))
    assert bytes(answer.data) == sums[5:][:length]
    assert piece(fresh, messages.TRACE, 0, 999, stages=EMBEDDING, steps=0) == sums
