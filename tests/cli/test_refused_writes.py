"""A full disk, folders of others', a read-only share, a place without UTF-8."""

import io
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from tinyteach.cli.exit_codes import exit_code_of
from tinyteach.device.keys import write_key
from tinyteach.errors import ProjectError

COMMAND = [sys.executable, "-c", "from tinyteach.cli.main import run; run()"]
NOBODY = 65534
FULL = Path("/dev/full")


def run(*arguments, become=(), before=None, env=None, **options):
    """What the real command came to, where all of its process matters; ``before`` is done in it."""
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


@contextmanager
def no_room():
    """As on a full disk: what goes beyond some bytes is refused."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def without_room(fails):
    """without_room(*arguments) is the one sentence of a command that finds the disk full."""

    def run(*arguments):
        with no_room():
            return fails(*arguments)

    return run


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
def test_no_room(project, without_room, line, named):
    before = content(project)
    assert named in without_room("-p", project, *line.split())
    assert content(project) == before and not (project / "heads").exists()


def test_no_room_for_a_head(trained_project, without_room):
    """The head before and its report stay, and nothing of the new one is kept."""
    before = {path: path.read_bytes() for path in trained_project.rglob("*") if path.is_file()}
    next((trained_project / "photos" / "cat").iterdir()).unlink()
    without_room("-p", trained_project, "train")
    after = {path: path.read_bytes() for path in trained_project.rglob("*") if path.is_file()}
    assert len(before) == len(after) + 1 and after.items() < before.items()
    assert len(list((trained_project / "heads" / "history").iterdir())) == 1


def test_no_room_leaves_no_folder(tmp_path, without_room):
    without_room("new", tmp_path / "a" / "b")
    assert not (tmp_path / "a").exists()
    (tmp_path / "mine").mkdir()
    without_room("new", tmp_path / "mine")
    assert list((tmp_path / "mine").iterdir()) == []


@pytest.fixture
def open_folder():
    """A folder that every user may enter, unlike pytest's."""
    folder = Path(tempfile.mkdtemp(prefix="tinyteach-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@contextmanager
def another_user():
    """This process as another user, who may not do what root may."""
    groups, group = os.getgroups(), os.getegid()
    os.setgroups([])
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)


@pytest.fixture
def as_nobody(open_folder, tinyteach, monkeypatch):
    """Runs a command as another user; only root can become one."""
    if os.geteuid() != 0:
        pytest.skip("only root can run as another user")
    home = open_folder / "home"
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)
    monkeypatch.setenv("TINYTEACH_HOME", str(home))
    monkeypatch.chdir("/")

    def run(*arguments):
        with another_user():
            return tinyteach(*arguments)

    return run


@pytest.fixture
def refused(as_nobody):
    """The one sentence of a command of another user's that must fail."""

    def run(*arguments):
        done = as_nobody(*arguments)
        return sentence(subprocess.CompletedProcess(arguments, done.code, done.out, done.err))

    return run


def test_what_is_another_users(as_nobody, refused, made_trained_project, open_folder):
    trained_project = shutil.copytree(made_trained_project, open_folder / "project")
    photo = next((trained_project / "photos" / "cat").glob("*.png"))
    changes = ("train", "class add dog", "class rename cat lion")
    for line in (*changes, "class remove cat --delete-photos"):
        assert "permission denied" in refused("-p", trained_project, *line.split())
    assert as_nobody("-p", trained_project, "report").code == 0
    for place in (trained_project / "heads", trained_project / "heads" / "history"):
        os.chown(place, NOBODY, NOBODY)  # else training reads no photograph
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
        said = refused("-p", trained_project, *line.split())
        assert path in said and "permission denied" in said, (line, said)
        (trained_project / path).chmod(0o755)


WORK = (
    "tinyteach.service.heads.training.KnownPhotos",
    "tinyteach.service.photos.importing.import_folder",
    "tinyteach.service.heads.retraining.open_agent",
    "tinyteach.service.boards.verification.verify",
    "tinyteach.service.soak.soaking.soak",
    "tinyteach.service.heads.exporting.joined_model",
    "tinyteach.data.exporting.list_photos",
    "tinyteach.service.heads.looking.explain_on_host",
    "tinyteach.device.repl.pairing.install",
)


@pytest.fixture
def no_work(monkeypatch):
    """What takes long, or begins to: reached by no command that is refused before."""

    def work(*_, **__):
        raise AssertionError("this was work")

    for name in WORK:
        monkeypatch.setattr(name, work)
    monkeypatch.setattr("tinyteach.service.boards.finding.check_there", lambda _: None)


def test_what_cannot_be_kept_is_refused_before_the_work(
    refused, no_work, made_trained_project, photo_folder, open_folder
):
    """Where the end would be refused, no photograph is read, no board asked, no model made."""
    project = Path(shutil.copytree(made_trained_project, open_folder / "project"))
    photos = shutil.copytree(photo_folder, open_folder / "photos")
    photo = next((project / "photos" / "cat").glob("*.png"))
    kept = open_folder / "kept"
    kept.mkdir()
    for line, named in {
        "train": "heads",
        f"import {photos}": "photos",
        "capture cat": "photos/cat",
        "capture unknown": "photos",
        "pull": "project",
        "upgrade": "heads",
        "retrain": "heads",
        "retrain --from-board": "heads",
        f"retrain --add {photos}": "heads",
        f"export photos {kept}/all.zip": "kept/all.zip",
        f"export photos {kept}/nosuch/all.zip": "nosuch/all.zip",
        f"export model --to {kept}/model": "kept/model",
        f"classify --why {photo} --out {kept}/why.png": "kept/why.png",
        f"preview --out {kept}/view.png": "kept/view.png",
        f"verify --junit {kept}/junit.xml": "kept/junit.xml",
        f"soak --report {kept}/soak": "kept/soak",
        f"romfs {kept}/rom": "kept/rom",
    }.items():
        said = refused("-p", project, "--board", "virtual", *line.split())
        assert f"{named} could not be written" in said, (line, said)
    (open_folder / "home").chmod(0o500)
    assert "config could not be written" in refused("--board", "socket://127.0.0.1:9", "pair")


