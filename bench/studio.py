"""How long a person waits on the studio's page.

From letting go of the record button to a prediction of the new head on the screen, and from
pressing Deploy to the board's own results by it:

    python bench/studio.py [--rounds N] [--classes N] [--photos N] [--project DIR]
    [--quick] [--json]

Chromium draws the page; the board is the virtual one. Times are those of the page's own clock.
With --project the photographs are drawn there once and used again: four thousand take minutes.
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
from itertools import islice, permutations, product
from pathlib import Path
from typing import Any

import numpy as np

from tinyteach.cli.output import print_json, show_table

SEEN = 3  # classes that are shown to the camera and recorded
BURST = 10
HOLD_MS = 500
PATIENCE_MS = (
    1_800_000  # thousands of photographs are trained on for minutes, where others work, too
)
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
RECORDED = """() => import("./js/store.js").then(({ get }) => get("recording")?.photos.length)"""
FORGET = """async ([name, kept]) => {
  const { get } = await import("./js/store.js"), { api } = await import("./js/api.js");
  const ids = get("project").photos.map(({ id }) => id).filter((id) => id.startsWith(name + "/"));
  await api.deletePhotos(ids.slice(kept));
}"""
TOOK = "() => window.timed.end && window.timed.end - window.timed.start"


def things(count: int) -> dict[str, np.ndarray]:
    """Pictures by name: the demo's objects, then the same in other colours and on their heads."""
    from tinyteach.data.drawing import DEMO_OBJECTS, demo_object

    ways = [(colours, turns) for turns in range(4) for colours in permutations(range(3))]
    found = {}
    for number, (way, name) in enumerate(product(ways, DEMO_OBJECTS)):
        (colours, turns), tail = way, f" {number // len(DEMO_OBJECTS) + 1}" * (way != ways[0])
        found[name + tail] = np.rot90(demo_object(name)[:, :, list(colours)], turns).copy()
    return dict(islice(found.items(), count))


def fill(folder: Path, classes: int, photos: int) -> list[str]:
    """A project of photographs of such things, if it is not there; its classes."""
    from tinyteach.data.handheld import HandheldCamera
    from tinyteach.data.photos import save_burst
    from tinyteach.data.project import Project

    wanted = things(classes)
    if (folder / "tinyteach.json").exists():
        return list(wanted)
    project = Project.create(folder)
    for name, picture in wanted.items():
        project.add_class(name)
        camera = HandheldCamera(picture, seed=3, width=240, height=240)
        for start in range(0, photos, BURST):
            camera.new_burst()
            save_burst(project, name, camera.record(min(BURST, photos - start)))
    return list(wanted)


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
def opened(url: str, go: bool = True) -> Iterator[Any]:
    """The page in the browser; an empty one where not to ``go`` there."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        sys.exit(f"None of {', '.join(BROWSERS)} is installed; on Debian: apt install chromium.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE_MS)
        if go:
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


def record(page: Any, name: str) -> float:
    """Hold for a photograph, let go; milliseconds until a prediction of the head made of it."""
    page.evaluate(NEW_HEAD)
    page.locator(f'[data-class="{name}"] .hold').hover()
    page.mouse.down()
    page.wait_for_timeout(HOLD_MS)
    page.wait_for_function(RECORDED)
    page.mouse.up()
    took = took_ms(page)
    wait(page, '#train-status[data-state="done"]')
    return took


def forget(page: Any, name: str, kept: int) -> None:
    """Delete what was just recorded, so that every round begins alike."""
    page.evaluate(FORGET, [name, kept])
    page.wait_for_timeout(300)
    wait(page, '#train-status[data-state="done"]')


def deploy(page: Any) -> float:
    """Press Deploy; milliseconds until the board's own result by that head."""
    page.evaluate(ON_BOARD)
    page.get_by_role("button", name="Deploy to the board").click()
    return took_ms(page)


def measure(page: Any, rounds: int, names: list[str], photos: int) -> dict[str, list[float]]:
    page.get_by_role("button", name="Start the virtual board").click()
    wait(page, '#board-status[data-state="connected"]')
    wait(page, '#train-status[data-state="done"]')
    page.evaluate(WATCH)
    found: dict[str, list[float]] = {"record": [], "deploy": []}
    for number in range(rounds):
        name = names[number % SEEN]
        found["record"].append(record(page, name))
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
    parser.add_argument("--classes", type=int, default=SEEN)
    parser.add_argument("--photos", type=int, default=50, help="a class")
    parser.add_argument("--project", type=Path, help="keep the photographs there")
    parser.add_argument("--quick", action="store_true", help="one round, six photographs")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rounds, photos = (1, 6) if options.quick else (options.rounds, options.photos)
    with tempfile.TemporaryDirectory() as place:
        os.environ["TINYTEACH_HOME"] = str(Path(place) / "home")
        from tinyteach.virtual.running import stop_all

        folder = options.project or Path(place) / "things"
        names = fill(folder, options.classes, photos)
        try:
            with studio(folder) as url, opened(url) as page:
                found = measure(page, rounds, names, photos)
        finally:
            stop_all()
    results = {name: summary(values) for name, values in found.items()}
    if options.json:
        print_json({"rounds": rounds, "classes": len(names), "photos": photos, **results})
        return
    title = f"{len(names)} classes of {photos} photographs, {rounds} rounds"
    rows = [(name, *row.values()) for name, row in results.items()]
    show_table(title, ("from pressing to seeing", "p50 ms", "p95 ms", "max ms"), rows)


if __name__ == "__main__":
    main()
