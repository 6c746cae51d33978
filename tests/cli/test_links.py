"""Commands over a link that spoils what it can: a few of the sessions of tests/soak/links.py."""

import shutil

import pytest

from link_sessions import SESSIONS, bench_on

# Seeds of each, which have faults of all kinds among them.
FEW = {"watch": (2, 5), "deploy": (3,), "rules": (4,), "teach": (1,), "capture": (0,), "pull": (1,)}


@pytest.fixture(scope="module")
def bench(paired_flashes, tmp_path_factory):
    """A board behind a faulty link, with a project."""
    folder = tmp_path_factory.mktemp("links")
    shutil.copy(paired_flashes("i386"), folder / "flash")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYTEACH_HOME", str(folder / "home"))
        with bench_on("i386", folder / "flash", folder, is_uart=False) as made:
            yield made


@pytest.fixture
def session(bench, monkeypatch):
    """session(kind, seed), where that board is remembered."""
    monkeypatch.setenv("TINYTEACH_HOME", str(bench.home))
    return bench.session


@pytest.mark.parametrize("kind", FEW)
def test_success_or_a_sentence(session, kind):
    outcomes = [session(kind, seed) for seed in FEW[kind]]
    assert [outcome.wrong for outcome in outcomes] == [""] * len(outcomes)


def test_what_is_drawn_is_all_that_is_promised():
    assert set(FEW) | {"upgrade"} == set(SESSIONS)
