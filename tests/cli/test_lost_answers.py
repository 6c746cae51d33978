"""The answer to a command is lost, or the command itself: what is said of it is true."""

import json
import threading
import time

import pytest

from tinyteach.device.repl import pairing
from tinyteach.device.wire.client import BoardClient
from tinyteach.service.boards import aftermath
from tinyteach_protocol import messages, requester
from tinyteach_protocol.frame import MAGIC

WIPED_AFTER_S = 3.0  # the program runs a moment after it arrived


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """What is lost for good is given up soon; a head is at work long before."""
    monkeypatch.setattr(requester, "SLOW_TIMEOUT_MS", 3000)
    monkeypatch.setattr(requester, "TIMEOUT_MS", 1000)


@pytest.fixture
def losing(board):
    """losing(verb, "answer" or "request") drops every frame of that kind until the test ends."""

    def lose(verb, which):
        start = MAGIC + bytes([verb | (messages.RESPONSE if which == "answer" else 0)])

        def drop(data):
            return b"" if start in data else data

        board.disturb(**{"to_host" if which == "answer" else "to_board": drop})

    yield lose
    board.disturb()


@pytest.fixture
def taught(tinyteach, board, trained_project):
    """The project's head and one before it are on the board."""
    on = ("-b", board.port, "-p", trained_project)
    assert tinyteach(*on, "deploy", "--threshold", "0.4").code == 0
    assert tinyteach(*on, "deploy", "--threshold", "0.5").code == 0
    return on


def info(board):
    with BoardClient(board.port) as client:
        return client.info()


@pytest.mark.parametrize("which", ["answer", "request"])
def test_deploy(tinyteach, board, taught, losing, which):
    before = info(board).head
    losing(messages.COMMIT, which)
    result = tinyteach(*taught, "deploy", "--threshold", "0.7", "--json")
    board.disturb()
    has_switched = info(board).head != before
    assert has_switched == (which == "answer")
    if has_switched:
        assert json.loads(result.out)["fingerprint"] == info(board).head.hex()
    else:
        assert result.code == 6 and "The head was not switched" in result.err


@pytest.mark.parametrize("which", ["answer", "request"])
def test_rollback(tinyteach, board, taught, losing, which):
    previous = info(board).previous_head
    losing(messages.ROLLBACK, which)
    result = tinyteach(*taught, "rollback", "--json")
    board.disturb()
    assert (info(board).head == previous) == (which == "answer")
    if which == "answer":
        assert json.loads(result.out)["fingerprint"] == previous.hex()
    else:
        assert result.code == 6 and "The head was not switched" in result.err


@pytest.mark.parametrize("which", ["answer", "request"])
def test_forget(tinyteach, board, taught, losing, which):
    """TEACH_LIST must come through, so only frames that follow it are dropped."""
    fingerprint = info(board).head
    seen = []

    def drop(data):
        start = MAGIC + bytes([messages.TEACH | (messages.RESPONSE if which == "answer" else 0)])
        if start in data and board_forgets(seen):
            return b""
        return data

    board.disturb(**{"to_host" if which == "answer" else "to_board": drop})
    result = tinyteach(*taught, "teach", "--forget", "coffee", "--json")
    board.disturb()
    has_changed = info(board).head != fingerprint
    assert has_changed == (which == "answer")
    if has_changed:
        assert json.loads(result.out)["labels"] == info(board).labels == ["cat"]
    else:
        assert result.code == 6 and "knows what it knew before" in result.err


def board_forgets(seen):
    """The second frame of TEACH and its five repetitions; the first and the last are lists."""
    seen.append(1)
    return 2 <= len(seen) <= 1 + requester.TRIES


@pytest.mark.parametrize("which", ["answer", "request"])
def test_rules(tinyteach, board, taught, losing, which):
    losing(messages.COMMIT, which)
    result = tinyteach(*taught, "rule", "add", "cat", "say", which, "--json")
    board.disturb()
    said = tinyteach(*taught, "rule", "list", "--json").out
    assert (which in said) == (which == "answer")
    if which == "answer":
        assert result.code == 0
    else:
        assert result.code == 6 and "rules were not changed" in result.err


def test_nothing_is_claimed_where_the_board_stays_away(tinyteach, board, taught, monkeypatch):
    """The cable is out as the head is switched."""
    monkeypatch.setattr(aftermath, "RETURN_TIMEOUT_S", 0.5)
    gone = []

    def drop(data):
        if MAGIC + bytes([messages.COMMIT | messages.RESPONSE]) in data or gone:
            gone.append(1)
            return b""
        return data

    board.disturb(to_host=drop)
    try:
        result = tinyteach(*taught, "deploy", "--threshold", "0.3")
    finally:
        board.disturb()
    assert result.code == 6 and "Whether the head was switched is not known" in result.err


