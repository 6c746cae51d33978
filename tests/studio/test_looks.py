"""Where the head looks, live: cells that come with a view while a page asks for them."""

import shutil

import numpy as np
import pytest

from foreign_models import large
from paired import views_of
from studio_server import StudioServer
from tinyteach.data.photos import save_burst
from tinyteach.data.project import Project
from tinyteach.embedding.runtime import load_embedding
from tinyteach.service.heads.deploying import deploy_head
from tinyteach.service.heads.looking import WhereItLooks
from tinyteach.service.heads.recognition import Reference, trained_head


def trained(studio):
    studio.bench.trainer.ask()
    studio.wait("training", lambda value: value and value["status"] == "done")


def cells_of(head, view, label):
    """What the reference says of a view that came."""
    pixels = np.frombuffer(view["pixels"], np.uint8).reshape(view["height"], view["width"], 3)
    features = Reference(load_embedding()).features(pixels)
    return WhereItLooks(load_embedding(), head).looks(features, label).cells


def next_view(page, credits, wanted):
    """The first view that is wanted; ``credits`` grow with each."""
    while True:
        page.say(credits=next(credits))
        view = page.view()
        if wanted(view):
            return view


def test_cells_come_while_a_page_asks(with_board, project):
    trained(with_board)
    head, credits = trained_head(project), iter(range(1, 1000))
    with with_board.open_page() as page:
        assert page.part("preview", lambda value: value["head"])["head"]["grid"] == [4, 4]
        assert next_view(page, credits, lambda view: view["host"])["looks"] is None
        page.say(looks="yes")  # understood by nobody
        page.say(looks=True)
        view = next_view(page, credits, lambda view: view["looks"])
        assert view["looks"]["board"] is None  # it has no head
        assert view["looks"]["host"] == cells_of(head, view, view["host"]["best_label"])
        page.say(looks=False)
        assert next_view(page, credits, lambda view: not view["looks"])["host"]
        page.say(looks=True)
        next_view(page, credits, lambda view: view["looks"])
    with with_board.open_page() as other:  # the page that asked is gone
        assert next_view(other, iter(range(1, 1000)), lambda view: not view["looks"])["host"]


def test_the_board_s_own_head_is_asked_too(with_board, project, trained_heads):
    """One that is not this project's: the board is asked for it, once."""
    trained(with_board)
    ours, theirs, credits = trained_head(project), trained_heads[1], iter(range(1, 1000))

    def deploy(client):
        deploy_head(client, theirs, lambda text, done, total: None)
        with_board.bench.use_other_head(client)

    with_board.bench.board.do(deploy).result()
    with with_board.open_page() as page:
        page.say(looks=True)
        view = next_view(page, credits, lambda view: view["looks"] and view["board"])
        assert view["looks"]["board"] == cells_of(theirs, view, view["board"]["best_label"])
        assert view["looks"]["host"] == cells_of(ours, view, view["host"]["best_label"])


def test_the_newest_head_on_the_board(with_board, project):
    """Both are the same one: it is asked once."""
    trained(with_board)
    assert with_board.ask("POST", "/api/board/deploy", {}).status == 200
    with with_board.open_page() as page:
        page.say(looks=True)
        view = next_view(page, iter(range(1, 1000)), lambda view: view["looks"] and view["board"])
        assert view["looks"]["board"] == view["looks"]["host"]
        label = view["board"]["best_label"]
        assert view["looks"]["board"] == cells_of(trained_head(project), view, label)


def test_while_recording(with_board):
    trained(with_board)
    with with_board.open_page() as page:
        page.say(looks=True)
        page.say(record="cat")
        view = next_view(page, iter(range(1, 1000)), lambda view: view["looks"])
        assert np.shape(view["looks"]["host"]) == (4, 4)
        page.say(record=None)
        page.part("recording", lambda value: value is None)


@pytest.fixture
def mapless(tmp_path):
    """A project whose embedding averages its map."""
    (tmp_path / "own.tflite").write_bytes(large(32, 8))
    made = Project.create(tmp_path / "mapless", embedding=str(tmp_path / "own.tflite"))
    for name in ("cat", "coffee"):
        made.add_class(name)
        save_burst(made, name, [views_of(name, 1, hand, 96)[0] for hand in range(4)])
    yield made
    shutil.rmtree(made.root)


def test_features_that_are_no_map_are_not_offered(mapless, board):
    with StudioServer(mapless.root) as studio:
        studio.connect(board.port)
        trained(studio)
        with studio.open_page() as page:
            assert page.part("preview", lambda value: value["head"])["head"]["grid"] is None
            page.say(looks=True)
            view = next_view(page, iter(range(1, 1000)), lambda view: view["looks"])
            assert view["looks"] == {"board": None, "host": None}
