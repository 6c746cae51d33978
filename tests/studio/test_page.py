"""A person's way through the page, in the distribution's Chromium, on the virtual board."""

import re

import pytest

from browser import violations
from tinyteach.data.photos import list_photos, load_photos
from tinyteach.data.project import Project

STEPS = ["connect", "classes", "train", "deploy", "live", "rules", "teach"]


def teach(flow, photos):
    """Connect, two classes, a recording of each."""
    flow.start_virtual()
    for name in ("cat", "coffee"):
        flow.add_class(name)
        flow.show(name)
        flow.hold(name, photos)
    flow.trained()


CHINESE_PHONE = {"locale": "zh-CN", "viewport": {"width": 390, "height": 844}}


def rule_on(flow, name, pin):
    """Add the rule that a class sets a pin."""
    first = flow.page.get_by_label(flow.said("rules.label"), exact=True)
    assert first.locator("option:checked").inner_text() == "cat"  # not what nobody has chosen
    flow.page.get_by_label(flow.said("rules.label"), exact=True).select_option(label=name)
    field = f"{flow.said('rules.then')}: {flow.said('rules.pin')}"
    flow.page.get_by_label(field, exact=True).fill(pin)
    flow.press("rules.add")
    flow.part("#rules li", has_text=name).filter(has_text=pin).wait_for()


def take_along(flow, what):
    """Its name as a file."""
    flow.page.get_by_label(flow.said("takeAlong.what"), exact=True).select_option(what)
    with flow.page.expect_download() as taken:
        flow.press("takeAlong.take")
    return taken.value.suggested_filename


@pytest.mark.parametrize(
    "flow",
    [
        pytest.param({}, id="english"),
        pytest.param(CHINESE_PHONE, id="chinese-on-a-phone", marks=pytest.mark.soak),
    ],
    indirect=True,
)
def test_the_whole_flow(flow, folder):
    page = flow.page
    teach(flow, photos=5)
    flow.part("#accuracy").get_by_text("%").wait_for()
    flow.part("#enough li").first.wait_for()
    flow.label("coffee")  # the preview head, before anything was deployed
    flow.deploy()
    flow.state("deploy", "done")
    assert re.search("cat.{1,2}coffee", flow.on_board)
    assert re.search(r"\d.*\d", flow.part("#deploy-status").inner_text())  # bytes and seconds
    first = flow.on_board
    flow.label("coffee")
    flow.show("cat")
    flow.label("cat")
    assert flow.said("live.latency", 1).partition("1.0")[2] in flow.part("#latency").inner_text()
    assert flow.said("connect.rate", 1).partition("1.0")[2] in flow.part("#frame-rate").inner_text()

    flow.show("rocket")
    flow.label(flow.said("unknown"))
    flow.add_class("rocket")
    wrong = flow.part("#panel-live").get_by_role("group", name=flow.said("live.correct"))
    for number in (1, 2, 3):
        wrong.get_by_role("button", name="rocket").click()
        flow.card("rocket").get_by_text(flow.said("classes.photos", number)).wait_for()
    flow.label("rocket")
    flow.trained()
    flow.state("deploy", "idle")  # what was sent is not the newest any more
    flow.deploy()
    flow.part("#on-board").get_by_text(re.compile("cat.{1,2}coffee.{1,2}rocket")).wait_for()
    flow.label("rocket")
    rule_on(flow, "rocket", "21")
    assert take_along(flow, "litert").startswith(folder.name)
    flow.press("deploy.rollback")
    flow.part("#on-board").get_by_text(first).wait_for()

    page.reload()
    flow.state("board", "connected")
    flow.trained()
    assert flow.count("cat") >= 5 and flow.count("rocket") == 3
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page) == []
    project = Project.open(folder)
    loaded = load_photos(list_photos(project))
    assert loaded.problems == [] and project.classes() == ["cat", "coffee", "rocket"]


def test_a_name_typed_before_the_last_one_is_answered_stays(flow):
    """What is sent leaves the field at once; what was refused comes back into an empty one."""
    field = flow.page.get_by_label("Name of the new class")

    def answer_late(route):
        answer = route.fetch()
        flow.card("cat").wait_for()  # told already, while the request is not answered
        field.fill("coffee")
        route.fulfill(response=answer)

    flow.page.route("**/api/classes", answer_late, times=1)
    with flow.page.expect_response("**/api/classes"):
        flow.add_class("cat")
    assert field.input_value() == "coffee"
    flow.button("Add class").click()
    flow.card("coffee").wait_for()
    field.fill("cat")
    field.press("Enter")
    flow.part(".notice.error").wait_for()
    assert field.input_value() == "cat"


@pytest.mark.usefixtures("paired_before", "project")
def test_a_cable_pulled_while_deploying(flow, page_studio, virtual):
    """What was told is the studio's: a page that hears late hears the last only."""
    flow.start_virtual()
    flow.show("coffee")
    flow.trained()
    told, feed = [], page_studio.bench.feed
    stop = feed.listen(
        lambda name: told.append(feed.get(name)["status"]) if name == "deploying" else None
    )
    virtual().set_speed(4000)
    flow.deploy()
    page_studio.wait("deploying", lambda value: value["status"] == "sending" and value["done"])
    virtual().replug()
    virtual().set_speed(None)
    flow.state("deploy", "done")  # by itself: the board is back
    stop()
    assert list(dict.fromkeys(told)) == ["sending", "interrupted", "done"]
    assert "cat, coffee" in flow.on_board
    flow.label("coffee")


