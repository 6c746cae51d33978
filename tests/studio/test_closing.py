"""What is asked of a board while the studio ends: everybody gets an answer, and nothing is left."""

import threading

import pytest

from tinyteach.errors import LinkError
from tinyteach.workbench.live_board import LiveBoard
from tinyteach.workbench.workbench import Workbench


def nothing(*_):
    return False


def test_nobody_waits_for_what_a_board_that_is_let_go_of_did_not_begin():
    began, may_end = threading.Event(), threading.Event()
    board = LiveBoard(nothing, nothing, nothing)
    first = board.do_without_session("First", lambda: began.set() or may_end.wait())
    began.wait()
    second = board.do_without_session("Second", began.set)
    closing = threading.Thread(target=board.close)
    closing.start()
    while not board.is_closed:
        threading.Event().wait(0.01)
    may_end.set()
    closing.join()
    assert first.result() is True
    for late in (second, board.do_without_session("Third", began.set)):
        assert late.done()
        with pytest.raises(LinkError, match="try again"):
            late.result()


def test_a_virtual_board_that_starts_while_the_studio_ends(project, virtual):
    from tinyteach.virtual import running

    bench = Workbench(project.root)
    bench.close()
    with pytest.raises(LinkError):
        bench.start_virtual()
    assert running.running() == []
