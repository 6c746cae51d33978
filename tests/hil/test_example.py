"""examples/hil_ci: green as it stands, and red with its cause for each fault that is planted.

What is planted is in a copy of the example, or on a board in the agent's place.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from paired import views_of
from patience import PATIENCE_S
from planted_faults import other_version
from planted_kernels import plant
from tinyteach.hil.results import Run

SPIN = ("op.run(op)", "op.run(op)\n            for _ in range(100000):\n                pass")
LEAK = (
    "        self.has_features = True\n",
    "        self.has_features = True\n"
    "        files.lost = bytearray(256), getattr(files, 'lost', None)\n",
)
SHUFFLED = (
    "labels = [label for label, _ in shown]",
    "labels = [label for label, _ in shown[::7] + shown]\n    labels = labels[:len(shown)]\n"
    "    __import__('random').Random(3).shuffle(labels)",
)


class Project:
    """A copy of the example, and what pytest said in it."""

    def __init__(self, root, tmp_path):
        self.folder, self._home = tmp_path / "project", tmp_path / "home"
        shutil.copytree(root / "examples" / "hil_ci", self.folder)

    def change(self, name, before, after):
        source = (self.folder / name).read_text()
        assert source.count(before) == 1
        (self.folder / name).write_text(source.replace(before, after))

    def test(self, *options, **environment):
        """(what pytest ended with, the run as report.json has it)."""
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
        env = os.environ | {"TINYTEACH_HOME": str(self._home)} | environment
        done = subprocess.run(
            command, cwd=self.folder, env=env, capture_output=True, text=True, timeout=PATIENCE_S
        )
        report = self.folder / "report" / "report.json"
        assert report.exists(), done.stdout + done.stderr
        run = Run.of_dict(json.loads(report.read_text()))
        assert run.code == done.returncode
        return run

    def test_and_replay(self, *options):
        """The run; the same came of its tape, in the same words."""
        tapes = self.folder / "tapes"
        then = self.test(*options, f"--tt-record={tapes}")
        (tape,) = tapes.iterdir()
        now = self.test(*options, f"--tt-replay={tape}")
        assert now.code == then.code and verdicts(now) == verdicts(then)
        return then


def verdicts(run):
    return [(each.test, each.outcome, each.reason, each.why) for each in run.outcomes]


@pytest.fixture
def project(root, tmp_path):
    return Project(root, tmp_path)


def told(run):
    """Each test that failed, with its reason and what the board was found to be like."""
    failed = run.of("failed", "error", "wrong board")
    return {each.test.rpartition("::")[2]: " ".join([each.reason, *each.why]) for each in failed}


@pytest.mark.soak
def test_as_it_stands(project):
    run = project.test()
    assert run.code == 0 and len(run.of("passed")) == 5
    assert run.boards[0].word == "virtual"


@pytest.fixture
def planted(switch_on):
    """planted(*changes): a board with these changes to its agent, whose camera sees something."""

    @contextlib.contextmanager
    def start(*changes):
        with switch_on("i386") as board:
            board.show(views_of("cat", 1)[0])
            if changes:
                plant(board, *changes)
            yield board

    return start


# On the board: half of what rounding adds is left out.
HALF = ("agent/vision/kernels_viper.py", "    half = area >> 1\n", "    half = 0\n")
EXACT = "test_board_and_computer_compute_the_same"


@pytest.mark.parametrize("only", [EXACT, pytest.param("", marks=pytest.mark.soak)])
def test_altered_preprocessing(project, planted, only):
    with planted(HALF) as board:
        run = project.test if only else project.test_and_replay
        found = told(run(f"--tt-board={board.port}", "-k", only))
    assert found[EXACT].startswith("preprocessing (64×64×3): row ")
    assert "on this computer" in found[EXACT]
    if not only:
        assert "pictures otherwise than this computer" in found["test_parts_are_told_apart"]


class Environment:
    """As `planted_faults` wants it."""

    def __init__(self, switch_on):
        self.switch_on = switch_on


def test_other_firmware(project, switch_on):
    with other_version(Environment(switch_on)) as board:
        run = project.test(f"--tt-board={board.port}")
    assert run.code == 22
    (said,) = told(run).values()
    assert "has the agent of version 0.0.1, and this computer" in said


@pytest.mark.soak
def test_a_slow_operator(project, planted):
    with planted(("agent/tflite/interpreter.py", *SPIN)) as board:
        found = told(project.test_and_replay(f"--tt-board={board.port}"))
    assert list(found) == ["test_the_embedding_is_quick_enough"]
    (said,) = found.values()
    assert said.startswith("embedding by preprocessing is ") and "budget is at most 20." in said
    assert "Board and computer agree" in said


@pytest.mark.soak
def test_shuffled_labels(project, planted):
    project.change("training.py", *SHUFFLED)
    with planted() as board:
        found = told(project.test_and_replay(f"--tt-board={board.port}"))
    assert list(found) == ["test_parts_are_told_apart"]
    (said,) = found.values()
    assert "accuracy is " in said and "so it is the head or the photographs" in said
    assert "no more than guessing among 3 classes" in said


@pytest.mark.soak
def test_a_leaking_agent(project, planted):
    with planted(("agent/recogniser.py", *LEAK)) as board:
        found = told(project.test_and_replay(f"--tt-board={board.port}"))
    assert list(found) == ["test_an_inference_leaves_no_memory_behind"]
    (said,) = found.values()
    assert said.startswith("heap lost is ") and "bytes, and its budget is at most 64." in said


@pytest.mark.soak
def test_a_camera_that_gives_black(project, switch_on):
    with switch_on("i386") as board:
        board.show(np.zeros((240, 240, 3), np.uint8))
        found = told(project.test_and_replay(f"--tt-board={board.port}"))
    assert list(found) == ["test_the_camera_sees_something"]
    (said,) = found.values()
    assert "The camera gives black: no pixel of what it sees is brighter than" in said
