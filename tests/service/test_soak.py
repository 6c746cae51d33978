"""`tinyteach soak`: nothing wrong, nothing lost, left as found; what is wrong is told."""

import itertools
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from paired import deploy
from planted_kernels import plant
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import UsageError
from tinyteach.progress import unseen
from tinyteach.service.boards.rules import read_rules, write_rules
from tinyteach.service.soak import page, run, soaking, stage
from tinyteach.service.soak.acts import UNPLUG, Acts
from tinyteach.service.soak.soaked import ALLOWED_BYTES, Sample, Soaked, Trouble
from tinyteach.service.soak.soaking import soak
from tinyteach.virtual.interpreter import micropython

SHORT_MINUTES = 0.5
HEADS_FOR = soaking.heads_for


@pytest.fixture(autouse=True)
def quick(monkeypatch, trained_heads):
    """A clock that goes on by a second whenever it is read: by acts, whatever they take."""
    ticks = itertools.count()
    monkeypatch.setattr(soaking, "PHOTOS_PER_CLASS", 3)
    monkeypatch.setattr(soaking, "heads_for", lambda *_: trained_heads)
    monkeypatch.setattr(run, "clock", lambda: float(next(ticks)))
    monkeypatch.setattr(run, "RETURN_TIMEOUT_S", 10_000)


@pytest.fixture(scope="module")
def board(switch_on):
    with switch_on("i386", camera=False) as started:
        yield started


@pytest.fixture
def as_found(board, trained_heads):
    """What the board has; it must have it at the end."""

    def state():
        with BoardClient(board.port) as client:
            info = client.info()
            return info.head, info.previous_head, info.threshold, read_rules(client)

    with BoardClient(board.port) as client:
        for head in trained_heads:
            deploy(client, head)
        client.set_threshold(77)
        write_rules(client, read_rules(client))
    before = state()
    yield
    assert state() == before


def test_a_virtual_board_of_its_own(new_boards_are_paired, monkeypatch, tmp_path):
    """Unplugged often, in the middle of things, and never wrong."""
    new_boards_are_paired(micropython.find().arch)
    monkeypatch.setattr(soaking, "heads_for", HEADS_FOR)
    monkeypatch.setitem(run.WEIGHTS, UNPLUG, 20)
    soaked = soak(None, 1, 1, None, unseen)
    assert soaked.held and not soaked.wrong and not soaked.errors, soaked.lines()
    assert soaked.compared > 5 and sum(soaked.unplugged.values()) == soaked.reconnects > 0
    page.write(soaked, tmp_path / "report")
    told = json.loads((tmp_path / "report" / "soak.json").read_text())
    assert told["compared"] == soaked.compared and told["held"] is True
    shown = (tmp_path / "report" / "soak.html").read_text()
    assert (
        "<svg" in shown
        and "0 wrong" in shown
        and "http://" not in shown.replace("http://www.w3.org/2000/svg", "")
    )


def test_a_board_is_left_as_found_and_says_what_it_wrote(board, as_found):
    soaked = soak(board.port, SHORT_MINUTES, 0, None, unseen, writes_max=4)
    assert soaked.held and soaked.compared, soaked.lines()
    assert soaked.head_writes + soaked.switches <= 4 + 2  # the first two write and switch
    assert "is as it was found: both of its heads" in soaked.left
    assert any("not unplugged: it is no virtual board" in note for note in soaked.notes)
    assert any("no camera" in note for note in soaked.notes)


def test_ctrl_c_ends_it_in_order(board, as_found, monkeypatch):
    do, done = Acts.do, []

    def interrupted(self, act, client):
        done.append(act)
        if len(done) == 4:
            raise KeyboardInterrupt
        do(self, act, client)

    monkeypatch.setattr(Acts, "do", interrupted)
    soaked = soak(board.port, 1000, 0, None, unseen)
    assert soaked.interrupted and soaked.compared >= 3 and soaked.took_s < 60_000
    assert "as it was found" in soaked.left