@pytest.mark.soak
@pytest.mark.usefixtures("paired_before")
def test_a_server_that_is_killed_while_recording(command_flow, command_studio, folder):
    flow, studio = command_flow, command_studio
    flow.start_virtual()
    flow.add_class("cat")
    flow.card("cat").locator(".hold").hover()
    flow.page.mouse.down()
    flow.counted("cat", 3)
    studio.kill()
    flow.page.get_by_role("alert").wait_for()
    flow.page.mouse.up()
    kept = list_photos(Project.open(folder))
    loaded = load_photos(kept)
    assert len(kept) >= 3 and loaded.problems == []
    port = studio.address.port
    studio.start()
    assert studio.address.port == port
    alert = flow.page.get_by_role("alert")
    alert.get_by_text("run 'tinyteach studio' in the project's folder").wait_for()
    second = flow.page.context.new_page()  # as the command opens one: the first goes on, too
    second.goto(studio.url)
    alert.wait_for(state="hidden")
    second.close()
    flow.state("board", "connected")
    flow.card("cat").get_by_text(f"{len(kept)} photos").wait_for()
    flow.hold("cat", len(kept) + 2)


@pytest.mark.usefixtures("paired_before")
def test_keyboard_alone(flow, folder):
    page = flow.page
    flow.start_virtual()
    flow.page.get_by_label("Name of the new class").focus()
    page.keyboard.type("cat")
    page.keyboard.press("Enter")
    flow.card("cat").wait_for()
    flow.card("cat").locator(".hold:enabled").focus()
    page.keyboard.down(" ")
    flow.counted("cat", 2)
    page.keyboard.up(" ")
    flow.card("cat").get_by_role("button", name="Hold to record").wait_for()
    page.locator("body").focus()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.down("1")
    flow.counted("cat", 5)
    page.keyboard.up("1")
    flow.card("cat").get_by_role("button", name="Hold to record").wait_for()
    taken = len(list_photos(Project.open(folder), "cat"))  # of the last the page hears a bit later
    flow.card("cat").get_by_text(f"{taken} photos").wait_for()
    flow.card("cat").locator(".thumb").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Delete")
    flow.part("#notices").get_by_text("1 photo deleted").wait_for()
    flow.card("cat").get_by_text(f"{taken - 1} photos").wait_for()
    flow.part("#notices").get_by_role("button", name="Undo").click()
    flow.card("cat").get_by_text(f"{taken} photos").wait_for()
    name = flow.card("cat").get_by_label("Name of this class")
    name.fill("tom cat")
    name.press("Enter")
    flow.card("tom cat").wait_for()
    order = []
    page.locator("#panel-connect button >> nth=0").focus()
    for _ in range(40):
        order.append(page.evaluate("document.activeElement.closest('section')?.id ?? ''"))
        page.keyboard.press("Tab")
    steps = list(dict.fromkeys(place for place in order if place))
    assert (
        steps == sorted(steps, key=STEPS.index)
        if (steps := [step.removeprefix("panel-") for step in steps])
        else False
    )


@pytest.mark.soak
@pytest.mark.usefixtures("paired_before")
def test_nothing_sticks_out_or_jumps(flow):
    """On a laptop and on a phone."""
    page = flow.page
    teach(flow, photos=3)
    flow.deploy()
    flow.state("deploy", "done")
    script = """() => [".hold", ".bar"].map((each) =>
      document.querySelector(each).getBoundingClientRect().top + scrollY)"""
    for width, height in ((1280, 800), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") == width
        before = page.evaluate(script)
        flow.show("cat")
        flow.label("cat")
        flow.show("rocket")
        flow.label("unknown")
        assert page.evaluate(script) == before
    assert violations(page) == []


def test_photographs_that_are_dropped_and_chosen(flow, tmp_path):
    from paired import views_of
    from tinyteach.data.images import encode_png

    flow.add_class("rocket")
    files = []
    for number, view in enumerate(views_of("rocket", 3, side=96)):
        files.append(tmp_path / f"{number}.png")
        files[-1].write_bytes(encode_png(view))
    flow.page.get_by_label("Add photos to rocket").set_input_files(files)
    flow.card("rocket").get_by_text("3 photos").wait_for()
    transfer = flow.page.evaluate_handle(
        """(bytes) => { const t = new DataTransfer(), data = new Uint8Array(bytes);
        t.items.add(new File([data], "moon.png", {type: "image/png"})); return t; }""",
        list(encode_png(views_of("rocket", 4, side=96)[3])),
    )
    flow.card("rocket").dispatch_event("drop", {"dataTransfer": transfer})
    flow.card("rocket").get_by_text("4 photos").wait_for()
