"""Tapes: each fault that was recorded gives the same verdict offline; a departure is named."""

import itertools
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tinyteach as tt
from paired import deploy, views_of
from patience import expect_silence
from planted_kernels import FLIPPED_ROUNDING, plant
from tinyteach.device.registry import PairedBoard, remember
from tinyteach.device.wire import session as session_module
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import BoardRefusedError, DepartedError, TapeError, TinyTeachError
from tinyteach.link.serial_link import SerialLink
from tinyteach.link.tape import replayed_link, tape_file
from tinyteach.link.tape.recorder import taping
from tinyteach.link.tape.tape_file import ENDED, read_tape
from tinyteach.progress import unseen
from tinyteach.service.boards import aftermath, link_speed
from tinyteach.service.boards.link_speed import Speed
from tinyteach.service.boards.verification import verify
from tinyteach.service.heads.deploying import deploy_head
from tinyteach.service.heads.recognition import classify_square
from tinyteach.service.tapes.driving import replay_tape
from tinyteach.service.tapes.listing import list_tape
from tinyteach.service.tapes.replaying import replaying
from tinyteach_protocol import frame, hearing, messages, requester

LABELS = ("cat", "coffee")


@pytest.fixture(scope="module")
def board(switch_on, trained_heads):
    """One with a head at work; the last test spoils it."""
    with switch_on("i386") as started:
        started.show(views_of("cat", 1)[0])
        with BoardClient(started.port) as client:
            deploy(client, trained_heads[0])
        yield started


@pytest.fixture
def tape(tmp_path):
    return tmp_path / "a.tape"


@pytest.fixture
def recorded(board, tape):
    """recorded(act) is what comes of ``act(client)`` with the board, which goes to the tape."""

    def record(act):
        with taping(tape), BoardClient(board.port) as client:
            return act(client)

    return record


@pytest.fixture
def replayed(tape):
    """replayed(act) is what comes of it with the tape; the board is not asked."""

    def play(act, **options):
        with replaying(tape, **options) as played, played.open() as client:
            return act(client)

    return play


@pytest.fixture(scope="module")
def session(board, tmp_path_factory):
    """Where a tape may be written, and the entries of one."""
    path = tmp_path_factory.mktemp("tapes") / "whole.tape"
    with taping(path), BoardClient(board.port) as client:
        classified(client), grabbed(client), watched(3)(client)
    return path.with_name("other.tape"), read_tape(path).entries


def classified(client):
    return [classify_square(client, view, LABELS) for view in views_of("cat", 2)]


def watched(count):
    def act(client):
        with closing(client.stream(messages.STREAM_RESULTS)) as events:
            return [event.scores for event in itertools.islice(events, count)]

    return act


def grabbed(client):
    taken, pixels = client.grab()
    return taken.frame_number, pixels


def test_the_same_comes_of_the_same(recorded, replayed, tape):
    """Photographs sent, taken and streamed; what the board took, and what it is, stand on it."""

    def everything(client):
        shown = client.info().as_dict()
        return shown, classified(client), grabbed(client), watched(10)(client)

    then = recorded(everything)
    assert replayed(everything) == then
    (listed,) = list_tape(tape).connections
    assert listed.facts["head"] and listed.facts["machine"].startswith("TinyTeach virtual board")
    assert {step.outcome for step in listed.steps} == {"ok"}
    (streamed,) = (step for step in listed.steps if step.verb == "STREAM")
    assert streamed.events >= 10 and streamed.latency_ms > 0


def test_a_board_of_the_face(recorded, tape):
    recorded(classified)
    with replaying(tape) as played, tt.Board(played.name) as board:
        assert classified(board.client) and board.port == played.name


@pytest.mark.parametrize("way", [False, True])
def test_all_is_asked_again(recorded, tape, way):
    recorded(lambda client: (classified(client), grabbed(client), watched(3)(client)))
    again = replay_tape(tape, way, unseen)
    assert again.held and set(again.outcomes) == {"ok"} and again.requests > 8, again.lines()


def test_in_real_time_answers_take_as_long_as_they_did(recorded, replayed, monkeypatch):
    """By a clock that stands still but for sleeps."""
    recorded(classified)
    now, slept_s = [0], []

    def sleep(duration_s):
        slept_s.append(duration_s)
        now[0] += round(duration_s * 1e6)

    monkeypatch.setattr(replayed_link, "_now_us", lambda: now[0])
    monkeypatch.setattr(replayed_link.time, "sleep", sleep)
    assert replayed(classified) and not slept_s
    replayed(classified, real_time=True)
    (listed,) = list_tape(replayed.__closure__[0].cell_contents).connections
    answers_s = [step.latency_ms / 1000 for step in listed.steps]
    assert max(answers_s) - 0.001 <= sum(slept_s) <= sum(answers_s) + 0.001


