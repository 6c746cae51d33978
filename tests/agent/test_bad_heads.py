"""No head that a board takes can fail at work; what it refuses leaves the old one at work."""

import pytest

from alone import wait_for
from bad_heads import bad_heads, damaged_heads, head_file
from paired import deploy, scores_of, views_of
from slices import few, soak
from soak.always_on import two_objects
from tinyteach.device.repl.pairing import await_agent, free_the_repl
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import BoardRefusedError
from tinyteach_protocol import errors, messages

# Each board is offered dozens of heads.
pytestmark = pytest.mark.timeout(900)
LARGEST = [f"{number} ".ljust(62, "x") + "y" for number in range(63)]
LARGE_BYTES = 100_000  # which take as long as all the others
# What is refused by the same line of the agent as another, or what test_labels.py asks.
TWINS = ("more features", "label of two lines", "long label", "empty label")
TWINS += ("label that is a surrogate", "label in more bytes than it needs", "label beyond Unicode")
REFUSALS = {errors.BAD_MODEL, errors.WRONG_EMBEDDING, errors.SELF_TEST_FAILED}


@pytest.fixture(scope="module")
def square():
    return views_of("coffee", 1, seed=9)[0]


def offered(client, content):
    """Whether the board took a head; it must answer in either case."""
    try:
        client.upload(messages.HEAD, content)
        client.commit()
    except BoardRefusedError as error:
        assert error.code in REFUSALS, error
        return False
    return True


def restarted(board):
    board.cut_power_now()
    board.power_on()
    return await_agent(board.port, "")


@pytest.mark.parametrize("every", [False, soak(True)])
def test_every_bad_head_is_refused(with_head, trained_heads, square, every):
    with with_head() as board:
        with BoardClient(board.port) as client:
            scores = scores_of(client, square)
            for what, content in bad_heads().items():
                if not every and (what in TWINS or len(content) > LARGE_BYTES):
                    continue
                assert not offered(client, content), what
                assert client.info().head == trained_heads[0].fingerprint, what
            assert scores_of(client, square) == scores
        with restarted(board) as client:
            assert client.info().state == "" and scores_of(client, square) == scores


@pytest.mark.parametrize("count", [7, soak(60)])
def test_a_damaged_head_is_refused_or_works(switch_on, trained_heads, square, count):
    with switch_on("i386") as board, BoardClient(board.port) as client:
        answers = hold_against_damage(client, trained_heads[1], square, count, seed="i386")
        assert len(answers) == 2  # some are taken, some are not
        info = client.info()
        assert not info.safe_mode and not info.crash_bytes


def hold_against_damage(client, head, square, count, seed):
    """Offer damaged heads; whether they were taken, as a set."""
    deploy(client, head)
    at_work, answers = head.fingerprint, set()
    for content in damaged_heads(head.content, count, seed):
        taken = offered(client, content)
        info = client.info()
        at_work = info.head if taken else at_work
        assert info.head == at_work and not info.state
        assert len(scores_of(client, square)) - len(info.labels) in (0, 1)
        client.teach(messages.TEACH_LIST)
        answers.add(taken)
    return answers


CRASHING = ("more features", "255 scores for anything else", "no label")


@pytest.mark.parametrize("what", few(CRASHING, "255 scores for anything else"))
def test_a_bad_head_in_flash_is_no_crash_loop(with_head, trained_heads, square, what):
    with with_head() as board:
        board.show(square)
        plant(board, bad_heads()[what])
        with await_agent(board.port, "") as client:
            info = client.info()
            assert "does not load" in info.state and not info.labels
            assert not info.safe_mode and not info.crash_bytes
            with pytest.raises(BoardRefusedError) as refused:
                client.run(messages.SOURCE_CAMERA)
            assert refused.value.code == errors.NO_HEAD
            deploy(client, trained_heads[1])
            assert client.info().state == "" and scores_of(client, square)


def plant(board, content):
    """Write a head over the one at work by other means than the agent, and restart."""
    free_the_repl(board.port)
    with raw_repl(board.port) as repl:
        repl.write_file("/tinyteach/head_a.tflite", content, lambda *_: None)
        repl.reset()


def test_the_largest_head_answers(switch_on, square):
    with switch_on("i386") as board, BoardClient(board.port) as client:
        assert offered(client, head_file(labels=LARGEST, tests=8))
        assert client.info().labels == client.teach(messages.TEACH_LIST).labels == LARGEST
        assert len(scores_of(client, square)) == 64


@pytest.mark.parametrize("heap", few(("328k", "340k", "352k"), "340k"))
def test_a_head_that_memory_hardly_holds(switch_on, square, heap):
    """It is refused, or there is room for all that follows, also for work without a host."""
    with switch_on("i386", heap=heap) as board:
        camera = two_objects(each=1)
        board.show_source(camera)
        with BoardClient(board.port) as client:
            taken = offered(client, head_file(labels=LARGEST))
            labels = client.info().labels
            assert labels == (LARGEST if taken else [])
            assert not taken or len(scores_of(client, square)) == 64
        before = camera.count
        wait_for(lambda: camera.count > before + 2, "the board does not look by itself")
        with BoardClient(board.port) as client:
            info = client.info()
            assert not info.crash_bytes and not info.safe_mode and info.labels == labels
