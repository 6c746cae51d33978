"""The first minute: what is held before the virtual board's camera, in Chromium."""

import pytest
from PIL import Image

from browser import violations
from paired import views_of
from tinyteach.data.images import encode_png
from tinyteach.data.photos import list_photos, load_photos
from tinyteach.data.project import Project

BRIGHT = """() => { const canvas = document.querySelector(".screen .view");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value, index) => index % 4 < 3 && value > 40); }"""
# The picture's mean red, green and blue; whether one of them is another now.
COLOUR = """() => { const canvas = document.querySelector(".screen .view"), sums = [0, 0, 0, 0];
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  data.forEach((value, index) => { sums[index % 4] += value; });
  return sums.slice(0, 3).map((sum) => sum / (data.length / 4)); }"""
PEEKED = BRIGHT.replace(".screen .view", ".peek")
CHANGED = f"(before) => ({COLOUR})().some((mean, n) => Math.abs(mean - before[n]) > 20)"


@pytest.mark.usefixtures("paired_before")
def test_own_photographs_and_the_webcam_are_held_before_it(flow, folder, tmp_path):
    """From a black picture that says what to do to a board that recognises both."""
    page = flow.page
    page.context.grant_permissions(["camera"])
    flow.start_virtual()
    screen = flow.part(".screen")
    screen.get_by_text("Nothing is before its camera yet").wait_for()
    assert violations(page) == []

    (tmp_path / "my rocket.png").write_bytes(encode_png(views_of("rocket", 1, side=96)[0]))
    (tmp_path / "letter.png").write_bytes(b"no picture")
    Image.new("LA", (96, 96), (0, 0)).save(tmp_path / "glass.png")
    chosen = page.get_by_label("Your photographs")
    chosen.set_input_files([tmp_path / "glass.png"])
    page.wait_for_function(f"() => Math.min(...({COLOUR})()) > 240")  # as in a photograph's file
    chosen.set_input_files([tmp_path / "letter.png", tmp_path / "my rocket.png"])
    flow.part("#notices").get_by_text("letter.png is no photograph").wait_for()
    page.wait_for_function(BRIGHT)
    screen.get_by_text("Nothing is before").wait_for(state="hidden")
    for name in ("rocket", "at my desk"):
        flow.add_class(name)
    flow.hold("rocket", 4)
    webcam = flow.button("This computer's webcam")
    of_the_rocket = page.evaluate(COLOUR)
    webcam.click()
    page.locator('button[aria-pressed="true"]').get_by_text("webcam").wait_for()
    page.wait_for_function(CHANGED, arg=of_the_rocket)
    flow.hold("at my desk", 4)
    flow.trained()
    flow.deploy()
    flow.state("deploy", "done")
    flow.label("at my desk")
    flow.button("my rocket").click()
    flow.label("rocket")
    assert webcam.get_attribute("aria-pressed") == "false"
    page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia = async () => { throw new Error(); }; }"
    )
    webcam.click()
    flow.part("#notices").get_by_text("The browser gave no webcam").wait_for()
    assert webcam.get_attribute("aria-pressed") == "false"
    project = Project.open(folder)
    for name in ("rocket", "at my desk"):
        squares = load_photos(list_photos(project, name)).squares
        assert len(squares) >= 4 and len({square.tobytes() for square in squares}) > 1
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert violations(page) == []


@pytest.mark.usefixtures("paired_before", "project")
def test_the_webcam_takes_photographs(flow, folder):
    """Without a board; then one is deployed to that sees the same, and recognises it."""
    page = flow.page
    page.context.grant_permissions(["camera"])
    flow.add_class("at my desk")
    hold = flow.card("at my desk").locator(".hold")
    assert hold.is_disabled()  # there is no board
    page.get_by_label("Record by this computer's webcam").check()
    flow.part(".screen .webcam").wait_for()
    page.wait_for_function(PEEKED)  # in a narrow window it alone stays in sight
    flow.hold("at my desk", 4)
    taken = list_photos(Project.open(folder), "at my desk")
    assert {(photo.source, photo.record.side) for photo in taken} == {("webcam", 240)}
    squares = load_photos(taken).squares
    assert len({square.tobytes() for square in squares}) > 1 and squares[0].std() > 10
    flow.trained()
    flow.part("#enough").get_by_text("by a webcam").wait_for()
    choice = flow.card("at my desk").get_by_label("Which photos of at my desk are shown")
    choice.focus()
    choice.select_option(label=f"By the webcam ({len(taken)})")
    assert violations(page) == []
    page.get_by_label("Record by this computer's webcam").uncheck()
    flow.part(".screen .webcam").wait_for(state="detached")
    assert not page.evaluate(PEEKED)
    assert hold.is_disabled()
    flow.start_virtual()
    flow.deploy()
    flow.state("deploy", "done")
    flow.button("This computer's webcam", exact=True).click()
    flow.label("at my desk")
    assert page.get_by_role("radio", name="On the board").is_checked()
    flow.show("cat")
    flow.label("cat")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
