"""Bad input: one clear sentence and an exit code, never a traceback."""

import json
import threading

import pytest
from PIL import Image

import faulty_port
from paired import views_of
from patience import expect_silence
from tinyteach.cli.exit_codes import exit_code_of
from tinyteach.data.names import CLASSES_MAX
from tinyteach.data.project import Project
from tinyteach.device.repl import entering
from tinyteach.device.repl.pairing import await_agent
from tinyteach.errors import (
    BoardNotFoundError,
    BoardNotPairedError,
    BoardRefusedError,
    ModelError,
    PhotoError,
    ProjectError,
    TrainingError,
    UsageError,
)
from tinyteach.head.format.metadata import _seal
from tinyteach.service.heads import training
from tinyteach.virtual.board import VirtualBoard

ON_BOARD = [("info",), ("pair",), ("rollback",), ("watch",), ("preview",), ("why",)]


# Boards


@pytest.fixture
def nothing_attached(monkeypatch):
    monkeypatch.setattr("serial.tools.list_ports.comports", list)


@pytest.mark.parametrize("command", ON_BOARD, ids=" ".join)
def test_no_board(fails, nothing_attached, command):
    assert "No board is attached; connect one by USB, or 'tinyteach boards start'" in fails(
        *command
    )


@pytest.mark.parametrize("threshold", ["2", "-0.1", "nan"])
def test_threshold_that_is_no_probability(fails, threshold):
    assert "from 0 to 1" in fails("watch", f"--threshold={threshold}")


@pytest.mark.parametrize(
    ("board", "sentence"),
    [
        ("/dev/ttyNONE", "There is no port /dev/ttyNONE"),
        ("desk", "No board is called 'desk'"),
        ("virtual", "The virtual board does not run"),
        ("socket://127.0.0.1:1", "Nothing answers at socket://127.0.0.1:1"),
        ("nonsense://x", "'nonsense://x' is no port"),
        ("/etc/hostname", "'/etc/hostname' is no port"),
    ],
)
def test_wrong_port(tinyteach, fails, nothing_attached, board, sentence):
    assert sentence in fails("--board", board, "info")
    assert tinyteach("--board", board, "info").code == exit_code_of(BoardNotFoundError)


def test_port_in_use(fails, board):
    import serial

    with serial.Serial(board.port, exclusive=True):
        assert "is in use; close the program" in fails("-b", board.port, "info")


@pytest.fixture
def silent_port():
    """A device at a port that is no MicroPython and says nothing."""
    with faulty_port.silent_port() as name:
        yield name


def test_board_without_micropython(tinyteach, fails, silent_port, impatient):
    assert "Nothing on" in fails("-b", silent_port, "pair")
    assert tinyteach("-b", silent_port, "info").code == exit_code_of(BoardNotPairedError)


@pytest.fixture(scope="module")
def blank_port():
    with VirtualBoard("i386") as started:
        yield started.port


@pytest.fixture
def impatient(monkeypatch):
    """What does not answer at once does not answer."""
    monkeypatch.setattr(entering, "ENTER_TIMEOUT_S", 0.3)
    expect_silence(monkeypatch, 200)


@pytest.mark.parametrize("command", ["info", "watch", "preview", "rollback"])
def test_unpaired_board(fails, blank_port, impatient, command):
    said = fails("-b", blank_port, command)
    # "to install it", or "if it has no agent yet" where a busy machine's board echoed nothing yet
    assert f"run 'tinyteach --board {blank_port} pair'" in said


def test_board_that_was_taught_nothing(tinyteach, fails, switch_on, photo_folder):
    photo = photo_folder / "cat" / "0.png"
    with switch_on("i386") as board:
        for command in (("watch",), ("classify", photo)):
            assert "train and deploy first" in fails("-b", board.port, *command)
        assert "no earlier head" in fails("-b", board.port, "rollback")
    assert tinyteach("boards", "stop").code == exit_code_of(BoardNotFoundError)


def test_board_without_a_camera(fails, switch_on, project):
    with switch_on("i386", camera=False) as board:
        for command in (("-p", project, "capture", "cat"), ("preview",)):
            told = fails("-b", board.port, *command)
            assert "has no camera; take photographs with another one" in told
            assert "'tinyteach import'" in told and "'tinyteach classify'" in told


def test_camera_that_fails(fails, board, project):
    board.scene.broken = True
    try:
        assert "The camera gave no picture" in fails(
            "-b", board.port, "-p", project, "capture", "cat"
        )
    finally:
        board.scene.broken = False


