"""Views that the head was not sure of: kept in a ring on flash, read over the wire."""

import numpy as np
import pytest

from alone import Shown, power_cycle, set_up
from paired import views_of
from slices import soak
from tinyteach.device.wire.client import BoardClient
from tinyteach.device.wire.kept import read_kept
from tinyteach.embedding.runtime import load_embedding
from tinyteach.errors import BoardRefusedError
from tinyteach.service.heads.recognition import Reference
from tinyteach_protocol import errors, messages


@pytest.fixture
def noise():
    """Views that are nothing, each another, as they reach the camera: RGB565 keeps them."""
    rng = np.random.default_rng(3)
    return [
        np.full((240, 240, 3), colour, np.uint8)
        for colour in rng.integers(0, 32, (20, 3)).astype(np.uint8) * 8
    ]


def kept(board):
    with BoardClient(board.port) as client:
        return read_kept(client)


def newest(board):
    return max((frame.number for frame in kept(board)), default=-1)


def test_nothing_is_kept_unless_asked(board, trained_heads, noise):
    set_up(board, trained_heads[1], interval_ms=0)
    shown = Shown(noise)
    board.show_source(shown)
    shown.wait(10)
    assert kept(board) == []
    with BoardClient(board.port) as client, pytest.raises(BoardRefusedError) as refused:
        client.request(messages.READ, object=messages.KEPT, offset=0, length=100)
    assert refused.value.code == errors.BAD_OFFSET


def test_unsure_views_are_kept_in_a_ring(board, trained_heads, noise):
    shown = Shown(noise)
    board.show_source(shown)
    set_up(board, trained_heads[1], interval_ms=0, keep=5, keep_s=0)
    shown.wait(len(noise))
    board.show(views_of("cat", 1)[0])  # what it is sure of: no more is kept
    frames = kept(board)
    assert frames[-1].number >= 7, "the ring does not go round"
    assert len(frames) == 5
    numbers = [frame.number for frame in frames]
    assert numbers == list(range(numbers[0], numbers[0] + 5))
    assert {frame.head for frame in frames} == {trained_heads[1].fingerprint[:4]}
    reference = Reference(load_embedding(), trained_heads[1])
    for frame in frames:
        tensor = np.frombuffer(frame.tensor, np.int8).reshape(frame.side, frame.side, 3)
        features = reference.embedding.embed(tensor[None])
        scores = trained_heads[1].scores(features)[0]
        top, _ = trained_heads[1].best(scores)
        assert (frame.top, frame.steps) == (top, int(scores[top]) + 128)
        assert frame.steps < max(179, trained_heads[1].threshold)
    power_cycle(board)
    # The last of the noise may have been on its way.
    assert {frame.number for frame in kept(board)} >= set(numbers[1:])


def test_sure_views_are_not_kept(switch_on, trained_heads):
    with switch_on("i386") as board:
        shown = Shown(views_of("cat", 1))
        board.show_source(shown)
        set_up(board, trained_heads[0], interval_ms=0, keep=5, keep_s=0)
        shown.wait(10)
        assert kept(board) == []


@pytest.mark.parametrize("cuts", [(9,), soak((5, 9, 14))])
def test_power_cut_while_one_is_stored(switch_on, trained_heads, noise, cuts):
    """What was kept before is whole, and more is kept afterwards."""
    with switch_on("i386") as board:
        shown = Shown(noise)
        board.show_source(shown)
        set_up(board, trained_heads[1], interval_ms=0, keep=6, keep_s=0)
        for writes in cuts:
            before = {frame.number for frame in kept(board)}
            board.cut_power(writes, torn=True)
            board.wait_power_lost()
            board.power_on()
            shown.wait(8)
            assert newest(board) > max(before, default=-1), "nothing more is kept"
            assert all(len(frame.tensor) == 64 * 64 * 3 for frame in kept(board))
