"""How the studio's page bears many photographs.

How long until the first of them is painted after the page was asked for, while the studio's first
training still runs and once it is done; how many pictures the document then holds; how many frames
a second the browser draws while the page is scrolled, and one class:

    python bench/many_photographs.py [--classes N] [--photos N] [--project DIR] [--json]

Chromium draws the page; there is no board. Times are those of the page's own clock. With --project
the photographs are drawn there once and used again: thousands take minutes.
"""

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

from studio import fill, opened, studio, wait
from tinyteach.cli.output import print_json, show_table

SCROLL_MS = 3000
STEP = 40  # pixels a frame
# When a photograph is on the screen for the first time.
WATCH = """() => { const look = () => {
  const found = [...document.querySelectorAll("[data-class] img")].some(
    (each) => each.complete && each.naturalWidth);
  requestAnimationFrame(found ? () => { window.painted = performance.now(); } : look);
}; look(); }"""
PAINTED = "() => window.painted"
PICTURES = "() => document.images.length"
BEGUN = "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"
# Scrolls what is named to its end and back; frames a second, and the longest without one in ms.
SCROLL = """([selector, step, length]) => new Promise((done) => {
  const element = selector ? document.querySelector(selector) : document.scrollingElement;
  const start = performance.now();
  let frames = 0, last = start, longest = 0, by = step;
  const draw = (now) => {
    frames += 1; longest = Math.max(longest, now - last); last = now;
    const before = element.scrollTop;
    element.scrollTop += by;
    if (element.scrollTop === before) by = -by;
    if (now - start < length) requestAnimationFrame(draw);
    else done([1000 * frames / (now - start), longest]);
  };
  requestAnimationFrame(draw);
})"""


def load(page: Any, url: str) -> dict[str, float]:
    """Open the page; when something and when a photograph was on the screen, in ms."""
    page.add_init_script(f"({WATCH})()")
    page.goto(url)
    page.wait_for_function(PAINTED)
    return {"page_ms": page.evaluate(BEGUN), "photograph_ms": page.evaluate(PAINTED)}


def scroll(page: Any, selector: str | None) -> dict[str, float]:
    rate, longest = page.evaluate(SCROLL, [selector, STEP, SCROLL_MS])
    return {"frames_per_s": round(rate, 1), "longest_ms": round(longest)}


def measure(page: Any, url: str) -> dict[str, Any]:
    training = load(page, url)
    page.evaluate("() => window.stop()")
    wait(page, '#train-status[data-state="done"]')
    found = {"training": training, "at_rest": load(page, page.url)}
    page.wait_for_timeout(1000)
    found["pictures"] = page.evaluate(PICTURES)
    found["page"] = scroll(page, None)
    found["class"] = scroll(page, "[data-class] .bursts")
    found["pictures_scrolled"] = page.evaluate(PICTURES)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--classes", type=int, default=20)
    parser.add_argument("--photos", type=int, default=250, help="a class")
    parser.add_argument("--project", type=Path, help="keep the photographs there")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        os.environ["TINYTEACH_HOME"] = str(Path(place) / "home")
        folder = options.project or Path(place) / "things"
        fill(folder, options.classes, options.photos)
        with studio(folder) as url, opened(url, go=False) as page:
            found = measure(page, url)
    if options.json:
        print_json({"classes": options.classes, "photos": options.photos, **found})
        return
    show_table(
        f"{options.classes} classes of {options.photos} photographs",
        ("what", "figure"),
        [
            ("a photograph painted while the first training runs", _ms(found["training"])),
            ("a photograph painted", _ms(found["at_rest"])),
            ("the page painted", f"{found['at_rest']['page_ms']:.0f} ms"),
            ("pictures in the document", found["pictures"]),
            ("the same after scrolling", found["pictures_scrolled"]),
            ("frames a second, page scrolled", found["page"]["frames_per_s"]),
            ("frames a second, a class scrolled", found["class"]["frames_per_s"]),
        ],
    )


def _ms(loaded: dict[str, float]) -> str:
    return f"{loaded['photograph_ms']:.0f} ms"


if __name__ == "__main__":
    main()
