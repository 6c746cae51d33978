"""What a release must do, on whatever board is named: pytest --tt-board …"""

import pytest

RUNS = 40


def test_board_and_computer_compute_the_same(reference, kept_back):
    found = reference.compared((view for _, view in kept_back[::3]))
    assert not found.count, found.first


@pytest.mark.budget("accuracy", at_least=0.8)
@pytest.mark.budget("mismatches", at_most=0)
def test_parts_are_told_apart(board, head, kept_back, measure):
    for label, view in kept_back:
        measure.recognised(board.classify(view), label, head.classify(view), label)


# On hardware say milliseconds: budget("latency_ms", p95=250, stage="embedding"). A virtual board's
# are those of a computer that does other things as well, so here it is the shortest of many runs,
# in which nothing came between, of one stage by another.
@pytest.mark.budget("embedding_by_preprocessing", at_most=20)
def test_the_embedding_is_quick_enough(board, head, kept_back, measure):
    _, view = kept_back[0]
    latencies = [board.classify(view).latency_ms for _ in range(RUNS)]
    for stage in ("preprocess", "embedding", "head"):
        measure("latency_ms", [each[stage] for each in latencies], stage=stage)
    shortest = {stage: min(each[stage] for each in latencies) for stage in latencies[0]}
    measure("embedding_by_preprocessing", shortest["embedding"] / shortest["preprocess"])


@pytest.mark.needs("agent")
@pytest.mark.budget("heap_lost_bytes", at_most=64)
def test_an_inference_leaves_no_memory_behind(board, head, kept_back, measure):
    _, view = kept_back[0]
    board.classify(view)
    before = board.info.heap_free
    for _ in range(RUNS):
        board.classify(view)
    measure("heap_lost_bytes", (before - board.info.heap_free) / RUNS)


@pytest.mark.needs("camera")
def test_the_camera_sees_something(board):
    view = board.photo(small=True)
    assert int(view.max()) - int(view.min()) > 20, "the camera sees nothing"
