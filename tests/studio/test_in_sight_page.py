"""What one looks at while recording stays in sight, and what is shown agrees with itself."""

import pytest

from browser import violations

NAMES = ("cat", "coffee", "rocket", "a thing with a long name")
LONG = "motorcycle of my uncle in Wolverhampton"
IN_SIGHT = """selector => { const box = document.querySelector(selector).getBoundingClientRect();
  return box.top >= 0 && box.left >= 0 && box.bottom <= innerHeight && box.right <= innerWidth
    && document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)
         .closest(selector) !== null; }"""
CUT = """selector => [...document.querySelectorAll(selector)]
  .filter((each) => each.checkVisibility() && each.scrollWidth > each.clientWidth)
  .map((each) => each.textContent)"""


@pytest.mark.usefixtures("paired_before")
def test_the_picture_stays_in_sight_while_one_records(flow):
    """With four classes, on a laptop and on a phone; each class's key stands on its button."""
    page = flow.page
    flow.start_virtual()
    for name in NAMES:
        flow.add_class(name)
    holds = flow.part(".hold")
    assert holds.locator("kbd").all_inner_texts() == ["1", "2", "3", "4", "5"]
    keys = holds.evaluate_all("all => all.map(each => each.getAttribute('aria-keyshortcuts'))")
    assert keys == ["1", "2", "3", "4", "5"]
    flow.show("rocket")
    last = flow.card(NAMES[-1]).locator(".hold")
    for width, height, picture in ((1280, 800, ".screen .view"), (390, 844, ".peek")):
        page.set_viewport_size({"width": width, "height": height})
        last.evaluate("each => each.scrollIntoView({ block: 'center' })")
        before = flow.count(NAMES[-1])
        last.hover()
        page.mouse.down()
        flow.counted(NAMES[-1], before + 1)
        assert page.evaluate(IN_SIGHT, ".hold.held") and page.evaluate(IN_SIGHT, picture)
        page.mouse.up()
        last.get_by_text("Hold to record").wait_for()
        assert page.evaluate(CUT, ".hold, .counts, .counts div, .hint") == []
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        assert not page.evaluate(IN_SIGHT, ".screen .view"), "it covers no other section"
    assert violations(page) == []


# Notes at every frame whether a bar is smoothed to another length than this frame's alone.
NOTE_SMOOTHING = """() => { const note = () => {
    for (const { children: [raw, smooth] } of document.querySelectorAll(".track"))
      window.differed ||= raw.style.transform !== smooth.style.transform;
    requestAnimationFrame(note);
  }; note(); }"""


@pytest.mark.usefixtures("paired_before", "project")
def test_what_is_shown_agrees_with_itself(flow, page_studio, virtual):
    """Slider, label and bars are of one source; what is not of now is grey."""
    page, bench = flow.page, page_studio.bench
    slider = flow.part("#panel-live").get_by_role("slider")
    on_board, preview = (
        page.get_by_role("radio", name=name) for name in ("On the board", "Preview head")
    )
    name = flow.card("cat").get_by_label("Name of this class")
    name.fill(LONG)
    name.press("Enter")
    flow.card(LONG).wait_for()
    flow.start_virtual()
    flow.show("coffee")
    flow.part(".matrix").get_by_text(LONG).first.wait_for()
    assert page.evaluate(CUT, ".matrix, .matrix th") == []
    flow.trained()
    against = flow.part("header .against")
    against.get_by_text("The board has no head yet.").wait_for()
    against.get_by_role("button", name="Deploy").click()
    flow.state("deploy", "done")
    against.get_by_text("The board has the newest head").wait_for()
    assert against.get_by_role("button").count() == 0
    flow.label("coffee")
    assert on_board.is_checked() and slider.input_value() == "0"
    bench.preview.threshold = 0.99
    bench.tell_preview()
    preview.check(force=True)
    page.wait_for_function("slider => slider.value === '99'", arg=slider.element_handle())
    flow.part('#live-label[data-source="host"]').wait_for()
    heard = flow.part("#panel-live .only-heard[role=status]")
    heard.get_by_text("The preview head sees: ").wait_for(state="attached")
    assert flow.part(".threshold").get_by_text("Acts on the preview head").is_visible()
    on_board.check(force=True)
    page.wait_for_function("slider => slider.value === '0'", arg=slider.element_handle())
    flow.part('#live-label[data-source="board"]').wait_for()
    heard.get_by_text("The board sees: ").wait_for(state="attached")
    assert flow.part(".threshold").get_by_text("Acts on the board at once").is_visible()

    page.evaluate(NOTE_SMOOTHING)
    flow.show("cat")
    page.wait_for_function("() => window.differed")
    slider.fill("98")
    page.wait_for_function("slider => slider.value === '98'", arg=slider.element_handle())
    page_studio.wait("board", lambda board: board["facts"]["threshold"] == round(0.98 * 256))
    page.keyboard.press("Control+z")
    page_studio.wait("board", lambda board: board["facts"]["threshold"] == 0)

    virtual().stop()
    flow.part("#panel-live.stale").get_by_text("not of now").wait_for()
    assert heard.inner_text() == ""
    assert flow.part("#live-label").inner_text() in (LONG, "coffee", "unknown")
    assert flow.part("#panel-live .correct button:enabled").count() == 0
    page_studio._server.should_exit = page_studio._server.force_exit = True
    flow.page.get_by_role("alert").wait_for()
    flow.part(".screen.stale").wait_for()
    assert violations(page) == []