def test_plug_pulled_while_recording(tinyteach, fails, switch_on, project):
    """What was recorded until then stays."""
    folder = project / "photos" / "cat"
    before = len([*folder.iterdir()])
    with switch_on("i386") as board:
        pulled = threading.Thread(target=board.drop_link)

        def view():
            """The agent looks by itself, too, until the recording begins."""
            if not pulled.ident and len([*folder.iterdir()]) > before + 1:
                pulled.start()
            return views_of("cat", 1)[0]

        board.show_source(view)
        await_agent(board.port, "").close()
        # Small: of a link that a busy machine makes slow it would say so first.
        capture = ("capture", "cat", "--small", "-n", "99")
        assert "check the cable" in fails("-b", board.port, "-p", project, *capture)
    listed = json.loads(tinyteach("-p", project, "class", "list", "--json").out)
    assert listed["classes"][0]["photos"] in range(before + 2, before + 99)


# Projects and photographs


@pytest.mark.parametrize(
    "command",
    [("class", "list"), ("class", "add", "x"), ("capture", "cat"), ("train",), ("report",)]
    + [("deploy",), ("export", "a.zip"), ("import", "."), ("classify", "--host", "x.png")],
    ids=" ".join,
)
def test_folder_that_is_no_project(tinyteach, fails, command):
    assert "is not a TinyTeach project; make one with 'tinyteach new NAME'" in fails(*command)
    assert tinyteach(*command).code == exit_code_of(ProjectError)


def test_unknown_class(fails, board, project):
    said = fails("-b", board.port, "-p", project, "capture", "dog")
    assert "There is no class 'dog'; run 'tinyteach class add dog' first" in said


@pytest.mark.parametrize("count", ["0", "-3", "many"])
def test_bad_count(tinyteach, count):
    result = tinyteach("capture", "cat", "--count", count)
    assert result.code == exit_code_of(UsageError) and "--count" in result.err


def test_one_class_only(tinyteach, fails, tmp_path, photo_folder):
    folder = tmp_path / "one"
    tinyteach("new", folder)
    (folder / "photos" / "cat").symlink_to(photo_folder / "cat")
    assert "needs at least two; there is 'cat'" in fails("-p", folder, "train")
    assert tinyteach("-p", folder, "train").code == exit_code_of(TrainingError)


def test_class_without_photographs(tinyteach, fails, project):
    tinyteach("-p", project, "class", "add", "dog")
    assert "no photographs of 'dog'; record some" in fails("-p", project, "train")


@pytest.fixture
def opens_no_photograph(monkeypatch):
    """A training that reads an embedding or a photograph fails."""
    monkeypatch.setattr(training, "project_embedding", None)
    monkeypatch.setattr(training, "KnownPhotos", None)


def test_what_cannot_be_trained_is_told_before_any_work(fails, project, opens_no_photograph):
    (project / "photos" / "dog").mkdir()
    assert "no photographs of 'dog'; record some" in fails("-p", project, "train")
    for number in range(CLASSES_MAX):
        (project / "photos" / f"thing {number}").mkdir()
    assert "at most 63 classes" in fails("-p", project, "train")


def test_one_class_too_many(tinyteach, fails, tmp_path):
    folder = tmp_path / "many"
    tinyteach("new", folder)
    names = [f"thing {number}" for number in range(CLASSES_MAX)]
    assert tinyteach("-p", folder, "class", "add", "unknown", *names).code == 0
    assert "at most 63 classes and there would be 64" in fails("-p", folder, "class", "add", "one")
    for name in ("thing 1", "new"):
        (tmp_path / "in" / name).mkdir(parents=True)
        Image.new("RGB", (24, 24), "red").save(tmp_path / "in" / name / "1.png")
    for dry_run in ([], ["--dry-run"]):
        told = fails("-p", folder, "import", tmp_path / "in", *dry_run)
        assert "at most 63 classes" in told
    assert not (folder / "photos" / "new").exists()
    assert not list((folder / "photos" / "thing 1").iterdir())


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (("good", "a/b"), "'a/b' cannot name a class"),
        (("good", "CAT"), "There is a class 'cat' already"),
        (("good", "Good"), "'Good' is named twice"),
        ([f"c{number}" for number in range(62)], "at most 63 classes and there would be 64"),
    ],
)
def test_of_several_classes_all_are_added_or_none(fails, project, names, why):
    assert why in fails("-p", project, "class", "add", *names)
    assert Project.open(project).classes() == ["cat", "coffee"]


def test_a_class_with_photographs_is_removed_by_name(tinyteach, fails, project):
    (project / "photos" / "cat").rename(project / "photos" / "red cup")
    told = fails("-p", project, "class", "remove", "red cup")
    assert "'tinyteach class remove \"red cup\" --delete-photos'" in told
    assert tinyteach("-p", project, "class", "remove", "red cup", "--delete-photos").code == 0


