"""How long a person waits on the studio's page.

From letting go of the record button to a prediction of the new head on the screen, and from
pressing Deploy to the board's own results by it:

    python bench/studio.py [--rounds N] [--photos N] [--quick] [--json]

Chromium draws the page; the board is the virtual one. Times are those of the page's own clock.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tinyteach.cli.output import print_json, show_table

CLASSES = ("cat", "coffee", "rocket")
BURST = 10
HOLD_MS = 500
PATIENCE_MS = 120_000
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
# On the page: when the pointer was let go of or a button pressed, and when the label first came
# from another head than before.
WATCH = """() => {
  const label = document.getElementById("live-label");
  window.timed = { start: 0, end: 0 };
  const note = () => { window.timed = { start: performance.now(), end: 0 }; };
  addEventListener("pointerup", note, true);
  window.before = "";
  new MutationObserver(() => {
    const now = `${label.dataset.source} ${label.dataset.head}`;
    if (window.timed.start && !window.timed.end && window.wanted(now)) {
      requestAnimationFrame(() => { window.timed.end ||= performance.now(); });
    }
  }).observe(label, { attributes: true });
}"""
NEW_HEAD = """() => { const label = document.getElementById("live-label");
  const before = label.dataset.head; window.wanted = (now) => !now.endsWith(before); }"""
# The page shows the board's own result as soon as the board has the newest head.
ON_BOARD = """() => { window.wanted = (now) => now.startsWith("board "); }"""
TOOK = "() => window.timed.end && window.timed.end - window.timed.start"


def fill(folder: Path, photos: int) -> None:
    """A project of photographs of the demo's objects."""
    from tinyteach.data.drawing import demo_object
    from tinyteach.data.handheld import HandheldCamera
    from tinyteach.data.photos import save_burst
    from tinyteach.data.project import Project

    project = Project.create(folder)
    for name in CLASSES:
        project.add_class(name)
        camera = HandheldCamera(demo_object(name), seed=3, width=240, height=240)
        for start in range(0, photos, BURST):
            camera.new_burst()
            save_burst(project, name, camera.record(min(BURST, photos - start)))


@contextmanager
def studio(folder: Path) -> Iterator[str]:
    """The studio's address."""
    tinyteach = Path(sys.executable).with_name("tinyteach")
    command = [tinyteach, "studio", "-p", folder, "--no-browser", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()


@contextmanager
def opened(url: str) -> Iterator[Any]:
    """The page in the browser."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        sys.exit(f"None of {', '.join(BROWSERS)} is installed; on Debian: apt install chromium.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE_MS)
        page.goto(url)
        yield page
        browser.close()


def wait(page: Any, selector: str) -> None:
    page.locator(selector).wait_for()


def took_ms(page: Any) -> float:
    """The time on the page's clock, as soon as it is there."""
    for _ in range(PATIENCE_MS // 50):
        if took := page.evaluate(TOOK):
            return took
        page.wait_for_timeout(50)
    sys.exit("Nothing changed on the page; is this computer busy?")


def record(page: Any, name: str, kept: int) -> float:
    """Hold for a photograph, let go; milliseconds until a prediction of the head made of it."""
    page.evaluate(NEW_HEAD)
    page.locator(f'[data-class="{name}"] .hold').hover()
    page.mouse.down()
    page.wait_for_timeout(HOLD_MS)
    page.locator(f'[data-class="{name}"] .thumb').nth(kept).wait_for()
    page.mouse.up()
    took = took_ms(page)
    wait(page, '#train-status[data-state="done"]')
    return took


def forget(page: Any, name: str, kept: int) -> None:
    """Delete what was just recorded, so that every round begins alike."""
    page.locator(f'[data-class="{name}"] .thumb').nth(kept).click()
    page.locator(f'[data-class="{name}"] .thumb').last.click(modifiers=["Shift"])
    with page.expect_response("**/api/photos/delete"):
        page.locator(f'[data-class="{name}"] .danger').click()
    page.locator(f'[data-class="{name}"] .thumb').nth(kept).wait_for(state="detached")
    page.wait_for_timeout(300)
    wait(page, '#train-status[data-state="done"]')


def deploy(page: Any) -> float:
    """Press Deploy; milliseconds until the board's own result by that head."""
    page.evaluate(ON_BOARD)
    page.get_by_role("button", name="Deploy to the board").click()
    return took_ms(page)


def measure(page: Any, rounds: int, photos: int) -> dict[str, list[float]]:
    page.get_by_role("button", name="Start the virtual board").click()
    wait(page, '#board-status[data-state="connected"]')
    wait(page, '#train-status[data-state="done"]')
    page.evaluate(WATCH)
    found: dict[str, list[float]] = {"record": [], "deploy": []}
    for number in range(rounds):
        name = CLASSES[number % len(CLASSES)]
        found["record"].append(record(page, name, photos))
        found["deploy"].append(deploy(page))
        wait(page, '#deploy-status[data-state="done"]')
        forget(page, name, photos)
    return found


def summary(values: list[float]) -> dict[str, float]:
    p50, p95 = np.percentile(values, (50, 95))
    return {"p50_ms": round(p50), "p95_ms": round(p95), "max_ms": round(max(values))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--photos", type=int, default=50, help="a class")
    parser.add_argument("--quick", action="store_true", help="one round, six photographs")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rounds, photos = (1, 6) if options.quick else (options.rounds, options.photos)
    with tempfile.TemporaryDirectory() as place:
        os.environ["TINYTEACH_HOME"] = str(Path(place) / "home")
        from tinyteach.virtual.running import stop_all

        fill(Path(place) / "things", photos)
        try:
            with studio(Path(place) / "things") as url, opened(url) as page:
                found = measure(page, rounds, photos)
        finally:
            stop_all()
    results = {name: summary(values) for name, values in found.items()}
    if options.json:
        print_json({"rounds": rounds, "photos": photos, **results})
        return
    title = f"{len(CLASSES)} classes of {photos} photographs, {rounds} rounds"
    rows = [(name, *row.values()) for name, row in results.items()]
    show_table(title, ("from pressing to seeing", "p50 ms", "p95 ms", "max ms"), rows)


if __name__ == "__main__":
    main()
