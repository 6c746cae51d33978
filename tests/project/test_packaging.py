"""The wheel: what is in it, what it needs, and that it works without the repository."""

import email
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from patience import PATIENCE_S
from tinyteach.data.drawing import demo_object
from tinyteach.data.handheld import HandheldCamera
from tinyteach.data.images import encode_png

MUST_HAVE = {
    "tinyteach/__init__.py",
    "tinyteach/cli/main.py",
    "tinyteach/embedding/embedding.tflite",
    "tinyteach/embedding/embedding.json",
    "tinyteach/embedding/embedding.background.npz",
    "tinyteach/embedding/embedding_tiny.tflite",
    "tinyteach/embedding/embedding_tiny.json",
    "tinyteach/embedding/embedding_tiny.background.npz",
    "tinyteach/embedding/embedding_open.tflite",
    "tinyteach/embedding/embedding_open.json",
    "tinyteach/embedding/embedding_open.background.npz",
    "tinyteach/embedding/embedding_plus.tflite",
    "tinyteach/embedding/embedding_plus.json",
    "tinyteach/embedding/embedding_plus.background.npz",
    "tinyteach/data/drawings.json",
    "tinyteach/head/report/templates/report.html.j2",
    "tinyteach/studio/sentences.json",
    "tinyteach/studio/page/index.html",
    "tinyteach/studio/page/js/strings/zh-said.json",
    "tinyteach/studio/page/js/main.js",
    "tinyteach/studio/page/css/panels.css",
    "tinyteach/virtual/rom/start.py",
    "tinyteach/_firmware/main.py",
    "tinyteach/_firmware/agent/loop.py",
    "tinyteach/_firmware/boards/virtual.json",
    "tinyteach/_firmware/boards/xiao_esp32s3_sense.json",
    "tinyteach/hil/plugin.py",
    "tinyteach/hil/report/schema.json",
    "tinyteach/hil/report/templates/run.html.j2",
    "tinyteach/head/report/templates/style.css.j2",
    "tinyteach/_hil_tests/test_exactness.py",
    "tinyteach_protocol/__init__.py",
    "tinyteach_protocol/frame.py",
}
ROOMS = ("tinyteach/", "tinyteach_protocol/")
PYTEST = (sys.executable, "-m", "pytest")
PHOTOS_PER_CLASS = 8
SIDE = 32


def run(*command, **options) -> str:
    """What a command prints; it must end well."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(root, tmp_path_factory) -> Path:
    """The wheel, built with what is installed: no network."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--wheel", "--no-isolation", "--outdir", str(folder)]
    run(sys.executable, "-m", "build", *options, str(root))
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def names(wheel) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_wheel_holds_what_runs(names):
    assert MUST_HAVE - names == set()


def test_wheel_holds_nothing_else(names):
    packaged = {name for name in names if ".dist-info/" not in name}
    assert [name for name in packaged if not name.startswith(ROOMS)] == []
    assert [name for name in packaged if "__pycache__" in name or "/tests/" in name] == []


@pytest.mark.parametrize(
    ("folder", "packaged"),
    [("firmware_agent", "tinyteach/_firmware"), ("host/tinyteach", "tinyteach")]
    + [("hil_tests", "tinyteach/_hil_tests")],
)
def test_wheel_holds_every_source(names, root, folder, packaged):
    sources = {p.relative_to(root / folder).as_posix() for p in (root / folder).rglob("*.py")}
    assert sources and {name for name in sources if f"{packaged}/{name}" not in names} == set()


def test_retraining_needs_no_tensorflow(wheel):
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        metadata = email.message_from_bytes(archive.read(name))
    needed = metadata.get_all("Requires-Dist")
    base = [requirement for requirement in needed if "extra ==" not in requirement]
    assert base
    assert not [requirement for requirement in base if "tensorflow" in requirement]
    assert metadata["License-Expression"] == "MIT AND Apache-2.0"


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Runs the installed wheel's command in a folder outside the repository."""
    folder = tmp_path_factory.mktemp("installed")
    site = folder / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    run(*pip, "--target", str(site), str(wheel))
    # Before the environment's own packages, in which the repository is installed to be edited.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TINYTEACH_STATE")}
    environment |= {"PYTHONPATH": str(site), "TINYTEACH_HOME": str(folder / "home")}
    code = "import tinyteach, tinyteach_protocol as p; print(tinyteach.__file__, p.__file__)"
    where = run(sys.executable, "-c", code, cwd=folder, env=environment)
    assert where.count(str(site)) == 2
    program = [sys.executable, str(site / "bin" / "tinyteach")]

    def command(*arguments, program=program, cwd=folder):
        return run(*program, *arguments, cwd=cwd, env=environment)

    return command


def test_installed_command_answers(installed):
    from tinyteach import __version__

    assert installed("--version").split() == ["tinyteach", __version__]
    assert "No board is attached" in installed("boards")


def write_photos(folder: Path) -> None:
    """Small views of two objects: half of them to train on, half to test with."""
    for name in ("cat", "coffee"):
        (folder / name).mkdir(parents=True)
        camera = HandheldCamera(demo_object(name), width=SIDE, height=SIDE)
        for number, view in enumerate(camera.record(PHOTOS_PER_CLASS)):
            (folder / name / f"{number:03}.png").write_bytes(encode_png(view))


@pytest.mark.soak
def test_installed_suite_passes_on_a_board_of_the_same_agent(installed, switch_on, tmp_path):
    """Its agent is, byte for byte, that of this repository: pairing has nothing to write."""
    write_photos(tmp_path / "photos")
    junit = tmp_path / "junit.xml"
    with switch_on("i386", camera=False) as board:
        paired = json.loads(installed("--board", board.port, "pair", "--json"))
        assert paired["written"] == []
        options = ("--photos", str(tmp_path / "photos"), "--junit", str(junit))
        printed = installed("--board", board.port, "verify", *options)
    assert "The board does what it promises" in printed
    assert "mismatches: 0" in printed
    assert 'failures="0"' in junit.read_text()


@pytest.mark.soak
def test_installed_plugin_tests_the_example_s_boards(installed, root, tmp_path):
    """By one pytest command, and by the wheel's own entry point."""
    project = shutil.copytree(root / "examples" / "hil_ci", tmp_path / "project")
    printed = installed("-p", "no:cacheprovider", program=PYTEST, cwd=project)
    assert "5 passed" in printed and "accuracy: " in printed
    assert (project / "report" / "report.html").exists()