def test_unreadable_photograph(tinyteach, fails, board, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG and no more")
    missing = tmp_path / "missing.png"
    for file in (broken, missing):
        assert str(file) in fails("-b", board.port, "classify", file)
        assert tinyteach("-b", board.port, "classify", file).code == exit_code_of(PhotoError)


def test_nothing_to_import(tinyteach, fails, project, tmp_path):
    (tmp_path / "empty").mkdir()
    fails("-p", project, "import", tmp_path / "empty")
    fails("-p", project, "import", tmp_path / "not there")


def test_target_that_cannot_be_written(fails, project, tmp_path):
    (tmp_path / "file").write_text("")
    fails("-p", project, "export", tmp_path / "file" / "photos.zip")


@pytest.mark.parametrize("name", ["view.xyz", "view.psd", "view", "nowhere/view.png"])
def test_preview_into_a_file_that_cannot_be(tinyteach, fails, board, name):
    assert name in fails("-b", board.port, "preview", "--out", name)
    assert tinyteach("-b", board.port, "preview", "--out", "view.png").code == 0


# Heads


def test_nothing_trained_yet(fails, board, project):
    assert "run 'tinyteach train'" in fails("-b", board.port, "-p", project, "deploy")
    assert "run 'tinyteach train'" in fails("-p", project, "report")
    photo = project / "photos" / "cat"
    fails("-p", project, "classify", "--host", next(photo.glob("*.png")))


@pytest.mark.parametrize("content", [b"", b"TFL3", None], ids=["empty", "short", "half"])
def test_truncated_head(tinyteach, fails, board, trained_project, content):
    head = trained_project / "heads" / "head.tflite"
    whole = head.read_bytes()
    head.write_bytes(whole[: len(whole) // 2] if content is None else content)
    said = fails("-b", board.port, "-p", trained_project, "deploy")
    assert "damaged or cut short" in said or "no TinyTeach head" in said
    result = tinyteach("-b", board.port, "-p", trained_project, "deploy")
    assert result.code == exit_code_of(ModelError)


def test_head_for_another_embedding(tinyteach, fails, board, trained_project):
    """It is refused before anything is sent; the old head stays at work."""
    assert tinyteach("-b", board.port, "-p", trained_project, "deploy").code == 0
    path = trained_project / "heads" / "head.tflite"
    content = bytearray(path.read_bytes()[: -len(_seal(b""))])
    content[content.index(b"TTH2") + 4] ^= 1
    path.write_bytes(content + _seal(content))
    said = fails("-b", board.port, "-p", trained_project, "deploy")
    assert "the board has base" in said and "run 'tinyteach upgrade'" in said
    result = tinyteach("-b", board.port, "-p", trained_project, "deploy")
    assert result.code == exit_code_of(BoardRefusedError)
    assert tinyteach("-b", board.port, "watch", "-n", "1").code == 0


# What is not installed, and the rest


@pytest.mark.parametrize(
    "command",
    [("new", "things"), ("pair",), ("upgrade",), ("demo", "--per-class=2", "--held-out=1")],
    ids=lambda command: command[0],
)
def test_unknown_embedding(tinyteach, fails, board, project, tiny, command):
    options = () if command[0] == "new" else ("-b", board.port, "-p", project)
    said = fails(*options, *command, "--embedding", "huge")
    assert (
        "There is no embedding 'huge'; choose base, tiny, open or plus, or name a .tflite file"
        in said
    )


def test_embedding_that_is_none(fails, board, project, photo_folder):
    photo = photo_folder / "cat" / "0.png"
    for command in ("pair", "upgrade"):
        said = fails("-b", board.port, "-p", project, command, "--embedding", photo)
        assert "no .tflite model that boards can read" in said


def test_show_without_a_photograph(fails):
    assert "--object" in fails("boards", "show")


def test_show_what_is_not_there(fails, photo_folder):
    """No board is needed to say so."""
    assert "There is no file 'nope.png' here; name a" in fails("boards", "show", "nope.png")
    assert "boards show --object cat" in fails("boards", "show", "cat")


def test_show_without_a_board(fails, photo_folder):
    assert "No virtual board named virtual runs" in fails("boards", "show", photo_folder)


def test_bad_registry(tinyteach, fails, tmp_path):
    file = tmp_path / "home" / "config" / "boards.json"
    file.parent.mkdir(parents=True)
    file.write_text("{not json")
    assert "delete it and pair the boards again" in fails("boards")
