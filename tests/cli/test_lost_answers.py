"""The answer to a command is lost, or the command itself: what is said of it is true."""

import itertools
import json
import threading

import pytest

from paired import deploy_after
from patience import PATIENCE_S
from slices import few, soak
from tinyteach.device.repl import pairing
from tinyteach.device.wire import session
from tinyteach.device.wire.client import BoardClient
from tinyteach.head.format.head_file import load_head_file, with_threshold
from tinyteach.service.boards import aftermath
from tinyteach_protocol import messages, requester
from tinyteach_protocol.frame import MAGIC

END_OF_PROGRAM = b"\x04>"  # what a raw REPL says behind what a program printed


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """The host's clock, which is ahead as soon as a frame is lost: nobody waits for its answer."""
    real_ms = session._now_ms
    ahead_ms = [0]

    def leap(verb):
        is_slow = messages.VERBS[verb][1] & messages.SLOW
        ahead_ms[0] += requester.SLOW_TIMEOUT_MS if is_slow else requester.TIMEOUT_MS

    monkeypatch.setattr(session, "_now_ms", lambda: real_ms() + ahead_ms[0])
    # One look at the port is short, so that the time is looked at again.
    monkeypatch.setattr(BoardClient._turn, "__defaults__", (0.02,))
    return leap


def start_of(verb, which):
    """How the frames of a verb's requests or answers begin."""
    return MAGIC + bytes([verb | (messages.RESPONSE if which == "answer" else 0)])


@pytest.fixture
def dropping(board, clock):
    """dropping(verb, "answer" or "request", if_so) drops those frames until the test ends.

    ``if_so(data)``, asked for each of them, tells which.
    """

    def drop_if(verb, which, if_so=lambda data: True, at=board):
        start = start_of(verb, which)

        def drop(data):
            if start not in data or not if_so(data):
                return data
            clock(verb)
            return b""

        at.disturb(**{"to_host" if which == "answer" else "to_board": drop})

    yield drop_if
    board.disturb()


@pytest.fixture
def dropping_nth(dropping):
    """dropping_nth(verb, which, number): the frames of the request of that number.

    Requests are told apart by their sequence numbers, so repetitions of one are dropped, too.
    """

    def drop_nth(verb, which, number, **where):
        start, seen = start_of(verb, which), []

        def is_it(data):
            at = data.index(start)
            seq = bytes(data[at + 4 : at + 6])  # behind type and flags
            if seq not in seen:
                seen.append(seq)
            return seen.index(seq) == number

        dropping(verb, which, is_it, **where)

    return drop_nth


@pytest.fixture
def taught(board, trained_project):
    """The project's head and one before it are on the board."""
    head = load_head_file(trained_project / "heads" / "head.tflite")
    with BoardClient(board.port) as opened:
        deploy_after(opened, with_threshold(head, 102), with_threshold(head, 128))
    return ("-b", board.port, "-p", trained_project)


def info(board):
    with BoardClient(board.port) as client:
        return client.info()


@pytest.mark.parametrize("which", ["answer", "request"])
def test_deploy(tinyteach, board, taught, dropping, which):
    before = info(board).head
    dropping(messages.COMMIT, which)
    result = tinyteach(*taught, "deploy", "--threshold", "0.7", "--json")
    board.disturb()
    has_switched = info(board).head != before
    assert has_switched == (which == "answer")
    if has_switched:
        assert json.loads(result.out)["fingerprint"] == info(board).head.hex()
    else:
        assert result.code == 6 and "The head was not switched" in result.err


@pytest.mark.parametrize("which", ["answer", "request"])
def test_rollback(tinyteach, board, taught, dropping, which):
    previous = info(board).previous_head
    dropping(messages.ROLLBACK, which)
    result = tinyteach(*taught, "rollback", "--json")
    board.disturb()
    assert (info(board).head == previous) == (which == "answer")
    if which == "answer":
        assert json.loads(result.out)["fingerprint"] == previous.hex()
    else:
        assert result.code == 6 and "The head was not switched" in result.err


@pytest.mark.parametrize("which", ["answer", "request"])
def test_forget(tinyteach, board, taught, dropping_nth, which):
    """TEACH's list must come through, then what forgets is lost."""
    fingerprint = info(board).head
    dropping_nth(messages.TEACH, which, 1)
    result = tinyteach(*taught, "teach", "--forget", "coffee", "--json")
    board.disturb()
    has_changed = info(board).head != fingerprint
    assert has_changed == (which == "answer")
    if has_changed:
        assert json.loads(result.out)["labels"] == info(board).labels == ["cat"]
    else:
        assert result.code == 6 and "knows what it knew before" in result.err


@pytest.mark.parametrize("which", ["answer", "request"])
def test_rules(tinyteach, board, taught, dropping, which):
    dropping(messages.COMMIT, which)
    result = tinyteach(*taught, "rule", "add", "cat", "say", which, "--json")
    board.disturb()
    said = tinyteach(*taught, "rule", "list", "--json").out
    assert (which in said) == (which == "answer")
    if which == "answer":
        assert result.code == 0
    else:
        assert result.code == 6 and "rules were not changed" in result.err


def test_nothing_is_claimed_where_the_board_stays_away(
    tinyteach, board, taught, clock, monkeypatch
):
    """The cable is out as the head is switched."""
    monkeypatch.setattr(aftermath, "RETURN_TIMEOUT_S", 0.1)
    is_out = []

    def drop(data):
        if start_of(messages.COMMIT, "answer") in data or is_out:
            is_out.append(1)
            clock(messages.COMMIT)
            return b""
        return data

    board.disturb(to_host=drop)
    try:
        result = tinyteach(*taught, "deploy", "--threshold", "0.3")
    finally:
        board.disturb()
    assert result.code == 6 and "Whether the head was switched is not known" in result.err


