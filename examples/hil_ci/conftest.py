"""This project's own head takes the place of the plugin's."""

import parts
import pytest
from training import trained

import tinyteach as tt


@pytest.fixture(scope="session")
def head(board: tt.Board, tmp_path_factory: pytest.TempPathFactory) -> tt.Head:
    """At work on the board, which gets its own back when all is done."""
    head = trained(tmp_path_factory.mktemp("parts") / "project")
    board.deploy(head)
    return head


@pytest.fixture(scope="session")
def kept_back() -> list:
    """Views that the head was not trained on, with what they show."""
    return parts.labelled(parts.HELD_OUT, seed=2)
