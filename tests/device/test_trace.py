"""Answers to TRACE that cannot be: one sentence, and no end of waiting."""

import pytest

from lying_board import LyingBoard
from tinyteach.device.wire.client import BoardClient
from tinyteach.device.wire.trace import check_sums, result_of
from tinyteach.errors import BoardRefusedError, LinkError
from tinyteach_protocol import errors, messages

ANSWER = messages.TRACE | messages.RESPONSE


@pytest.fixture
def liar():
    board = LyingBoard()
    yield board
    board.close()


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"data": b""}, "another piece than it was asked for; press its reset button"),
        ({"offset": 9}, "another piece than it was asked for; press its reset button"),
        ({"data": bytes(53)}, "other steps than this computer; run 'tinyteach pair'"),
        ({"data": bytes(4000)}, "another piece than it was asked for; press its reset button"),
        ({"code": errors.BAD_OFFSET, "detail": ""}, "other steps than this computer"),
        ({"code": errors.BAD_VALUE, "detail": "steps"}, "other steps than this computer"),
        ({"code": errors.UNKNOWN_VERB, "detail": ""}, "pair the board again to update its agent"),
    ],
)
def test_what_cannot_be(liar, told, sentence):
    liar.lie = lambda type, fields: (
        fields if type != ANSWER else told if "code" in told else fields | told
    )
    with BoardClient(liar.port.name) as client:
        for ask in (check_sums, lambda *where: result_of(*where, 52)):
            with pytest.raises((LinkError, BoardRefusedError), match=sentence):
                ask(client, messages.STAGE_EMBEDDING, 13)


def test_the_truth(liar):
    with BoardClient(liar.port.name) as client:
        assert check_sums(client, messages.STAGE_HEAD, 13) == [0] * 13
        assert result_of(client, messages.STAGE_HEAD, 1, 104) == bytes(104)
