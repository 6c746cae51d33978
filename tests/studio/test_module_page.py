"""The whole job on the page with a Grove Vision AI V2, in Chromium."""

import pytest

from browser import violations
from tinyteach.data.photos import list_photos
from tinyteach.data.project import Project
from tinyteach.service.boards.virtual_boards import start_virtual_module
from tinyteach.virtual import running

THINGS = ("cat", "coffee")


@pytest.fixture
def module(home):
    yield start_virtual_module("grove", "el", "0002000b")
    running.stop_all()


@pytest.mark.usefixtures("module")
def test_from_connecting_to_live(flow, folder):
    page = flow.page
    page.get_by_role("button", name="Connect grove").click()
    flow.state("board", "connected")
    for name in THINGS:
        flow.add_class(name)
        flow.show(name)
        flow.hold(name, 5)
    flow.trained()
    flow.label("coffee")  # by this computer: the module has no model yet
    flow.deploy()
    flow.state("deploy", "done")
    assert "cat, coffee" in flow.on_board
    flow.show("cat")
    flow.label("cat")
    assert "ms on the board" in flow.part("#latency").inner_text()
    for panel in ("rules", "teach"):
        assert "cannot do this" in flow.part(f"#panel-{panel}").inner_text()
    assert flow.button("Roll back").is_disabled()
    assert violations(page) == [] and flow.problems == []
    photos = list_photos(Project.open(folder))
    assert {photo.record.kind for photo in photos} == {"frame"}
    page.reload()
    flow.state("board", "connected")
