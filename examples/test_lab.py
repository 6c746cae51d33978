"""A lab's own test of its board: pytest examples/test_lab.py.

TINYTEACH_BOARD names a board on the desk; without it, a virtual one stands in.
"""

import os
from collections.abc import Iterator

import numpy as np
import pytest

import tinyteach as tt

COLOURS = {"red": (200, 30, 30), "green": (30, 160, 60)}


def card(name: str, brightness: float = 1.0) -> np.ndarray:
    """A coloured card, as pixels."""
    return np.full((240, 240, 3), np.multiply(COLOURS[name], brightness), np.uint8)


@pytest.fixture(scope="module")
def board() -> Iterator[tt.Board]:
    if os.environ.get("TINYTEACH_BOARD"):
        with tt.Board() as board:
            yield board
        return
    with tt.VirtualBoard() as virtual:
        virtual.pair()
        with tt.Board(virtual) as board:
            yield board


@pytest.fixture(scope="module")
def head(board: tt.Board, tmp_path_factory: pytest.TempPathFactory) -> tt.Head:
    """Trained on the cards, and at work on the board."""
    project = tt.Project(tmp_path_factory.mktemp("lab") / "cards")
    for name in COLOURS:
        project.add(name, [card(name, share) for share in np.linspace(0.5, 1, 8)])
    trained = project.train()
    board.deploy(trained)
    return trained


@pytest.mark.parametrize("name", COLOURS)
def test_each_card_is_recognised(board: tt.Board, head: tt.Head, name: str) -> None:
    assert board.classify(card(name, 0.8)).best_label == name


def test_the_board_computes_what_the_computer_does(board: tt.Board, head: tt.Head) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (96, 96, 3), np.uint8)
    assert board.classify(noise).probabilities == head.classify(noise).probabilities


def test_an_inference_is_quick_enough(board: tt.Board, head: tt.Head) -> None:
    latency_ms = board.classify(card("red")).latency_ms
    assert latency_ms is not None and sum(latency_ms.values()) < 5000
