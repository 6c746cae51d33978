"""Which board a command means: the one named, else the environment's, else the project's."""

import json
import re
import shutil
from importlib import import_module
from pkgutil import walk_packages
from types import SimpleNamespace

import pytest
import typer

from paired import views_of
from tinyteach import service
from tinyteach.cli.parser import app
from tinyteach.data.project import Project
from tinyteach.device.registry import PairedBoard, remember
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import BoardNotFoundError
from tinyteach.service.boards import finding
from tinyteach.virtual.board import DEFAULT_FLASH_BYTES, VirtualBoard
from tinyteach.virtual.flash_image import UNIQUE_ID_BYTES, FlashImage
from tinyteach_protocol import messages

# What each command that talks to a board needs besides. The demo brings a board of its own.
ARGUMENTS = {
    "boards show": ("--object", "cat"),
    "boards pins": (),
    "boards stop": (),
    "pair": (),
    "info": (),
    "doctor": (),
    "flash": ("image.bin",),
    "restore": (),
    "capture": ("cat",),
    "preview": (),
    "deploy": (),
    "rollback": (),
    "upgrade": (),
    "teach": ("cat",),
    "pull": (),
    "retrain": (),
    "watch": (),
    "classify": ("cat.png",),
    "test": ("photos", "--copies"),
    "verify": (),
    "why": (),
    "soak": (),
    "rule add": ("cat", "pin", "2", "high"),
    "rule list": (),
    "rule remove": ("1",),
    "rule clear": (),
    "alone": (),
    "wipe": ("--yes",),
    "unpair": ("--yes",),
    "studio": ("--no-browser",),
}


def takes_a_board(command) -> bool:
    return any("--board" in parameter.opts for parameter in command.params)


def commands_with_a_board(command, words=()) -> set[str]:
    """Every command line that has --board itself."""
    if not hasattr(command, "commands"):
        return {" ".join(words)} if takes_a_board(command) else set()
    below = command.commands.items()
    return {line for name, part in below for line in commands_with_a_board(part, (*words, name))}


def test_every_command_that_has_a_board_is_tried_here():
    assert commands_with_a_board(typer.main.get_command(app)) == {*ARGUMENTS, "demo"}


@pytest.fixture
def asked_for(monkeypatch):
    """Which boards were looked for, by name."""
    names = []

    def look(board):
        names.append(finding.board_wanted(board))
        raise BoardNotFoundError("It was looked for.")

    # All are imported first: one that is meanwhile would keep what stands in here.
    found = [part.name for part in walk_packages(service.__path__, "tinyteach.service.")]
    for module in [import_module(name) for name in [*found, "tinyteach.api.board"]]:
        for name in ("resolve_port", "open_board", "virtual_meant"):
            monkeypatch.setattr(module, name, look, raising=False)
    hold = "tinyteach.workbench.live_board.LiveBoard.connect"
    monkeypatch.setattr(hold, lambda self, board: names.append(board))
    monkeypatch.setattr("tinyteach.studio.serve._run", lambda *_: None)
    return names


@pytest.fixture
def things(trained_project, tmp_path, monkeypatch):
    """The current folder: a project whose board is the kitchen's."""
    Project.open(trained_project).board = "kitchen"
    monkeypatch.chdir(trained_project)
    (trained_project / "image.bin").touch()
    for source in (trained_project / "photos" / "cat").glob("*.png"):
        (trained_project / "cat.png").write_bytes(source.read_bytes())
    return trained_project


@pytest.fixture
def kitchen_is_meant(tinyteach, asked_for):
    """kitchen_is_meant(line, *options) runs a command and requires that it wants the kitchen's."""

    def run(line, *options):
        tinyteach(*line.split(), *ARGUMENTS[line], *options)
        assert asked_for and set(asked_for) == {"kitchen"}, line

    return run


@pytest.mark.parametrize("line", ARGUMENTS)
def test_the_project_s_board_is_meant(kitchen_is_meant, things, line):
    kitchen_is_meant(line)


@pytest.mark.parametrize("line", ["rollback", "wipe", "studio", "boards show", "boards stop"])
def test_what_is_named_comes_first(kitchen_is_meant, things, line, monkeypatch):
    monkeypatch.setenv("TINYTEACH_BOARD", "kitchen")
    Project.open(things).board = "hall"
    kitchen_is_meant(line)
    monkeypatch.setenv("TINYTEACH_BOARD", "hall")
    kitchen_is_meant(line, "--board", "kitchen")


@pytest.mark.parametrize("line", ["boards show", "boards pins", "boards stop"])
def test_a_virtual_board_is_named_before_and_after(tinyteach, asked_for, line):
    tinyteach("--board", "v2", *line.split(), *ARGUMENTS[line])
    for option in ("--board", "-b", "--name"):
        tinyteach("-b", "hall", *line.split(), *ARGUMENTS[line], option, "v2")
    tinyteach("-b", "hall", *line.split(), "v2", *ARGUMENTS[line])
    tinyteach(*line.split(), *ARGUMENTS[line])
    assert asked_for == ["v2"] * 5 + ["virtual"]
    assert "Two boards" in tinyteach(*line.split(), "v2", *ARGUMENTS[line], "--name", "v3").err


