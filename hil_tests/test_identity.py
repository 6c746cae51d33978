"""Who the board says it is."""

from tinyteach import __version__
from tinyteach.service.boards.opening import open_board
from tinyteach.service.projects.embeddings import name_of


def test_identity_stays(board_port):
    identities = []
    for _ in range(2):
        with open_board(board_port) as session:
            identities.append(session.board_id)
    assert identities[0] == identities[1] != ""


def test_agent_is_of_this_version(client):
    assert client.welcome.agent_version == __version__


def test_embedding_is_a_shipped_one(client, measured):
    measured["embedding"] = name_of(client.info().embedding)
    assert measured["embedding"]


def test_nothing_is_wrong(client, measured):
    info = client.info()
    measured["board"] = f"{info.machine}, MicroPython {info.micropython}, {info.kernels}"
    assert info.state == ""
    assert info.model_side > 0
