"""The page in the distribution's Chromium, the studio in a process of its own."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
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
# The page's words at a path, with what varies in them.
SAID = """async ([path, values]) => {
  const { strings } = await import("./js/strings.js");
  const found = path.split(".").reduce((at, key) => at[key], strings);
  return typeof found === "function" ? found(...values) : found;
}"""


# Also what the page keeps as it is left.
FORGET = """() => { localStorage.clear(); sessionStorage.clear();
  addEventListener("pagehide", () => sessionStorage.clear()); }"""
ON_TOP = """(element) => {
  const { left, top, width, height } = element.getBoundingClientRect();
  return element.contains(document.elementFromPoint(left + width / 2, top + height / 2));
}"""


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
    Between its end and another start its port is nobody else's.
    """

    def __init__(self, folder: Path, home: Path, *options, **environment: str) -> None:
        self._command = command("studio", "-p", folder, "--no-browser", "--json", *options)
        self.environment = {**os.environ, "TINYTEACH_HOME": str(home), **environment}
        self.log = home.with_name(f"{home.name}.studio.log")
        self.url = ""
        self._held = contextlib.ExitStack()

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
        self._held.close()

    def kill(self) -> None:
        """As a crash ends it."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """As Ctrl-C ends it; the exit code."""
        return self._end(signal.SIGINT)

    def _end(self, number: int) -> int:
        self.process.send_signal(number)
        code = self.process.wait()
        # Bound alone, it is no hindrance to who asks for the port itself and shares (SO_REUSEADDR).
        held = self._held.enter_context(socket.socket())
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((self.address.host, self.address.port))
        return code

    def __enter__(self) -> "StudioProcess":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()
        self._held.close()
        self.process.stdout.close()


class Flow:
    """What a person does on the page, step by step, in whichever language it is."""

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
        page.evaluate(FORGET)
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

    def is_on_top(self, found) -> bool:
        """Whether a press in the middle of it would meet it."""
        return found.evaluate(ON_TOP)

    def button(self, name: str, **options):
        return self.page.get_by_role("button", name=name, **options)

    def said(self, path: str, *values) -> str:
        """The page's own words, by their path in strings/en.js."""
        return self.page.evaluate(SAID, [path, values])

    def press(self, path: str) -> None:
        """The button that says so."""
        self.button(self.said(path), exact=True).click()

    def start_virtual(self) -> None:
        self.press("connect.startVirtual")
        connected = '#board-status[data-state="connected"]:visible'
        self.part(f"{connected}, .notice.error").first.wait_for()
        assert self.part(connected).count(), self.part(".notice.error").all_inner_texts()

    def show(self, name: str) -> None:
        """Put an object before the virtual camera; returns when it is there."""
        with self.page.expect_response("**/api/virtual/show"):
            self.part("#panel-connect").get_by_role("button", name=name, exact=True).click()

    def add_class(self, name: str) -> None:
        self.page.get_by_label(self.said("classes.newName")).fill(name)
        self.press("classes.add")
        self.card(name).wait_for()

    def card(self, name: str):
        return self.part(f'[data-class="{name}"]')

    def count(self, name: str) -> int:
        """Photographs that the card of a class shows."""
        told = self.card(name).locator(".counts > div").first.inner_text()
        return int(re.sub(r"\D", "", told))

    def hold(self, name: str, photos: int) -> None:
        """Press the record button until so many photographs are counted, and let go."""
        self.card(name).locator(".hold").hover()
        self.page.mouse.down()
        self.counted(name, photos)
        self.page.mouse.up()
        self.card(name).get_by_role("button", name=self.said("classes.hold")).wait_for()

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
        self.page.get_by_label(self.said("teach.name")).fill(name)
        self.press("teach.teach")
        known = self.said("teach.examples", 10, 32)
        self.part(f'[data-taught="{name}"]').get_by_text(known).wait_for()

    def deploy(self) -> None:
        name = self.said("deploy.deploy")
        self.part("#panel-deploy").get_by_role("button", name=name).click()

    @property
    def on_board(self) -> str:
        return self.part("#on-board").inner_text()


# By browser and options, windows that tests which passed have left: a new one's process takes
# longer to start than the page.
_LEFT: WeakKeyDictionary = WeakKeyDictionary()


@contextmanager
def person_at(browser, url, **options):
    """A `Flow` at the page, in a window of its own; a context manager.

    ``options`` of the window, such as its ``viewport`` and ``locale``.
    """
    options = {"viewport": WIDE} | options
    alike = _LEFT.setdefault(browser, {}).setdefault(repr(options), [])
    page = alike.pop() if alike else browser.new_context(**options).new_page()
    page.set_viewport_size(options["viewport"])
    person = Flow(page)
    page.goto(url)
    yield person
    # Shown with a test that failed: what it waited for in vain.
    print(page.evaluate("() => document.body.innerText"))  # noqa: T201
    person.leave()
    alike.append(page)
    assert person.problems == [], person.problems