# Faults


def sentence_of(act, *arguments) -> str:
    with pytest.raises(TinyTeachError) as failed:
        act(*arguments)
    return f"{type(failed.value).__name__}: {failed.value}"


def without_port(sentence, port):
    assert port in sentence
    return sentence.replace(port, "PORT")


def test_a_refused_deploy(recorded, replayed, trained_heads):
    content = bytearray(trained_heads[1].content)
    content[content.index(b"TTH2") + 4] ^= 0xFF

    def refused(client):
        client.upload(messages.HEAD, bytes(content))
        client.commit()

    told = sentence_of(recorded, refused)
    assert told == sentence_of(replayed, refused) and BoardRefusedError.__name__ in told


def test_a_link_that_broke_in_the_middle(board, recorded, replayed):
    def lost(client, pull=lambda: None):
        client.send_image(views_of("cat", 1)[0].tobytes(), 120, messages.RGB888)
        pull()
        client.run(messages.SOURCE_IMAGE)

    told = sentence_of(recorded, lambda client: lost(client, board.drop_link))
    assert "broke; check the cable" in told
    assert sentence_of(replayed, lost) == told


def test_a_board_that_was_reset_in_the_middle(board, recorded, replayed, tape):
    def restarted(client, press=lambda: None):
        client.run(messages.SOURCE_CAMERA)
        press()
        client.run(messages.SOURCE_CAMERA)

    port = board.port
    told = without_port(sentence_of(recorded, lambda c: restarted(c, board.reset)), port)
    assert "restarted in the middle" in told
    assert without_port(sentence_of(replayed, restarted), f"replay://{tape}") == told
    assert "NO_SESSION" in [s.outcome for c in list_tape(tape).connections for s in c.steps]


def test_a_board_that_fell_silent_takes_no_time(board, replayed, tape, monkeypatch):
    """Offline nobody waits for what does not come."""
    waits = []

    def silent(client):
        monkeypatch.setattr(requester, "SLOW_TIMEOUT_MS", 50)
        monkeypatch.setattr(requester, "TIMEOUT_MS", 50)
        return client.run(messages.SOURCE_CAMERA)

    with taping(tape), BoardClient(board.port) as client:
        board.disturb(to_host=lambda data: b"")
        told = sentence_of(silent, client)
    board.disturb()
    monkeypatch.setattr("time.sleep", waits.append)
    assert "stopped answering" in told
    assert without_port(sentence_of(replayed, silent), f"replay://{tape}") == without_port(
        told, board.port
    )
    assert waits == []


def test_a_board_that_was_not_there(tape, monkeypatch):
    monkeypatch.setenv("TINYTEACH_HOME", str(tape.parent))
    expect_silence(monkeypatch, 100)
    with taping(tape):
        told = sentence_of(BoardClient, "/dev/no-such-port")
    with replaying(tape) as played:
        assert sentence_of(BoardClient, played.name) == told


def test_a_deploy_whose_answer_was_lost_leads_to_no_board(
    board, recorded, tape, trained_heads, monkeypatch
):
    """It is looked for again, on the tape: the board may be attached, and be another by now."""
    monkeypatch.setenv("TINYTEACH_HOME", str(tape.parent / "home"))
    monkeypatch.setattr(aftermath, "RETURN_TIMEOUT_S", 0.3)
    commit = BoardClient.commit

    def deployed(client, pull=lambda: None):
        monkeypatch.setattr(BoardClient, "commit", lambda self: (pull(), commit(self))[1])
        deploy_head(client, trained_heads[1], unseen)

    told = sentence_of(recorded, lambda client: deployed(client, board.drop_link))
    assert "is not known" in told
    remember(PairedBoard(board.unique_id.hex(), "there", board.port, "", "virtual board"))
    opened = []
    monkeypatch.setattr(SerialLink, "__init__", lambda self, *_: opened.append(self))
    with replaying(tape) as played, played.open() as client:
        assert sentence_of(deployed, client) == told
    assert opened == []


FRAMES = st.builds(
    frame.encode,
    st.sampled_from(
        [n | r for n in messages.VERBS for r in (0, messages.RESPONSE)]
        + [*messages.EVENTS, messages.ERROR, 0x7F]
    ),
    st.integers(0, 3),
    st.binary(max_size=40) | st.just(bytes(26)),
    st.sampled_from([0, frame.RETRY]),
)
ENTRIES = st.lists(
    st.tuples(
        st.sampled_from(tape_file.KINDS),
        st.integers(0, 2),
        st.integers(0, 10**9),
        FRAMES | st.binary(max_size=30) | st.just(b'{"port": "p"}'),
    ),
    max_size=12,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ENTRIES)
