"""Who the board says it is."""

import hashlib

from tinyteach import __version__
from tinyteach.embedding.runtime import EMBEDDING_FILE
from tinyteach.service.boards import open_board


def test_identity_stays(board_port):
    identities = []
    for _ in range(2):
        with open_board(board_port) as session:
            identities.append(session.board_id)
    assert identities[0] == identities[1] != ""


def test_agent_is_of_this_version(client):
    assert client.welcome.agent_version == __version__


def test_embedding_is_the_shipped_one(client):
    assert client.info()["embedding"] == hashlib.sha256(EMBEDDING_FILE.read_bytes()).digest()


def test_nothing_is_wrong(client, measured):
    info = client.info()
    measured["board"] = f"{info['machine']}, MicroPython {info['micropython']}, {info['kernels']}"
    assert info["state"] == ""
    assert info["model_side"] > 0
