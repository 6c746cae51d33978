"""Thousands of photographs on the page: few pictures at a time, filtered, dragged elsewhere."""

import shutil

import numpy as np
import pytest

from browser import violations
from tinyteach.data.photos import list_photos, save_burst
from tinyteach.data.project import Project

PICTURES_MAX = 250  # three classes in sight, with what waits above and below of each
RECORDING = 30
CLASSES, PHOTOS = 4, 240
LONG = "a thing whose name is as long as names of things sometimes are"
PLACES = (
    """() => [...document.querySelectorAll('[data-class="0"] .thumb')].map((each) => each.place)"""
)
# Have the page believe that a head was trained, and fetch its report.
TRAINED = """(fingerprint) => import("./js/store.js").then(({ put }) => put("training", {
  status: "done", done: 1, total: 1, fit_s: 0.1, sentence: "", result: { fingerprint } }))"""
SHOWN = """() => [...document.querySelectorAll('[data-class="0"] .thumb')]
  .map((each) => each.dataset.id)"""
CUT = """selector => [...document.querySelectorAll(selector)]
  .filter((each) => each.checkVisibility() && each.scrollWidth > each.clientWidth)
  .map((each) => each.value ?? each.textContent)"""


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A project with many small photographs."""
    rng = np.random.default_rng(1)
    made = Project.create(tmp_path_factory.mktemp("many") / "things")
    for name in map(str, range(CLASSES)):
        made.add_class(name)
        for _ in range(PHOTOS // RECORDING):
            save_burst(made, name, list(rng.integers(0, 255, (RECORDING, 8, 8, 3), np.uint8)))
    return made.root


@pytest.fixture
def folder(many, tmp_path):
    """Its photographs in a folder of the test's own."""
    return shutil.copytree(many, tmp_path / "things")


def test_few_pictures_at_a_time(untrained_flow):
    """Wherever one scrolls; the last photograph is a key away."""
    page, card = untrained_flow.page, untrained_flow.card("0")
    card.get_by_text(f"{PHOTOS} photos").wait_for()
    untrained_flow.card("0").locator(".thumb >> nth=20").wait_for()
    assert page.evaluate("document.images.length") <= PICTURES_MAX < CLASSES * PHOTOS
    assert 0 in page.evaluate(PLACES)
    card.locator(".thumb").first.focus()
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.place") == PHOTOS - 1
    assert page.evaluate("document.activeElement.ariaLabel") == f"Photo {PHOTOS} of 0"
    page.keyboard.press("PageUp")
    page.keyboard.press("ArrowUp")
    assert 0 < page.evaluate("document.activeElement.place") < PHOTOS - 12
    page.keyboard.press("Home")
    page.keyboard.press("Shift+ArrowDown")
    below = page.evaluate("document.activeElement.place")
    card.get_by_text(f"{below + 1} photos selected").wait_for()
    card.locator(".bursts").evaluate("each => { each.scrollTop = each.scrollHeight; }")
    page.wait_for_function(f"() => ({PLACES})().includes({PHOTOS - 1})")
    assert below in page.evaluate(PLACES), "what has the focus stays"
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    untrained_flow.card(str(CLASSES - 1)).locator(".thumb >> nth=20").wait_for()
    assert page.evaluate("document.images.length") <= PICTURES_MAX
    assert violations(page) == []


def report_of(ids):
    """As a training makes it, of six photographs of the class 0."""
    sure = (0.7, 0.99, 0.5, 0.6, 0.95, 0.4)
    tested = [
        {"name": name, "label": "0", "predicted": "1" if number < 3 else "0", "probability": p}
        for number, (name, p) in enumerate(zip(ids, sure, strict=True))
    ]
    rows = [{"label": "0", "photos": 6, "recordings": 1}]
    told = {
        "classes": rows,
        "labels": ["0", "1"],
        "confusion": [[3, 3], [0, 0]],
        "accuracy": 0.5,
        "interval": None,
    }
    enough = {"copies": [ids[:4]], "sentences": []}
    return {**told, "tested": tested, "worst": tested, "sure": 0.9, "advice": [], "enough": enough}


def test_worth_a_look(untrained_flow):
    """Only what was taken for another, or is not sure; where none is, nothing is said of it."""
    page, report = untrained_flow.page, report_of([f"0/{number}.png" for number in range(6)])
    page.route("**/api/report", lambda route: route.fulfill(json=report))
    heading = page.get_by_text("Photos worth a look")
    page.evaluate(TRAINED, "one")
    heading.wait_for()
    assert untrained_flow.part(".worst .thumb").count() == 5
    report["worst"] = report["worst"][4:5]
    page.evaluate(TRAINED, "another")
    heading.wait_for(state="hidden")
    assert untrained_flow.part(".worst .thumb").count() == 0


def test_filtered_and_dragged(untrained_flow, folder):
    flow = untrained_flow
    page, card = flow.page, flow.card("0")
    card.get_by_text(f"{PHOTOS} photos").wait_for()
    ids = [photo.id for photo in list_photos(Project.open(folder), "0")][:6]
    choice = card.get_by_label("Which photos of 0 are shown")
    page.route("**/api/report", lambda route: route.fulfill(json=report_of(ids)))
    page.evaluate(TRAINED, "one")
    page.get_by_text("Photos worth a look").wait_for()
    choice.focus()
    for name, shown in (
        ("Taken for another (3)", [ids[1], ids[0], ids[2]]),
        ("Not sure of (2)", [ids[5], ids[3]]),
        ("Copies (4)", ids[:4]),
    ):
        choice.select_option(label=name)
        page.wait_for_function(f"shown => ({SHOWN})().join() === shown.join()", arg=shown)
    choice.select_option(label=f"Recording 2 ({RECORDING})")
    card.locator(".thumb").first.click()
    card.get_by_role("button", name="All", exact=True).click()
    card.get_by_text(f"{RECORDING} photos selected").wait_for()
    assert violations(page) == []

    card.locator(".thumb").first.drag_to(flow.card("1").get_by_role("button", name="Hold"))
    flow.card("1").get_by_text(f"{PHOTOS + RECORDING} photos").wait_for()
    card.get_by_text(f"{PHOTOS - RECORDING} photos").wait_for()
    assert choice.input_value() == "all"
    page.keyboard.press("Control+z")
    card.get_by_text(f"{PHOTOS} photos").wait_for()
    assert len(list_photos(Project.open(folder), "1")) == PHOTOS

    name = card.get_by_label("Name of this class")
    name.fill(LONG)
    name.press("Enter")
    flow.card(LONG).wait_for()
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate(CUT, ".name, .bar-name, .counts, .filter, .selection *") == []
        box = flow.card(LONG).get_by_label("Name of this class")
        assert box.evaluate("each => each.scrollHeight <= each.clientHeight")
    flow.part("#notices").get_by_role("button", name="Undo").click()
    flow.card("0").wait_for()
