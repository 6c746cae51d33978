"""A full disk, folders of others', a read-only share, a place without UTF-8: the real command."""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tinyteach.cli.exit_codes import exit_code_of
from tinyteach.errors import ProjectError

COMMAND = [sys.executable, "-c", "from tinyteach.cli.main import run; run()"]
NOBODY = 65534
FULL = Path("/dev/full")


def run(*arguments, become=(), before=None, env=None, **options):
    """What the real command came to; ``before`` is done in its process."""
    return subprocess.run(
        [*become, *COMMAND, *map(str, arguments)],
        **{"capture_output": True, "text": True, "timeout": 300, "preexec_fn": before, **options},
        env={**os.environ, "PYTHONWARNINGS": "ignore", **(env or {})},
    )


def sentence(done):
    """The one sentence of a command that must have failed."""
    assert done.returncode not in (0, 120) and done.stderr.startswith("tinyteach: "), done.stderr
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr, done.stderr
    return done.stderr


def no_room():
    """As on a full disk: what goes beyond some bytes is refused."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (40, 40))


def content(folder):
    """The classes and files of a project."""
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return sorted((folder / "photos").iterdir()), files


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("train", "report.html could not be written (file too large)"),
        ("export all.zip", "all.zip could not be written (file too large)"),
        ("class add dog", "tinyteach.json could not be written (file too large)"),
        ("class rename cat lion", "tinyteach.json could not be written (file too large)"),
    ],
)
def test_no_room(project, line, named):
    before = content(project)
    assert named in sentence(run("-p", project, *line.split(), before=no_room))
    assert content(project) == before


def test_no_room_for_a_head(trained_project):
    """The head before and its report stay, and nothing of the new one is kept."""
    before = {path: path.read_bytes() for path in trained_project.rglob("*") if path.is_file()}
    next((trained_project / "photos" / "cat").iterdir()).unlink()
    sentence(run("-p", trained_project, "train", before=no_room))
    after = {path: path.read_bytes() for path in trained_project.rglob("*") if path.is_file()}
    assert len(before) == len(after) + 1 and after.items() < before.items()
    assert len(list((trained_project / "heads" / "history").iterdir())) == 1


def test_no_room_leaves_no_folder(tmp_path, project):
    sentence(run("new", tmp_path / "a" / "b", before=no_room))
    assert not (tmp_path / "a").exists()
    sentence(run("-p", project, "train", before=no_room))
    assert not (project / "heads").exists()
    (tmp_path / "mine").mkdir()
    sentence(run("new", tmp_path / "mine", before=no_room))
    assert list((tmp_path / "mine").iterdir()) == []


@pytest.fixture
def open_folder():
    """A folder that every user may enter, unlike pytest's."""
    folder = Path(tempfile.mkdtemp(prefix="tinyteach-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def as_nobody(open_folder):
    """Runs a command as another user, who may not do what root may; only root can become one."""
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0 or setpriv is None:
        pytest.skip("only root, with setpriv (Debian: util-linux), can run as another user")
    home = open_folder / "home"
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)
    become = (setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")

    def as_another(*arguments):
        return run(*arguments, become=become, cwd="/", env={"TINYTEACH_HOME": str(home)})

    if as_another("--version").returncode != 0:
        pytest.skip("another user cannot run this Python")
    return as_another


def test_what_is_another_users(as_nobody, trained_project, open_folder):
    trained_project = shutil.copytree(trained_project, open_folder / "project")
    photo = next((trained_project / "photos" / "cat").glob("*.png"))
    changes = ("train", "class add dog", "class rename cat lion")
    for line in (*changes, "class remove cat --delete-photos"):
        assert "permission denied" in sentence(as_nobody("-p", trained_project, *line.split()))
    assert as_nobody("-p", trained_project, "report").returncode == 0
    for path, line in (
        ("photos.jsonl", "class list"),
        ("heads", "report"),
        ("heads", "heads"),
        ("heads", f"classify --host {photo}"),
        ("photos", "class list"),
        ("photos/cat", "train"),
        ("tinyteach.json", "report"),
    ):
        (trained_project / path).chmod(0)
        said = sentence(as_nobody("-p", trained_project, *line.split()))
        assert path in said and "permission denied" in said, (line, said)
        (trained_project / path).chmod(0o755)


def test_a_home_that_cannot_be_written(as_nobody, open_folder):
    (open_folder / "home").chmod(0)
    for line in (("boards",), ("boards", "start"), ("--board", "desk", "info")):
        assert "permission denied" in sentence(as_nobody(*line)), line


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "cp437"])
def test_an_output_without_the_letters(project, encoding):
    """A word in letters that the output has not is escaped, in JSON as JSON does it."""
    import json

    (project / "photos" / "coffee").rename(project / "photos" / "珈琲 😀")
    env = {"PYTHONIOENCODING": encoding}
    listed = run("-p", project, "class", "list", "--json", env=env)
    assert [row["name"] for row in json.loads(listed.stdout)["classes"]] == ["cat", "珈琲 😀"]
    shown = run("-p", project, "class", "list", env=env)
    assert shown.returncode == 0 and "\\u73c8" in shown.stdout
    assert "\\u73c8" in sentence(run("-p", project, "class", "remove", "珈琲 😀", env=env))


def test_names_that_have_no_encoding(project):
    """A file's name in another encoding, and a system without UTF-8."""
    photo = next((project / "photos" / "cat").glob("*.png"))
    shutil.copy(photo, os.fsencode(photo.parent) + b"/caf\xe9.png")
    shutil.copy(photo, os.fsencode(photo.parent) + b"/caf\xe9.txt")
    for line in ("class list", "class list --json", "train", "report --json", "report"):
        assert run("-p", project, *line.split()).returncode == 0, line
    assert "rename the file" in sentence(run("-p", project, "export", "all.zip"))
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    assert run("-p", project, "class", "list", env=plain).returncode == 0
    (project / "tinyteach.json").write_text('{"format": 1, "name": "x", "classes": []}')
    added = run("-p", project, "class", "add", "猫", env=plain)
    assert added.returncode in (0, exit_code_of(ProjectError)), added.stderr


def test_an_output_that_takes_nothing(project):
    if not FULL.exists():
        pytest.skip("this system has no /dev/full")
    for line in ("class list", "class list --json", "train", "--help", "--version"):
        with FULL.open("w") as full:
            done = run(
                "-p", project, *line.split(), capture_output=False, stdout=full,
                stderr=subprocess.PIPE,
            )  # fmt: skip
        assert "no space left on device" in sentence(done), line


def test_an_output_that_is_closed(project):
    for number in (1, 2):
        done = run("-p", project, "class", "list", before=lambda number=number: os.close(number))
        assert done.returncode == 0 and "Traceback" not in done.stderr