def test_any_tape_is_listed_and_replayed_or_refused(tmp_path, monkeypatch, entries):
    """Its frames may hold anything; nothing hangs, and what is wrong is a sentence."""
    monkeypatch.setenv("TINYTEACH_HOME", str(tmp_path))
    about = tape_file.head_of({"tinyteach": "0", "started": "", "words": []})
    opened = tape_file.entry_bytes(tape_file.OPENED, 1, 0, b'{"port": "p"}')
    rest = b"".join(tape_file.entry_bytes(*each) for each in entries)
    (tmp_path / "any.tape").write_bytes(about + tape_file.block(opened + rest))
    assert list_tape(tmp_path / "any.tape").lines()
    assert replay_tape(tmp_path / "any.tape", False, unseen).lines()


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_session_with_parts_left_out_or_changed(session, data):
    """Of a real one, so that it gets far."""
    path, entries = session
    left_out = data.draw(st.sets(st.integers(1, len(entries) - 1), max_size=4))
    changed = data.draw(st.dictionaries(st.integers(1, len(entries) - 1), FRAMES, max_size=2))
    about = tape_file.head_of({"tinyteach": "0", "started": "", "words": []})
    kept = [
        tape_file.entry_bytes(entry.kind, entry.link, 1, changed.get(number, entry.data))
        for number, entry in enumerate(entries)
        if number not in left_out
    ]
    path.write_bytes(about + tape_file.block(b"".join(kept)))
    assert list_tape(path).lines()
    assert replay_tape(path, False, unseen).lines()


# Departures


def test_another_request_is_a_departure(recorded, replayed, tape):
    recorded(classified)
    with replaying(tape) as played, played.open() as client, pytest.raises(DepartedError) as left:
        client.grab()
    told = str(left.value)
    assert (
        "in request 3," in told
        and "then it sent OPEN (photograph of 120×120 pixels, 43200 bytes)" in told
    ), told
    assert "now GRAB (kind 0)" in told and played.replay.departure.number == 3


def test_another_photograph_is_a_departure(recorded, replayed):
    recorded(classified)
    with pytest.raises(DepartedError, match="bytes of a photograph"):
        replayed(lambda client: classify_square(client, views_of("coffee", 1)[0], LABELS))


def test_more_than_was_recorded_is_a_departure(recorded, replayed):
    recorded(watched(3))
    assert len(replayed(watched(3))) == 3
    with pytest.raises(DepartedError, match="then it sent STOP.*now RUN"):
        replayed(watched(2000))


def test_another_connection_is_a_departure(recorded, tape):
    recorded(classified)
    with replaying(tape) as played:
        played.open().__enter__().close()
        with pytest.raises(DepartedError, match="no other connection"), played.open():
            pass


def test_what_is_not_asked_again_is_counted(recorded, tape):
    recorded(classified)
    with replaying(tape) as played:
        with played.open() as client:
            classify_square(client, views_of("cat", 2)[0], LABELS)
        assert played.replay.departure is None and played.replay.left > 2


def test_a_tape_that_is_cut_short_ends_where_it_is_cut(recorded, replayed, tape):
    recorded(lambda client: [classified(client) for _ in range(12)])
    content = tape.read_bytes()
    assert read_tape(tape).ending == ENDED
    tape.write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(TapeError, match="The tape ends here, .* cut short"):
        replayed(lambda client: [classified(client) for _ in range(12)])


def test_what_depends_on_time_is_no_departure(recorded, replayed, monkeypatch):
    """A HELLO after a pause, and questions whether the board lives."""

    def busy(client):
        return classified(client), client.info().labels

    with monkeypatch.context() as patch:
        patch.setattr(session_module, "SESSION_SILENCE_MS", -1)  # each request begins it anew
        patch.setattr(hearing, "LIVE_MS", -1)  # and asks first
        slow = recorded(busy)
        assert replayed(busy) == slow
    assert replayed(busy) == slow


def test_a_wrong_result_has_the_same_verdict_offline(
    board, tape, suite_of, few_pictures, monkeypatch
):
    """The last one: the board's kernels are spoilt."""
    # How much is compared goes by how quick the link is, which a busy machine's is not always.
    monkeypatch.setattr(link_speed, "measure_link", lambda *_: Speed(1e6, 1e6))
    suite_of("test_exactness.py")
    plant(board, FLIPPED_ROUNDING)
    with taping(tape):
        then = verify(board.port, None, None, quiet=True)
    board.stop()
    assert not then.held and then.failed
    with replaying(tape) as played:
        now = verify(played.name, None, None, quiet=True)
        assert played.replay.departure is None and played.replay.left == 0
    assert (now.failed, now.passed, now.skipped) == (then.failed, then.passed, then.skipped)
    assert now.measured["mismatches"] == then.measured["mismatches"] > 0
    assert all("operator 1 of the embedding" in line for line in now.failed)
