"""The page in the distribution's Chromium, the studio in a process of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from weakref import WeakKeyDictionary

import pytest

from debian_packages import CHROMIUM
from studio_server import Asker
from tinyteach.studio.addresses import Address

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    "--use-fake-device-for-media-stream",  # a webcam that shows a moving pattern
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PATIENCE_MS = 600_000  # of a page that stands still
WIDE = {"width": 1280, "height": 900}


def find_chromium() -> str:
    """Its path; skips where there is none."""
    for name in CHROMIUM:
        if found := shutil.which(name):
            return found
    pytest.skip(f"none of {', '.join(CHROMIUM)} is installed (Debian: apt install chromium)")


@contextmanager
def chromium():
    """A browser."""
    from playwright.sync_api import sync_playwright

    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def command(*arguments) -> list[str]:
    """The `tinyteach` command of this environment."""
    return [str(Path(sys.executable).with_name("tinyteach")), *map(str, arguments)]


def violations(page) -> list[str]:
    """What axe-core finds, of any weight."""
    from axe_playwright_python.sync_playwright import Axe

    # Colours on their way from one theme to the other are nobody's; what is not drawn never ends.
    page.evaluate(
        """() => Promise.race([new Promise((done) => setTimeout(done, 5000)),
        Promise.allSettled(document.getAnimations().map((each) => each.finished))])"""
    )
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]


class StudioProcess(Asker):
    """``tinyteach studio`` as a user starts it; a context manager.

    ``url`` opens it once, ``told`` is all that it printed, ``log`` what it wrote to standard error.
    """

    def __init__(self, folder: Path, home: Path, *options, **environment: str) -> None:
        self._command = command("studio", "-p", folder, "--no-browser", "--json", *options)
        self.environment = {**os.environ, "TINYTEACH_HOME": str(home), **environment}
        self.log = home.with_name(f"{home.name}.studio.log")
        self.url = ""

    def start(self, **options) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command,
                stdout=subprocess.PIPE,
                stderr=log,
                env=self.environment,
                text=True,
                **options,
            )
        assert self.process.stdout
        self.told = json.loads(self.process.stdout.readline())
        self.url = self.told["url"]
        self.address = Address(**json.loads(Path(self.told["key_file"]).read_text()))

    def kill(self) -> None:
        """As a crash ends it."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """As Ctrl-C ends it; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait()

    def __enter__(self) -> "StudioProcess":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()
        self.process.stdout.close()


class Flow:
    """What a person does on the page, step by step."""

    def __init__(self, page) -> None:
        self.page = page
        self.problems: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", self._erred)

    def _erred(self, error) -> None:
        self.problems.append(str(error))

    def leave(self) -> None:
        """The window as a new one is."""
        page, context = self.page, self.page.context
        for other in context.pages:
            if other is not page:
                other.close()
        page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        page.goto("about:blank")
        page.remove_listener("pageerror", self._erred)
        page.unroute_all()
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(WIDE)
        page.mouse.move(0, 0)
        context.clear_cookies()
        context.clear_permissions()

    def part(self, selector: str, **options):
        return self.page.locator(selector, **options)

    def button(self, name: str, **options):
        return self.page.get_by_role("button", name=name, **options)

    def start_virtual(self) -> None:
        self.button("Start the virtual board").click()
        connected = '#board-status[data-state="connected"]:visible'
        self.part(f"{connected}, .notice.error").first.wait_for()
        assert self.part(connected).count(), self.part(".notice.error").all_inner_texts()

    def show(self, name: str) -> None:
        """Put an object before the virtual camera; returns when it is there."""
        with self.page.expect_response("**/api/virtual/show"):
            self.part("#panel-connect").get_by_role("button", name=name, exact=True).click()

    def add_class(self, name: str) -> None:
        self.page.get_by_label("Name of the new class").fill(name)
        self.button("Add class").click()
        self.card(name).wait_for()

    def card(self, name: str):
        return self.part(f'[data-class="{name}"]')

    def count(self, name: str) -> int:
        """Photographs that the card of a class shows."""
        return int(self.card(name).get_by_text("photo").first.inner_text().split()[0])

    def hold(self, name: str, photos: int) -> None:
        """Press the record button until so many photographs are counted, and let go."""
        self.card(name).locator(".hold").hover()
        self.page.mouse.down()
        self.counted(name, photos)
        self.page.mouse.up()
        self.card(name).get_by_role("button", name="Hold to record").wait_for()

    def counted(self, name: str, photos: int) -> None:
        """Wait until so many are shown."""
        self.card(name).locator(f".thumb >> nth={photos - 1}").wait_for()

    def state(self, panel: str, state: str) -> None:
        self.part(f'#{panel}-status[data-state="{state}"]').wait_for()

    def trained(self) -> None:
        self.state("train", "done")

    def label(self, name: str) -> None:
        """Wait until the live view says so."""
        self.part("#live-label").get_by_text(name, exact=True).wait_for()

    def teach(self, name: str) -> None:
        """Show an object and have the board learn it."""
        self.show(name)
        self.page.get_by_label("Class to teach").fill(name)
        self.button("Teach", exact=True).click()
        self.part(f'[data-taught="{name}"]').get_by_text("10 of 32 examples").wait_for()

    def deploy(self) -> None:
        self.part("#panel-deploy").get_by_role("button", name="Deploy to the board").click()

    @property
    def on_board(self) -> str:
        return self.part("#on-board").inner_text()


# By browser, windows that tests which passed have left: a new one's process takes longer to start
# than the page.
_LEFT: WeakKeyDictionary = WeakKeyDictionary()


@contextmanager
def person_at(browser, url):
    """A `Flow` at the page, in a window of its own; a context manager."""
    left = _LEFT.setdefault(browser, [])
    page = left.pop() if left else browser.new_context(viewport=WIDE).new_page()
    person = Flow(page)
    page.goto(url)
    yield person
    # Shown with a test that failed: what it waited for in vain.
    print(page.evaluate("() => document.body.innerText"))  # noqa: T201
    person.leave()
    left.append(page)
    assert person.problems == []