def test_what_may_be_written_is_not_refused(as_nobody, made_trained_project, open_folder):
    """In a project whose folder is another's the head is written where heads may be."""
    project = Path(shutil.copytree(made_trained_project, open_folder / "project"))
    for place in (project / "heads", *(project / "heads").rglob("*")):
        os.chown(place, NOBODY, NOBODY)
    assert as_nobody("-p", project, "train").code == 0


def test_keys_that_nobody_may_look_at_are_not_none(refused, open_folder):
    """Nor are they forgotten where the folder may not be changed; each in a sentence."""
    folder = open_folder / "home" / "config" / "keys"
    folder.mkdir(parents=True)
    write_key(folder / "0f0f.json", "0f0f", bytes(range(32)))
    for mode, line, said in (
        (0o000, "list", "cannot be listed (permission denied)"),
        (0o755, "export 0f0f a.key", "0f0f.json cannot be read (permission denied)"),
        (0o755, "forget 0f0f", "cannot be deleted (permission denied)"),
    ):
        folder.chmod(mode)
        assert said in refused("keys", *line.split()), line
    shutil.rmtree(folder)
    folder.write_bytes(b"")
    assert "cannot be listed (not a directory)" in refused("keys", "list")


def test_a_home_that_cannot_be_written(refused, open_folder):
    (open_folder / "home").chmod(0)
    for line in (("boards",), ("boards", "start"), ("--board", "desk", "info")):
        assert "permission denied" in refused(*line), line


@contextmanager
def output_in(encoding):
    """Standard output and error as Python opens them where the system has this encoding."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding) for _ in range(2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        yield lambda: tuple(s.buffer.getvalue().decode(encoding) for s in (out, err))


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "cp437"])
def test_an_output_without_the_letters(tinyteach, project, encoding):
    """A word in letters that the output has not is escaped, in JSON as JSON does it."""
    (project / "photos" / "coffee").rename(project / "photos" / "珈琲 😀")
    for line in ("class list --json", "class list", "class remove 珈琲\t😀"):
        with output_in(encoding) as written:
            tinyteach("-p", project, *(word.replace("\t", " ") for word in line.split(" ")))
            out, err = written()
        if "--json" in line:
            names = [row["name"] for row in json.loads(out)["classes"]]
            assert names == ["cat", "珈琲 😀"]
        else:
            assert "\\u73c8" in (err if "remove" in line else out)
            assert err.startswith("tinyteach: ") == ("remove" in line)


def test_an_output_of_a_process_without_the_letters(project):
    (project / "photos" / "coffee").rename(project / "photos" / "珈琲 😀")
    shown = run("-p", project, "class", "list", env={"PYTHONIOENCODING": "cp1252"})
    assert shown.returncode == 0 and "\\u73c8" in shown.stdout and shown.stderr == ""


def test_names_that_have_no_encoding(tinyteach, fails, project):
    """A file's name in another encoding."""
    photo = next((project / "photos" / "cat").glob("*.png"))
    shutil.copy(photo, os.fsencode(photo.parent) + b"/caf\xe9.png")
    shutil.copy(photo, os.fsencode(photo.parent) + b"/caf\xe9.txt")
    for line in ("class list", "class list --json", "train", "report --json", "report"):
        assert tinyteach("-p", project, *line.split()).code == 0, line
    assert "rename the file" in fails("-p", project, "export", "all.zip")


def test_a_system_without_utf_8(project):
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    photo = next((project / "photos" / "cat").glob("*.png"))
    shutil.copy(photo, os.fsencode(photo.parent) + b"/caf\xe9.png")
    assert run("-p", project, "class", "list", env=plain).returncode == 0
    (project / "tinyteach.json").write_text('{"format": 1, "name": "x", "classes": []}')
    added = run("-p", project, "class", "add", "猫", env=plain)
    assert added.returncode in (0, exit_code_of(ProjectError)), added.stderr


@pytest.fixture
def full():
    """An output on a disk that is full."""
    if not FULL.exists():
        pytest.skip("this system has no /dev/full")
    with FULL.open("w") as opened:
        yield opened


@pytest.mark.parametrize("line", ["class list", "--help"])
def test_an_output_that_takes_nothing(project, full, line):
    where = {"capture_output": False, "stdout": full, "stderr": subprocess.PIPE}
    assert "no space left on device" in sentence(run("-p", project, *line.split(), **where))


def test_no_command_s_output_is_taken(fails, trained_project, full, monkeypatch):
    photo = next((trained_project / "photos" / "cat").glob("*.png"))
    for line in ("class list --json", "report", "heads", f"classify --host {photo}", "--version"):
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", os.fdopen(os.dup(full.fileno()), "w"))
            assert "no space left on device" in fails("-p", trained_project, *line.split()), line


def test_an_output_that_is_closed(project):
    for number in (1, 2):
        done = run("-p", project, "class", "list", before=lambda number=number: os.close(number))
        assert done.returncode == 0 and "Traceback" not in done.stderr
