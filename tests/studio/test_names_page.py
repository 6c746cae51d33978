"""Names of classes on the page: as tall as they are, and nobody's typing is lost."""

import pytest

from browser import Flow, violations
from tinyteach.data.project import Project

SAID = "async (name) => (await import('./js/strings.js')).strings.classes.remove(name)"
ISOLATED = "async (said) => (await import('./js/strings.js')).told(said)"
RIGHT = "חתול שחור"  # from right to left, in two words
WIDE = f"🚀 {'x' * 30}"
# Whether a field is as tall as its text needs, no more and no less: its height, and that of a copy.
HEIGHTS = """field => new Promise((done) =>
  requestAnimationFrame(() => requestAnimationFrame(() => {
  const height = field.offsetHeight;
  const copy = field.cloneNode();
  copy.value = field.value;
  copy.style.cssText = `position: absolute; height: 0; flex: none; width: ${field.offsetWidth}px`;
  field.after(copy);
  const needed = copy.scrollHeight + copy.offsetHeight - copy.clientHeight;
  copy.remove();
  done([height, needed]);
})))"""


def name_of(flow, name):
    return flow.card(name).get_by_label("Name of this class")


def check_fits(flow, name):
    height, needed = name_of(flow, name).evaluate(HEIGHTS)
    assert height == needed, name
    return height


@pytest.mark.usefixtures("project")
def test_no_more_and_no_less_than_the_name_needs(untrained_flow):
    flow = untrained_flow
    flow.card("coffee").wait_for()
    line = check_fits(flow, "cat")
    field = name_of(flow, "cat")
    field.fill(WIDE)
    assert check_fits(flow, "cat") > line
    field.press("Escape")
    assert field.input_value() == "cat" and check_fits(flow, "cat") == line
    field.fill(WIDE)
    field.press("Enter")
    flow.card(WIDE).wait_for()
    assert check_fits(flow, WIDE) > line
    flow.page.set_viewport_size({"width": 390, "height": 844})
    check_fits(flow, WIDE)
    flow.page.set_viewport_size({"width": 1280, "height": 900})
    flow.page.keyboard.press("Control+z")
    flow.card("cat").wait_for()
    assert check_fits(flow, "cat") == line and check_fits(flow, "coffee") == line


@pytest.mark.usefixtures("project")
def test_typed_while_another_page_renames(untrained_flow, folder):
    flow = untrained_flow
    other = Flow(flow.page.context.new_page())
    other.page.goto(flow.page.url)
    assert (
        flow.page.evaluate(SAID, RIGHT) == f"Delete \u2068{RIGHT}\u2069"
    )  # its sentence stays put
    assert flow.page.evaluate(SAID, "tom") == "Delete tom"
    assert flow.page.evaluate(ISOLATED, f"Record {RIGHT} 2, or tom/{RIGHT}.png.") == (
        f"Record \u2068{RIGHT}\u2069 2, or tom/\u2068{RIGHT}\u2069.png."
    )
    for _ in range(2):  # the studio refuses the second one
        flow.add_class(RIGHT)
    flow.part(".notice.error").get_by_text(f"\u2068{RIGHT}\u2069").wait_for()
    flow.card(RIGHT).get_by_role("button", name="Delete").click()
    flow.card(RIGHT).wait_for(state="detached")
    field = name_of(flow, "cat")
    field.fill("tom")
    name_of(other, "cat").fill("kitten")
    name_of(other, "cat").press("Enter")
    flow.card("kitten").wait_for()
    mine = name_of(flow, "kitten")
    assert mine.input_value() == "tom" and mine.evaluate("each => each.matches(':focus')")
    flow.page.keyboard.type(" cat")
    flow.page.keyboard.press("Enter")
    other.card("tom cat").wait_for()
    assert Project.open(folder).classes() == ["tom cat", "coffee"]
    name_of(flow, "coffee").focus()  # nothing is typed: it has the other name
    name_of(other, "coffee").fill("mug")
    name_of(other, "coffee").press("Enter")
    flow.card("mug").wait_for()
    assert name_of(flow, "mug").input_value() == "mug"
    assert violations(flow.page) == [] and other.problems == []


@pytest.mark.usefixtures("project")
def test_what_is_typed_and_undone_outlives_the_language(untrained_flow, folder):
    flow = untrained_flow
    flow.card("cat").locator(".thumb").first.click()
    flow.page.keyboard.press("Delete")
    flow.card("cat").get_by_text("3 photos").wait_for()
    flow.page.get_by_label("Name of the new class").fill("rocket")
    name_of(flow, "cat").fill("tom")
    flow.button("中文").click()  # which sends the name, too
    flow.page.get_by_role("heading", name="类别").wait_for()
    flow.card("tom").get_by_text("3 张照片").wait_for()
    flow.page.wait_for_function("() => document.getElementById('new-class')?.value === 'rocket'")
    flow.page.locator("h1").click()
    flow.page.keyboard.press("Control+z")
    flow.card("cat").wait_for()
    flow.page.keyboard.press("Control+z")
    flow.card("cat").get_by_text("4 张照片").wait_for()
    assert Project.open(folder).classes() == ["cat", "coffee"]
    field = flow.card("coffee").locator(".name")
    field.fill("mug")
    flow.page.reload()
    flow.page.wait_for_function("() => document.getElementById('new-class')?.value === 'rocket'")
    assert field.input_value() == "mug"
    assert field.evaluate("each => each.matches(':focus')")
    flow.page.keyboard.press("Enter")
    flow.card("mug").wait_for()
    flow.page.locator("#new-class").fill("")
    flow.page.reload()
    flow.card("mug").wait_for()
    assert flow.page.locator("#new-class").input_value() == ""
