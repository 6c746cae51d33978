"""The studio's door in the distribution's Chromium: let in once, and told what to do."""

import pytest

from browser import FLAGS, find_chromium, violations
from tinyteach.studio.codes import cookie_of


def secrets_in(profile, studio):
    """Where a browser's files tell what would let somebody in."""
    secrets = [studio.address.key, cookie_of(studio.address.key)]
    found = []
    for path in (path for path in profile.rglob("*") if path.is_file()):
        content = path.read_bytes()
        if any(secret.encode() in content for secret in secrets):
            found.append(path.name)
    return found


def test_a_browser_is_let_in_by_the_address_once(page_studio, browser, tmp_path):
    """A tab more, reloading and a bookmark go on; history and other browsers have nothing."""
    studio, profile = page_studio, tmp_path / "profile"
    context = browser.browser_type.launch_persistent_context(
        profile, executable_path=find_chromium(), args=list(FLAGS)
    )
    page = context.pages[0]
    page.goto(studio.url)
    page.locator("#panel-connect").wait_for()
    assert page.url == studio.address.base
    assert page.evaluate("[document.cookie, document.referrer]") == ["", ""]
    for tab in (page, context.new_page()):
        tab.goto(studio.address.base)
        tab.reload()
        tab.locator("#panel-connect").wait_for()
    tab.goto(studio.url)  # from the history: this browser has its cookie already
    tab.locator("#panel-connect").wait_for()
    assert tab.url == studio.address.base
    context.close()
    assert secrets_in(profile, studio) == []


def test_another_browser_is_told_what_to_do(page_studio, browser):
    studio = page_studio
    assert studio.ask("GET", studio.url.removeprefix(studio.address.base[:-1])).status == 303
    page = browser.new_page()
    for url in (
        studio.url,
        studio.address.base,
        f"http://{studio.host}/",
        f"{studio.address.base}x",
    ):
        assert page.goto(url).status == 403
        page.get_by_text("run 'tinyteach studio' in the project's folder").wait_for()
        assert violations(page) == []
    page.close()


@pytest.mark.parametrize("missing", ["**/css/*", "**/js/main.js", "**/js/forms.js", "**/zh.js"])
def test_a_page_that_is_cut_off_while_it_loads(page_studio, browser, missing):
    """As by a studio that is killed meanwhile: it says so, and what to do."""
    page = browser.new_context(locale="zh-CN").new_page()
    page.route(missing, lambda route: route.abort())
    page.goto(page_studio.url)
    if "css" in missing:  # it is ugly then, but there
        page.locator("#panel-connect").wait_for()
        assert not page.locator(".late").count()
    else:
        page.get_by_text("run 'tinyteach studio' in the project's folder").wait_for()
        page.unroute_all()
        page.get_by_role("link", name="重新加载").click()
        page.locator("#panel-connect").wait_for()
    page.close()


def test_a_link_on_another_site_opens_it(page_studio, browser):
    """SameSite=Strict leaves the cookie away there, also on the way that a redirect leads."""
    page = browser.new_context().new_page()
    page.route(
        "http://elsewhere.example/",
        lambda route: route.fulfill(
            content_type="text/html", body=f'<a href="{page_studio.url}">the studio</a>'
        ),
    )
    page.goto("http://elsewhere.example/")
    page.get_by_role("link").click()
    page.locator("#panel-connect").wait_for()
    assert page.url == page_studio.address.base
    page.close()


def test_a_page_of_a_studio_that_ended(command_flow, command_studio):
    """Reloading it says what to do, and so does the page itself; what was typed comes along."""
    flow, studio = command_flow, command_studio
    flow.page.locator("#panel-connect").wait_for()
    old = flow.page.url
    flow.page.locator("#new-class").click()
    flow.page.keyboard.type("rocket")
    studio.stop()
    alert = flow.page.get_by_role("alert")
    alert.get_by_text("run 'tinyteach studio' in the project's folder").wait_for()
    with flow.page.expect_event("dialog") as asked:  # nobody knows where it will be
        flow.page.evaluate("() => { setTimeout(() => location.reload()); }")
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()
    studio.start()
    alert.get_by_text("open the address that its terminal shows").wait_for()
    flow.page.reload()
    flow.page.get_by_text("This is no address of the studio that runs here now").wait_for()
    assert flow.page.url == old
    flow.page.goto(studio.url)
    typed = "() => document.getElementById('new-class')?.value === 'rocket'"
    flow.page.wait_for_function(typed)
    assert flow.page.get_by_role("alert").is_hidden()
    studio.kill()
    alert.wait_for()
    studio.start()
    second = flow.page.context.new_page()  # as the command opens one
    second.goto(studio.url)
    flow.page.wait_for_url(studio.address.base)
    flow.page.wait_for_function(typed)
    second.locator("#panel-connect").wait_for()
    assert second.locator("#new-class").input_value() == ""
