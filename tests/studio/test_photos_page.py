"""Photographs on the page: selected, moved, uploaded though some are bad, and taken along."""

import sys

import pytest

from browser import violations
from paired import views_of
from tinyteach.data.images import encode_png
from tinyteach.data.photos import list_photos
from tinyteach.data.project import Project

FOCUSED = "[...document.querySelectorAll('.thumb')].indexOf(document.activeElement)"
# Whether an element is one line, and nothing beside it lies on it.
IS_WHOLE = """(each) => { const { right, top, height } = each.getBoundingClientRect();
  const next = each.nextElementSibling.getBoundingClientRect();
  return height < 30 && (right <= next.left || top + height <= next.top); }"""
SELECTED = "document.querySelectorAll('.thumb[aria-selected=true]').length"
STOPS = """() => [...document.querySelectorAll("[data-class] .bursts")]
  .map((grid) => grid.querySelectorAll('.thumb[tabindex="0"]').length)"""


@pytest.mark.usefixtures("project")
def test_selected_by_arrows_and_moved(flow, folder):
    """One tab stop a grid; what was moved can be put back."""
    page, cat = flow.page, flow.card("cat")
    cat.get_by_text("4 photos").wait_for()
    assert page.evaluate(STOPS) == [1, 1, 0]  # those of unknown are none
    cat.locator(".thumb").first.focus()
    for key, place in (("ArrowRight", 1), ("End", 3), ("ArrowLeft", 2), ("Home", 0)):
        page.keyboard.press(key)
        assert page.evaluate(FOCUSED) == place
    page.keyboard.press("Shift+ArrowRight")
    cat.get_by_text("2 photos selected").wait_for()
    for width in (1280, 390):  # where it stands between others as where it has a line of its own
        page.set_viewport_size({"width": width, "height": 800})
        assert cat.locator(".selection > :first-child").evaluate(IS_WHOLE)
    assert violations(page) == []
    before = [photo.record for photo in list_photos(Project.open(folder), "cat")]
    cat.get_by_label("Move to …").select_option("coffee")
    flow.card("coffee").get_by_text("6 photos").wait_for()
    cat.get_by_text("2 photos", exact=True).wait_for()
    moved = [p.record for p in list_photos(Project.open(folder), "coffee") if p.record in before]
    assert moved == []  # each is of its new class
    flow.part("#notices").get_by_role("button", name="Undo").click()
    cat.get_by_text("4 photos").wait_for()
    flow.card("coffee").get_by_text("4 photos").wait_for()
    after = list_photos(Project.open(folder), "cat")
    assert [photo.record for photo in after] == before

    cat.locator(".thumb").first.focus()
    page.keyboard.press("Control+a")
    cat.get_by_text("4 photos selected").wait_for()
    page.keyboard.press("Escape")
    assert page.evaluate(SELECTED) == 0
    page.keyboard.press("Control+a")
    cat.get_by_role("button", name="Delete 4").focus()
    page.keyboard.press("Escape")
    assert page.evaluate(SELECTED) == 0
    cat.locator(".thumb").first.focus()
    page.keyboard.press("Control+a")
    cat.get_by_label("Move to …").select_option("unknown")
    flow.card("unknown").get_by_text("4 photos").wait_for()
    assert "unknown" in Project.open(folder).classes()


def check_report(page, project):
    """The report's own page can be read on a phone, in the dark, too."""
    report = page.context.new_page()
    report.set_viewport_size({"width": 390, "height": 844})
    report.goto(project.report_path("html").as_uri())
    for scheme in ("light", "dark"):
        report.emulate_media(color_scheme=scheme)
        assert violations(report) == []
        assert report.evaluate("document.documentElement.scrollWidth") == 390
    report.close()


@pytest.fixture
def without_vela(monkeypatch):
    monkeypatch.setitem(sys.modules, "ethosu.regor", None)


@pytest.mark.usefixtures("project", "without_vela")
def test_an_upload_that_is_partly_bad(flow, folder, tmp_path):
    """What was not taken, and why, stays until it is dismissed."""
    files = [tmp_path / name for name in ("a.png", "b.png", "c.png", "d.png")]
    for number, path in enumerate(files):
        good = encode_png(views_of("rocket", 1, seed=40 + number, side=96)[0])
        path.write_bytes(good if number < 2 else b"no picture")
    files.append(tmp_path / "notes.txt")
    files[-1].write_text("words")
    flow.card("cat").wait_for()
    flow.page.evaluate(
        """() => { const line = document.querySelector("#panel-classes > [role=status].line");
        window.told = new Set();
        new MutationObserver(() => window.told.add(line.textContent))
          .observe(line, { childList: true, characterData: true, subtree: true }); }"""
    )
    flow.page.get_by_label("Add photos to cat").set_input_files(files)
    left = flow.part(".left-out")
    left.get_by_text("2 added, 3 files not taken").wait_for()
    # Above the classes: below them, it would be out of sight where they are many.
    assert left.bounding_box()["y"] < flow.card("cat").bounding_box()["y"]
    named = [line.split(": ")[0] for line in left.locator("li").all_inner_texts()]
    assert named == ["c.png", "d.png", "notes.txt"]  # as they were chosen
    told = flow.page.evaluate("() => [...window.told]")
    assert any(each.startswith("Adding ") and each.endswith(" of 4") for each in told), told
    assert violations(flow.page) == []
    left.get_by_role("button", name="Dismiss").click()
    left.wait_for(state="hidden")
    flow.trained()
    choice = flow.page.get_by_label("What to take along")
    assert choice.locator("option:disabled").all_inner_texts() == ["Model: Grove Vision AI V2"]
    flow.part("#panel-deploy").get_by_text("[grove]").wait_for()
    choice.select_option(label="Model: LiteRT")
    with flow.page.expect_download() as taken:
        flow.button("Download").click()
    assert taken.value.suggested_filename == "things-litert.zip"
    check_report(flow.page, Project.open(folder))
    flow.page.get_by_label("Add photos to cat").set_input_files(files[2:])
    left.get_by_text("0 added, 3 files not taken").wait_for()
    assert "left out is c.png: " in left.inner_text()
