"""Rules and teaching on the board by the page, in the distribution's Chromium."""

import pytest

from alone import wait_for
from browser import violations
from tinyteach.data.project import Project

PIN = 21
PLACES = """() => [...document.querySelectorAll("#rule-form :is(select, input, button)")]
  .map((each) => each.getBoundingClientRect().top + scrollY)"""


def rule(flow, pin, frames=2, label="cat"):
    """Fill the form as a person does, and send it."""
    flow.page.get_by_label("What is seen").select_option(label=label)
    flow.page.get_by_label("Frames in a row").fill(str(frames))
    flow.page.get_by_label("What to do: pin", exact=True).fill(str(pin))
    flow.button("Add rule").click()


def taught_rows(flow):
    return flow.part("[data-taught]").evaluate_all("rows => rows.map(row => row.dataset.taught)")


@pytest.mark.soak
@pytest.mark.usefixtures("paired_before")
def test_taught_ruled_and_brought_home(flow, folder, virtual):
    page = flow.page
    for panel in ("rules", "teach"):
        assert flow.part(f"#panel-{panel} .empty").inner_text().startswith("Connect a board")
    assert flow.button("Add rule").is_disabled() and flow.button("Teach", exact=True).is_disabled()
    flow.start_virtual()
    flow.part("#panel-teach").get_by_text("The board knows nothing yet").wait_for()
    flow.teach("cat")
    flow.teach("coffee")
    assert taught_rows(flow) == ["cat", "coffee"]
    flow.label("coffee")
    assert page.get_by_role("radio", name="On the board").is_checked()
    flow.show("cat")
    flow.label("cat")

    rule(flow, pin="")
    flow.part("#rule-form").get_by_text("Which pin?").wait_for()
    rule(flow, PIN)
    flow.part("#rules").get_by_text(
        f"cat for 2 frames: pin {PIN} high, then pin {PIN} low"
    ).wait_for()
    flow.button("Let it work on its own").click()
    flow.part("#rules .met").wait_for()
    wait_for(lambda: virtual().pins().get(str(PIN)) == 1, "the rule does not work")
    flow.part("#alone-status").get_by_text("on its own: cat").wait_for()
    assert violations(page) == []
    flow.show("coffee")
    flow.part("#rules .met").wait_for(state="detached")
    wait_for(lambda: virtual().pins()[str(PIN)] == 0, "the pin does not go back")
    flow.button("Take it back").click()
    flow.state("board", "connected")

    flow.button("Forget cat").click()
    flow.part("#rules").get_by_text("rests", exact=True).wait_for()
    flow.part("#panel-rules").get_by_text("the head on the board has no class cat").wait_for()
    flow.button("Remove cat for").click()
    flow.part("#panel-rules").get_by_text("No rules yet").wait_for()

    flow.teach("rocket")
    flow.button("Pull into this project").click()
    flow.card("rocket").get_by_text("10 examples from a board").wait_for()
    flow.trained()
    flow.deploy()
    flow.part("#on-board").get_by_text("coffee, rocket").wait_for()
    flow.part('[data-taught="rocket"]').get_by_text("4 of 32 examples").wait_for()
    flow.label("rocket")
    page.emulate_media(color_scheme="dark")
    assert violations(page) == []
    assert Project.open(folder).classes() == ["coffee", "rocket"]


@pytest.mark.usefixtures("paired_before")
def test_by_keyboard_and_on_a_phone(flow, virtual):
    page = flow.page
    flow.start_virtual()
    page.set_viewport_size({"width": 390, "height": 844})
    flow.show("cat")
    flow.button("Teach", exact=True).click()  # without a name: it is asked for at its field
    flow.part("#panel-teach").get_by_role("alert").get_by_text("Which class?").wait_for()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Class to teach"
    page.keyboard.type("cat")
    assert flow.part("#panel-teach").get_by_role("alert").is_hidden() and not taught_rows(flow)
    page.keyboard.press("Enter")
    flow.part('[data-taught="cat"]').get_by_text("10 of 32 examples").wait_for()
    flow.button("Teach more of cat").focus()
    page.keyboard.press(" ")
    flow.part('[data-taught="cat"]').get_by_text("20 of 32 examples").wait_for()
    before = page.evaluate(PLACES)
    flow.button("Add rule").click()  # without a pin: it is asked for at its field
    flow.part("#rule-form").get_by_role("alert").get_by_text("Which pin?").wait_for()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "What to do: pin"
    page.get_by_label("Frames in a row").fill("1")
    flow.part("#rule-form").get_by_text("frame", exact=True).wait_for()
    page.get_by_label("Frames in a row").fill("3")
    assert flow.part("#rule-form").get_by_role("alert").is_hidden()
    page.get_by_label("What is seen").focus()
    page.keyboard.type("not")  # "nothing it knows"
    page.get_by_label("What to do", exact=True).focus()
    page.keyboard.type("print")
    page.get_by_label("What to do: words", exact=True).focus()
    page.keyboard.type("nobody is there")
    assert page.evaluate(PLACES) == before
    page.keyboard.press("Enter")
    flow.part("#rules").get_by_text("unknown for 3 frames: say nobody is there").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    flow.button("Remove unknown").focus()
    page.keyboard.press("Enter")
    flow.part("#rules li").wait_for(state="detached")
    page.keyboard.press("Control+z")  # it is back
    flow.part("#rules").get_by_text("unknown for 3 frames: say nobody is there").wait_for()
    page.keyboard.press("Control+z")  # it was never added
    flow.part("#rules li").wait_for(state="detached")
    page.keyboard.press("Control+z")  # nor was more taught
    flow.part('[data-taught="cat"]').get_by_text("10 of 32 examples").wait_for()
    flow.button("Train again").click()
    flow.part("#notices").get_by_text("nothing to train on yet: no class has photos").wait_for()
    page.get_by_role("navigation").get_by_role("link", name="Rules").click()
    assert 0 < flow.part("#panel-rules h2").bounding_box()["y"] < 300
    flow.button("Run the doctor").click()
    flow.part("#panel-connect summary").get_by_text("All is well").wait_for()
    assert violations(page) == []