def test_a_restart_whose_answer_is_lost_is_one(board, losing):
    losing(messages.RESTART, "answer")
    with BoardClient(board.port) as client:
        client.restart()


@pytest.mark.parametrize("comes_back", [True, False])
def test_wipe(tinyteach, board, taught, monkeypatch, comes_back):
    """The link breaks when the files are gone: the board restarts, or stays at its prompt."""
    monkeypatch.setattr(pairing, "RESTART_TIMEOUT_S", 60.0 if comes_back else 0.1)
    said, is_lost = bytearray(), threading.Event()

    def hear(data):
        said.extend(data)
        return data

    def drop(data):
        """From the moment that the program which wipes has been run."""
        if b"for name in names" in said and said.endswith(b"\x04"):
            is_lost.set()
        return b"" if is_lost.is_set() else data

    def come_back():
        is_lost.wait()
        time.sleep(WIPED_AFTER_S)
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


def lose_nth_of(board, verb, which, number):
    """Of the verb's frames to or from the board those of the request of that number are dropped.

    Requests are told apart by their sequence numbers, so repetitions of one are dropped, too.
    """
    start = MAGIC + bytes([verb | (messages.RESPONSE if which == "answer" else 0)])
    seen = []

    def drop(data):
        at = data.find(start)
        if at < 0:
            return data
        seq = bytes(data[at + 4 : at + 6])  # behind type and flags
        if seq not in seen:
            seen.append(seq)
        return b"" if seen.index(seq) == number else data

    board.disturb(**{"to_host" if which == "answer" else "to_board": drop})


@pytest.fixture
def losing_nth(board):
    """`lose_nth_of` the board that is shared, until the test ends."""
    yield lambda *what: lose_nth_of(board, *what)
    board.disturb()


@pytest.mark.parametrize("which", ["answer", "request"])
def test_teaching_on_the_board(tinyteach, board, taught, losing_nth, which):
    """TEACH's list, begin, two frames, then LEARN."""
    before = info(board)
    losing_nth(messages.TEACH, which, 4)
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
def test_a_frame_that_is_lost_leaves_the_head(tinyteach, board, taught, losing_nth, number):
    before = info(board).head
    losing_nth(messages.TEACH, "answer", number)
    result = tinyteach(*taught, "teach", "cup", "-n", "2")
    board.disturb()
    assert info(board).head == before
    assert result.code == 6 and "knows what it knew before" in result.err


@pytest.mark.parametrize("which", ["answer", "request"])
@pytest.mark.parametrize("lost_for_good", [False, True])
def test_button(tinyteach, board, taught, losing, losing_nth, which, lost_for_good):
    """Where the answer is lost it is told again; where that is, too, nothing is claimed."""
    assert tinyteach(*taught, "teach", "--button", "off").code == 0
    if lost_for_good:
        losing(messages.TEACH, which)
    else:
        losing_nth(messages.TEACH, which, 0)
    result = tinyteach(*taught, "teach", "--button", "9:1", "cat", "--json")
    board.disturb()
    if lost_for_good:
        assert result.code == 6 and "Whether the button was set is not known" in result.err
    else:
        assert json.loads(result.out)["pin"] == "9"
    assert tinyteach(*taught, "teach", "--button", "off").code == 0


@pytest.mark.parametrize("lost_for_good", [False, True])
@pytest.mark.parametrize("which", ["answer", "request"])
def test_threshold(tinyteach, board, taught, losing, losing_nth, which, lost_for_good):
    """Where the answer is lost it is told again; where that is, too, nothing is claimed."""
    if lost_for_good:
        losing(messages.THRESHOLD, which)
    else:
        losing_nth(messages.THRESHOLD, which, 0)
    result = tinyteach(*taught, "watch", "-n", "1", "--threshold", "1", "--json")
    board.disturb()
    if lost_for_good:
        assert result.code == 6 and "Whether the threshold was set is not known" in result.err
    else:
        assert result.code == 0 and json.loads(result.out)["best_label"] in ("cat", "coffee")


@pytest.mark.parametrize("which", ["answer", "request"])
@pytest.mark.parametrize("number", [0, 1], ids=["embedding", "head"])
def test_upgrade(tinyteach, switch_on, trained_project, which, number):
    """Its two COMMITs: what the board has afterwards is what is said."""
    with switch_on("i386") as board:
        on = ("-b", board.port, "-p", trained_project)
        assert tinyteach(*on, "deploy").code == 0
        before = info(board)
        lose_nth_of(board, messages.COMMIT, which, number)
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