def test_what_a_virtual_board_is_to_see(tinyteach, fails, asked_for, tmp_path, monkeypatch):
    """A word alone is a photograph; of two the first is the board."""
    photo = tmp_path / "a.png"
    photo.touch()
    tinyteach("boards", "show", "v2", photo)
    tinyteach("boards", "show", photo)
    assert asked_for == ["v2", "virtual"]
    assert "Too much" in fails("boards", "show", "v2", photo, "--object", "cat")
    assert "no file 'v2' here" in fails("boards", "show", "v2")
    found = SimpleNamespace(name="v2")
    monkeypatch.setattr(finding, "running_virtuals", lambda: [found])
    assert "'tinyteach boards show v2 --object cat'" in fails("boards", "show", "v2")


def test_a_virtual_board_is_started_by_its_name(tinyteach, fails, monkeypatch):
    named = []

    def start(name, *_):
        named.append(name)
        raise BoardNotFoundError("It was to be started.")

    monkeypatch.setattr("tinyteach.service.boards.virtual_boards.start_virtual", start)
    for words in (["nb"], ["--name", "nb"], ["nb", "--name", "nb"], []):
        tinyteach("boards", "start", *words)
    assert named == ["nb"] * 3 + ["virtual"]
    assert "Two boards are named, nb and mb" in fails("boards", "start", "nb", "--name", "mb")


@pytest.mark.parametrize("line", ["boards show", "boards pins", "boards stop"])
def test_a_virtual_board_that_nobody_knows(fails, line):
    told = fails("-b", "nosuch", *line.split(), *ARGUMENTS[line])
    assert "No virtual board named nosuch runs; 'tinyteach boards' lists" in told


@pytest.mark.parametrize("line", ["rollback", "rule list", "info"])
def test_a_project_that_is_named(kitchen_is_meant, things, line, monkeypatch, fails, tmp_path):
    monkeypatch.chdir(tmp_path)
    kitchen_is_meant(line, "--project", things)
    assert "is not a TinyTeach project" in fails("-p", "typo", *line.split())


def test_elsewhere_the_only_board_is_meant(tinyteach, asked_for):
    assert "was looked for" in tinyteach("rollback").err
    assert asked_for == [None]


def test_a_damaged_project_names_no_board(fails, things):
    (things / "tinyteach.json").write_text("{")
    assert "is damaged" in fails("rollback")


def test_one_place_decides(root):
    """No command looks for a board by another way; the demo has its own."""
    cli = root / "host" / "tinyteach" / "cli"
    deciding = [path.name for path in cli.glob("*.py") if "board_meant(" in path.read_text()]
    asking = [path.name for path in cli.glob("*.py") if "asked.board" in path.read_text()]
    assert "asked.py" in deciding
    for name in asking:
        wanted = set(re.findall(r"asked\.board\w*", (cli / name).read_text()))
        by_the_rule = wanted <= {"asked.board_meant", "asked.board_there"}
        assert by_the_rule or name in {"demo.py", "studio.py"}, name


# Two real boards


@pytest.fixture
def another_flash(paired_flashes, tmp_path):
    """A paired board's flash in a chip with another identity."""
    path = tmp_path / "another.flash"
    shutil.copy(paired_flashes("i386"), path)
    flash = FlashImage(path, DEFAULT_FLASH_BYTES)
    content = path.read_bytes().replace(flash.unique_id, bytes(UNIQUE_ID_BYTES))
    flash.close()
    path.write_bytes(content)
    return path


@pytest.fixture
def two_boards(switch_on, trained_heads, another_flash):
    """The project's board and another one, each with two heads, the larger at work."""
    with switch_on("i386") as ours, VirtualBoard("i386", another_flash) as other:
        for name, board in (("kitchen", ours), ("hall", other)):
            identity = board.unique_id.hex()
            remember(PairedBoard(identity, name, board.port, "", "virtual board"))
            board.show(views_of("cat", 1)[0])
            with BoardClient(board.port) as client:
                for head in trained_heads:
                    client.upload(messages.HEAD, head.content)
                    client.commit()
        yield ours, other


def labels_on(board) -> list[str]:
    with BoardClient(board.port) as client:
        return client.info().labels


def test_rollback_and_wipe_touch_the_project_s_board_alone(tinyteach, two_boards, things):
    ours, other = two_boards
    three = labels_on(other)
    restored = tinyteach("rollback", "--json")
    assert restored.code == 0, restored.err
    assert json.loads(restored.out)["labels"] == ["cat", "coffee"]
    assert labels_on(ours) == ["cat", "coffee"] and labels_on(other) == three
    assert json.loads(tinyteach("info", "--json").out)["board_id"] == ours.unique_id.hex()
    assert tinyteach("watch", "-n", "1").code == 0
    assert "kitchen has forgotten" in tinyteach("wipe", "--yes").out
    assert labels_on(ours) == [] and labels_on(other) == three
