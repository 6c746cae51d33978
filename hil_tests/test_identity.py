"""Who the board says it is."""

from tinyteach import __version__
from tinyteach.service.projects.embeddings import name_of


def test_identity_stays(board):
    before = board.id
    board.reopen()
    assert before == board.id != ""


def test_agent_is_of_this_version(board):
    assert board.client.welcome.agent_version == __version__


def test_embedding_is_a_shipped_one(board, measure):
    name = name_of(board.info.embedding)
    measure.fact("embedding", name or "none that ships")
    assert name


def test_nothing_is_wrong(board, measure):
    info = board.info
    measure.fact("board", f"{info.machine}, MicroPython {info.micropython}, {info.kernels}")
    assert info.state == ""
    assert info.model_side > 0