def test_a_restart_whose_answer_is_lost_is_one(board, dropping):
    dropping(messages.RESTART, "answer")
    with BoardClient(board.port) as client:
        client.restart()


@pytest.mark.parametrize("comes_back", [True, soak(False)])
def test_wipe(tinyteach, board, taught, monkeypatch, comes_back):
    """The link breaks when the files are gone: the board restarts, or stays at its prompt."""
    monkeypatch.setattr(pairing, "RESTART_TIMEOUT_S", PATIENCE_S if comes_back else 0.1)
    said, unheard = bytearray(), bytearray()
    is_lost, has_run = threading.Event(), threading.Event()

    def hear(data):
        said.extend(data)
        return data

    def drop(data):
        """From the moment that the program which wipes has been run."""
        if b"for name in names" in said and said.endswith(b"\x04"):
            is_lost.set()
        if not is_lost.is_set():
            return data
        unheard.extend(data)
        if END_OF_PROGRAM in unheard:
            has_run.set()
        return b""

    def come_back():
        assert has_run.wait(PATIENCE_S)
        if comes_back:
            board.disturb()
            board.reset()

    presser = threading.Thread(target=come_back)
    presser.start()
    board.disturb(to_board=hear, to_host=drop)
    result = tinyteach(*taught, "wipe", "--yes")
    presser.join()
    board.disturb()
    board.reset()
    assert info(board).head == b""
    if comes_back:
        assert result.code == 0 and "has forgotten all it had learnt." in result.out
    else:
        assert result.code == 6 and "is not known" in result.err


# Of several commands over one verb: only frames of that one go, whatever repeats them


@pytest.mark.parametrize("which", ["answer", "request"])
def test_teaching_on_the_board(tinyteach, board, taught, dropping_nth, which):
    """TEACH's list, begin, two frames, then LEARN."""
    before = info(board)
    dropping_nth(messages.TEACH, which, 4)
    result = tinyteach(*taught, "teach", "cup", "-n", "2", "--json")
    board.disturb()
    after = info(board)
    assert (after.head != before.head) == (which == "answer")
    if which == "answer":
        told = json.loads(result.out)
        assert told["labels"] == after.labels == ["cat", "coffee", "cup"]
        assert told["fingerprint"] == after.head.hex() and told["examples"] == 2
    else:
        assert result.code == 6 and "knows what it knew before" in result.err


@pytest.mark.parametrize("number", [1, 2, 3], ids=["begin", "first", "second"])
def test_a_frame_that_is_lost_leaves_the_head(tinyteach, board, taught, dropping_nth, number):
    before = info(board).head
    dropping_nth(messages.TEACH, "answer", number)
    result = tinyteach(*taught, "teach", "cup", "-n", "2")
    board.disturb()
    assert info(board).head == before
    assert result.code == 6 and "knows what it knew before" in result.err


@pytest.mark.parametrize("which", ["answer", "request"])
@pytest.mark.parametrize("lost_for_good", [False, True])
def test_button(tinyteach, board, taught, dropping, dropping_nth, which, lost_for_good):
    """Where the answer is lost it is told again; where that is, too, nothing is claimed."""
    assert tinyteach(*taught, "teach", "--button", "off").code == 0
    if lost_for_good:
        dropping(messages.TEACH, which)
    else:
        dropping_nth(messages.TEACH, which, 0)
    result = tinyteach(*taught, "teach", "--button", "9:1", "cat", "--json")
    board.disturb()
    if lost_for_good:
        assert result.code == 6 and "Whether the button was set is not known" in result.err
    else:
        assert json.loads(result.out)["pin"] == "9"
    assert tinyteach(*taught, "teach", "--button", "off").code == 0


@pytest.mark.parametrize("lost_for_good", [False, True])
@pytest.mark.parametrize("which", ["answer", "request"])
def test_threshold(tinyteach, board, taught, dropping, dropping_nth, which, lost_for_good):
    """Where the answer is lost it is told again; where that is, too, nothing is claimed."""
    if lost_for_good:
        dropping(messages.THRESHOLD, which)
    else:
        dropping_nth(messages.THRESHOLD, which, 0)
    result = tinyteach(*taught, "watch", "-n", "1", "--threshold", "1", "--json")
    board.disturb()
    if lost_for_good:
        assert result.code == 6 and "Whether the threshold was set is not known" in result.err
    else:
        assert result.code == 0 and json.loads(result.out)["best_label"] in ("cat", "coffee")


COMMITS = [*itertools.product(("embedding", "head"), ("answer", "request"))]


@pytest.mark.parametrize("lost", few(COMMITS, COMMITS[3]), ids="-".join)
def test_upgrade(tinyteach, switch_on, trained_project, dropping_nth, lost):
    """Its two COMMITs: what the board has afterwards is what is said."""
    which, number = lost[1], ("embedding", "head").index(lost[0])
    with switch_on("i386") as board:
        on = ("-b", board.port, "-p", trained_project)
        assert tinyteach(*on, "deploy").code == 0
        before = info(board)
        dropping_nth(messages.COMMIT, which, number, at=board)
        result = tinyteach(*on, "upgrade", "--embedding", "tiny", "--json")
        board.disturb()
        after = info(board)
        if which == "answer":
            told = json.loads(result.out)
            assert told["embedding"] == after.embedding.hex()
            assert told["deployed"]["fingerprint"] == after.head.hex() != ""
            return
        assert result.code == 6
        if number == 0:
            assert (after.embedding, after.head) == (before.embedding, before.head)
            assert "keeps its old embedding and head" in result.err
        else:
            assert after.embedding != before.embedding and not after.labels
            assert "has its new embedding and recognises nothing" in result.err
