"""Where it looks and what is none of the classes, on the page, in Chromium."""

import pytest

from browser import violations
from tinyteach.data.photos import list_photos
from tinyteach.data.project import Project

OVER = """() => { const canvas = document.querySelector(".screen .looks");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return [canvas.width, canvas.height, Math.max(...data.filter((_, n) => n % 4 === 3))]; }"""


@pytest.mark.usefixtures("paired_before", "project")
def test_cells_over_the_picture(flow):
    page = flow.page
    flow.start_virtual()
    flow.show("coffee")
    flow.trained()
    flow.label("coffee")
    box = page.get_by_role("checkbox", name="Where it looks")
    over = flow.part(".screen .looks")
    assert over.is_hidden()
    box.check()
    over.wait_for()
    page.get_by_text("Blue speaks for coffee, orange against it.").wait_for()
    assert page.evaluate(OVER) == [4, 4, 179]
    assert over.get_attribute("aria-label").startswith("Most for coffee in row")
    picture = flow.part(".screen .view").bounding_box()
    assert over.bounding_box() == picture
    assert violations(page) == []
    flow.deploy()
    flow.state("deploy", "done")
    flow.show("cat")
    page.get_by_text("Blue speaks for cat, orange against it.").wait_for()
    flow.part(".worst .thumb").first.click()
    looked = flow.part("dialog .looks")
    assert looked.is_hidden()
    page.get_by_role("checkbox", name="Where the head looked").check()
    looked.wait_for()
    assert looked.bounding_box() == flow.part("dialog .looked img").bounding_box()
    assert violations(page) == []
    flow.button("Close").click()
    call_it_none_of_these(flow)
    box.uncheck()
    over.wait_for(state="hidden")
    page.set_viewport_size({"width": 390, "height": 844})
    box.check()
    over.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def call_it_none_of_these(flow):
    """Its card is there before the class is; a wrong view goes into it by one press."""
    card = flow.card("unknown")
    card.get_by_text("None of these: what else the board will see").wait_for()
    wrong = flow.part("#panel-live").get_by_role("group", name="Wrong? It is")
    wrong.get_by_role("button", name="none of these").click()
    card.get_by_text("1 photo", exact=True).wait_for()


@pytest.mark.soak  # test_unknown.py has what the studio does
@pytest.mark.usefixtures("paired_before", "project")
def test_none_of_these(flow, folder):
    """Its card is there before the class is, at the end; a wrong view goes into it by one press."""
    flow.start_virtual()
    flow.show("rocket")
    flow.trained()
    card = flow.card("unknown")
    card.get_by_text("None of these: what else the board will see").wait_for()
    assert card.get_by_role("button", name="Delete unknown").is_hidden()
    assert card.get_by_label("Name of this class").get_attribute("readonly") is not None
    assert flow.part(".card").last.get_attribute("data-class") == "unknown"
    assert Project.open(folder).classes() == ["cat", "coffee"]
    assert violations(flow.page) == []

    wrong = flow.part("#panel-live").get_by_role("group", name="Wrong? It is")
    wrong.get_by_role("button", name="none of these").click()
    card.get_by_text("1 photo", exact=True).wait_for()
    flow.hold("unknown", 3)
    flow.trained()
    flow.part("#advice").get_by_text("photographs of unknown").wait_for()
    assert len(list_photos(Project.open(folder), "unknown")) >= 3
    flow.add_class("rocket")
    assert flow.part(".card").last.get_attribute("data-class") == "unknown"
    flow.card("rocket").get_by_role("button", name="Move rocket down").click()
    assert Project.open(folder).classes()[:2] == ["cat", "coffee"]

    card.get_by_role("button", name="Delete unknown").click()
    card.get_by_text("0 photos").wait_for()
    assert violations(flow.page) == []
