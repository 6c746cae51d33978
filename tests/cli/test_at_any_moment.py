"""Commands that are sent a signal at some moment: a few trials of tests/soak/signals.py."""

import signal

import pytest

import project_trials
from soak_commands import soak_command
from tinyteach.cli import main

signals = soak_command("signals")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    project_trials.preload()
    folder = tmp_path_factory.mktemp("signals") / "made"
    project_trials.make(folder, trained=False)
    return folder


@pytest.mark.parametrize(
    ("command", "number", "after_s"),
    [
        ("import", signal.SIGINT, 0.03),
        ("import", signal.SIGTERM, 0.05),
        ("class rename", signal.SIGINT, 0.01),
        ("class remove", signal.SIGTERM, 0.01),
        ("train", signal.SIGINT, 0.3),
        ("export photos", signal.SIGTERM, 0.0),
    ],
)
def test_nothing_is_half_or_left_behind(made, command, number, after_s):
    wrong, _ = signals.trial(made, signals.Trial(0, command, number, 1.0, False), None, after_s)
    assert wrong == ""


def test_ctrl_c_while_the_parser_is_imported(monkeypatch, tinyteach):
    def stopped(name):
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "import_module", stopped)
    told = tinyteach("class", "list")
    assert (told.code, told.out, told.err) == (130, "", "")
