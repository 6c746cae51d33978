"""What one looks at while recording stays in sight, and what is shown agrees with itself."""

import pytest

from browser import serious

NAMES = ("cat", "coffee", "rocket", "a thing with a long name")
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
    assert serious(page) == []
