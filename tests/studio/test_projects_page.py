"""Projects on the page: a first one, a copy, and back, in Chromium."""

from browser import person_at, violations
from studio_server import StudioServer
from tinyteach.data.project import Project


def test_from_project_to_project(browser, tmp_path):
    place = tmp_path / "place"
    place.mkdir()
    (place / "taxes.txt").write_text("")
    with StudioServer(place) as studio, person_at(browser, studio.url) as flow:
        page = flow.page
        other = page.context.new_page()
        other.goto(studio.address.base)
        name = page.get_by_label("Name of a new project or a copy")
        page.get_by_text(f"In {place}").wait_for()
        assert name.input_value() == "things"
        assert violations(page) == []
        flow.button("New project").click()
        flow.button("Projects: things").wait_for()
        flow.add_class("cat")
        other.get_by_role("heading", name="Classes").wait_for()  # by itself

        flow.button("Projects: things").click()
        assert violations(page) == []
        name.fill("cups/mugs")
        flow.button("Duplicate things").click()
        refused = flow.part(".notice.error", has_text="cannot name a project because it holds '/'")
        refused.wait_for()
        assert flow.is_on_top(refused) and violations(page) == []
        refused.evaluate("(notice) => { notice.id = 'first'; }")
        flow.button("Duplicate things").click()
        page.locator("#first").wait_for(state="detached")
        assert refused.count() == 1  # the same once more, of now
        flow.button("Close").click()
        page.locator("body > #notices .error").wait_for()
        flow.button("Projects: things").click()
        refused.get_by_role("button", name="Dismiss").click()
        name.fill("cups")
        flow.button("Duplicate things").click()
        flow.button("Projects: cups").wait_for()
        flow.card("cat").wait_for()
        other.get_by_role("button", name="Projects: cups").wait_for()
        assert page.title().startswith("cups")
        flow.add_class("mug")
        flow.button("Projects: cups").click()
        flow.button("Open things").click()
        flow.button("Projects: things").wait_for()
        flow.card("cat").wait_for()
        assert flow.card("mug").count() == 0
    assert Project.open(place / "cups").classes() == ["cat", "mug"]
