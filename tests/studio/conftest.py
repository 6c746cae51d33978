"""A studio of the test's own, served over loopback for real."""

import shutil
from pathlib import Path

import pytest

from at_home import home, with_quick_trainings  # noqa: F401
from browser import StudioProcess, chromium, person_at
from paired import views_of
from studio_server import StudioServer
from tinyteach.data.photos import save_burst
from tinyteach.data.project import Project
from tinyteach.service.boards import virtual_boards
from tinyteach.virtual import running
from tinyteach.virtual.interpreter import micropython
from tinyteach.workbench import live_board

HERE = Path(__file__).parent
VIEWS_PER_S = 4  # each costs the board, the studio and the browser; a label wants a few only
OBJECT_VIEWS = 23  # of each object; a prime, so that each frame of a few is another
OBJECTS = ("cat", "coffee", "rocket")
HANGS_S = 1800  # nobody asks how quick it is, here: a browser, a server and a board on busy cores


def pytest_collection_modifyitems(items):
    """The one time limit of these tests, which ends what hangs and shows its stacks."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.timeout(HANGS_S))


@pytest.fixture(scope="session")
def made_project(tmp_path_factory):
    """The folder of a project with two classes of four photographs, to be copied."""
    made = Project.create(tmp_path_factory.mktemp("made") / "things")
    for name in ("cat", "coffee"):
        made.add_class(name)
        # In four hands, so that what is held in a fifth is known.
        save_burst(made, name, [views_of(name, 1, hand, 96)[0] for hand in range(4)])
    return made.root


@pytest.fixture
def project(made_project, tmp_path):
    """A project of the test's own with two classes of four photographs."""
    return Project.open(shutil.copytree(made_project, tmp_path / "things"))


@pytest.fixture(scope="module")
def shared_studio(made_project, tmp_path_factory):
    """A studio without a board, for tests that leave it as it was."""
    folder = tmp_path_factory.mktemp("shared")
    shutil.copytree(made_project, folder / "things")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYTEACH_HOME", str(folder / "home"))
        with StudioServer(folder / "things") as server:
            yield server


@pytest.fixture
def studio(project):
    """The project's studio, without a board."""
    with StudioServer(project.root) as server:
        yield server


@pytest.fixture
def board(switch_on):
    """A paired board that sees a cat."""
    with switch_on("i386") as started:
        started.show(views_of("cat", 1)[0])
        yield started


@pytest.fixture
def with_board(studio, board):
    """The studio, holding a board."""
    studio.connect(board.port)
    return studio


# The page, in a browser


@pytest.fixture(scope="package")
def browser():
    """One for all: each test opens a window that shares nothing with the others'."""
    with chromium() as started:
        yield started


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "things"


@pytest.fixture
def virtual():
    """What steers the virtual board that the page starts; it is stopped at the end."""

    yield lambda: running.Control(running.find())
    running.stop_all()


@pytest.fixture
def home_folder(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def paired_before(home_folder, paired_flashes):
    """The virtual board that the page starts has been paired before."""
    arch = micropython.find().arch
    kept = home_folder / "state" / "virtual" / f"virtual-{arch}.flash"
    kept.parent.mkdir(parents=True)
    shutil.copy(paired_flashes(arch), kept)


@pytest.fixture
def command_studio(browser, folder, home_folder, virtual):
    """The command, as a user starts it."""
    with StudioProcess(folder, home_folder) as started:
        yield started


@pytest.fixture(scope="session")
def object_views(tmp_path_factory):
    """The folder of the views that virtual boards show of objects, drawn once."""
    place = tmp_path_factory.mktemp("views")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYTEACH_HOME", str(place))
        patch.setattr(virtual_boards, "DEMO_VIEWS", OBJECT_VIEWS)
        (folder,) = {virtual_boards._demo_views(name).parent for name in OBJECTS}
    return folder


@pytest.fixture
def page_studio(browser, folder, home_folder, object_views, virtual, monkeypatch):
    """What the command serves, with no process of its own; of ``project`` if a test has that."""
    monkeypatch.setattr(live_board, "VIEWS_PER_S_MAX", VIEWS_PER_S)
    monkeypatch.setattr(virtual_boards, "DEMO_VIEWS", OBJECT_VIEWS)
    (home_folder / "state").mkdir(parents=True, exist_ok=True)
    (home_folder / "state" / "views").symlink_to(object_views)
    if not folder.exists():
        Project.create(folder)
    with StudioServer(folder) as server:
        server.bench.start(None)
        yield server


@pytest.fixture
def flow(request, browser, page_studio):
    """A person at the page of ``page_studio``; a test may say in what window."""
    with person_at(browser, page_studio.url, **getattr(request, "param", {})) as person:
        yield person


@pytest.fixture
def untrained_flow(browser, folder, monkeypatch):
    """A person at the page of a studio that trains nothing."""
    with StudioServer(folder) as server:
        monkeypatch.setattr(server.bench.trainer, "ask", lambda: None)
        with person_at(browser, server.url) as person:
            yield person


@pytest.fixture
def command_flow(browser, command_studio):
    """A person at the page of ``command_studio``."""
    with person_at(browser, command_studio.url) as person:
        yield person
