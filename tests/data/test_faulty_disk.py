"""Commands killed at a file operation, or on a full disk: a few of those of tests/soak/disks.py."""

import shutil
import sys
from pathlib import Path

import pytest

import project_trials
from project_commands import COMMANDS
from soak_commands import soak_command

disks = soak_command("disks")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project with photographs, and more of them beside it."""
    project_trials.preload()
    folder = tmp_path_factory.mktemp("disks") / "made"
    project_trials.make(folder, trained=False)
    return folder


@pytest.mark.parametrize("command", ["class rename", "class remove"])
def test_nothing_is_lost(made, command):
    count = disks.operations(made, command)
    assert count >= 3
    for fault, at in ((disks.KILL, count // 2 + 1), (disks.KILL, count), (disks.FULL, count)):
        assert disks.trial(made, disks.Trial(command, fault, at)) == "", (fault, at)


def test_a_fault_is_one(made):
    """What is counted is what befalls a command: with a fault it does not end as without."""
    assert disks.faulty(made / "project", ["class", "add", "dog"], disks.KILL, 1).code == -9
    refused = disks.faulty(made / "project", ["class", "add", "dog"], disks.FULL, 1)
    assert refused.code == 7 and "no space left on device" in refused.err


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes root's rights from a process")
def test_a_copy_of_what_may_not_be_written_leaves_nothing(made, tmp_path):
    small_disks = soak_command("small_disks")
    project = Path(shutil.copytree(made, tmp_path / "copy")) / "project"
    with small_disks._modes_of(tmp_path, 0o555, 0o444):
        done = project_trials.run(project, COMMANDS["duplicate"], small_disks.give_up_rights)
    assert done.code == 7 and "permission denied" in done.err
    assert project_trials.litter_in(tmp_path) == []
