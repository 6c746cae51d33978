"""Embeddings of other tools on a board: features and scores are the host's, byte for byte."""

import zlib
from functools import partial

import pytest

from foreign_ends import FOREIGN_ENDS
from foreign_models import large
from paired import deploy, make_head, views_of
from tinyteach.device.repl.pairing import Wanted, pair_for_now
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.runtime import open_embedding
from tinyteach.service.heads.difference import SideBySide
from tinyteach.service.heads.recognition import Reference
from tinyteach_protocol import messages

from .conftest import ARCHS

EMBEDDINGS = FOREIGN_ENDS | {"a picture of 160 pixels": partial(large, 160, 4)}


@pytest.fixture(scope="module", params=ARCHS)
def board(request, switch_on):
    with switch_on(request.param) as started:
        yield started


@pytest.mark.parametrize("name", EMBEDDINGS)
def test_the_board_computes_what_the_host_does(name, board):
    embedding = open_embedding(EMBEDDINGS[name]())
    head = make_head("cat", "coffee", photos=3, embedding=embedding)
    reference = Reference(embedding, head)
    pair_for_now(board.port, Wanted(embedding.content), lambda *_: None)
    with BoardClient(board.port) as client:
        deploy(client, head)
        assert client.info().state == ""
        for square in views_of("rocket", 3, side=96):
            client.send_image(square.tobytes(), 96, messages.RGB888)
            answer = client.run(messages.SOURCE_IMAGE)
            features = reference.features(square)
            assert answer.features_crc32 == zlib.crc32(features.tobytes())
            assert bytes(answer.scores) == head.scores(features[None])[0].tobytes()
        # After each operator, too; the last view is on the board.
        tensor = reference.tensor(square)
        assert SideBySide(embedding, head).difference(client, tensor) is None