def test_a_power_command_unplugs_it(board, as_found, monkeypatch, tmp_path):
    """Which it calls with off and on; one that fails is told, and one without a place refused."""
    monkeypatch.setattr("tinyteach.service.soak.stage.OFF_S", 0.0)
    monkeypatch.setitem(run.WEIGHTS, UNPLUG, 1000)
    told = tmp_path / "told"
    soaked = soak(board.port, SHORT_MINUTES, 0, None, unseen, f"sh -c 'echo {{}} >> {told}'")
    assert soaked.held and soaked.unplugged["power"] == soaked.reconnects
    assert told.read_text().split() == ["off", "on"] * soaked.reconnects
    with pytest.raises(UsageError, match="stands for on and off"):
        soak(board.port, 1, 0, None, unseen, "power off")
    with pytest.raises(UsageError, match="switches the board's power failed"):
        soak(board.port, 1, 0, None, unseen, "false {}")


def test_power_without_a_board_to_switch_is_refused(monkeypatch):
    with pytest.raises(UsageError, match="the virtual board of a soak has none to switch"):
        soak(None, 1, 0, None, unseen, "hub {}")
    running = SimpleNamespace(name="left", port="/dev/pts/99")
    monkeypatch.setattr(stage, "running_virtuals", lambda: [running])
    with pytest.raises(UsageError, match="the virtual board left has none to switch"):
        soak("/dev/pts/99", 1, 0, None, unseen, "hub {}")


def test_a_board_that_stays_away_ends_it_with_its_report(switch_on, monkeypatch):
    monkeypatch.setattr(run, "RETURN_TIMEOUT_S", 0.0)
    do = Acts.do
    with switch_on("i386", camera=False) as board:

        def gone(self, act, client):
            do(self, act, client)
            board.drop_link()

        monkeypatch.setattr(Acts, "do", gone)
        soaked = soak(board.port, 1, 0, None, unseen)
    assert not soaked.held and "did not come back" in soaked.errors[-1].what
    assert "could not be left as it was found" in soaked.left


def test_a_wrong_result_is_named(switch_on):
    """By a fault that a head's self-test does not meet; the board had no head and has none then."""
    end = "        interpreter.invoke()\n"
    fault = "        interpreter.steps[0].lowest = 127\n" + end
    with switch_on("i386", camera=False) as board:
        plant(board, ("agent/recogniser.py", end, fault))
        soaked = soak(board.port, SHORT_MINUTES, 0, None, unseen)
        with BoardClient(board.port) as client:
            assert not client.info().head
    assert not soaked.held and len(soaked.wrong) == soaked.compared
    assert "operator 1 of the head (fully_connected" in soaked.wrong[0].what
    assert "is as it was found: no head" in soaked.left


def soaked_of(heap_by_start) -> Soaked:
    samples = [
        Sample(float(number), used, used, 1.0 + number / 100, start, 0, 0, 0)
        for start, values in enumerate(heap_by_start)
        for number, used in enumerate(values)
    ]
    return Soaked("b", "m", 0, 1.0, samples=samples)


def test_memory_that_grows_between_two_starts_is_found():
    """What a board loads at first is none, nor is that it begins anew after a start."""
    level = [1000, 9000, 9100, 9000, *[9050] * 20]
    assert soaked_of([level, level]).is_flat
    leaking = [9000 + ALLOWED_BYTES // 10 * number for number in range(24)]
    leaks = soaked_of([level, leaking, level])
    assert leaks.is_flat is False and not leaks.held
    assert soaked_of([level[:4], level[:4]]).is_flat is None
    assert soaked_of([level]).latency_drift == pytest.approx(0.15, abs=0.1)


def test_its_page_shows_any_text(tmp_path):
    soaked = soaked_of([[5]])
    soaked.errors.append(Trouble(1.0, "infer", "<script>alert(1)</script>"))
    page.write(soaked, tmp_path)
    assert "<script>" not in Path(tmp_path / "soak.html").read_text()
    assert page.svg(soaked_of([])).startswith("<svg")
