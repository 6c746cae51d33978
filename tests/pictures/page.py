"""Makes docs/pictures/studio.webp: ``python tests/pictures/page.py``.

The page in the distribution's Chromium while two classes are recorded, trained and deployed: a
picture whenever something is there to see, not at the pace of a person.
"""

import io
import os
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from browser import Flow, StudioProcess, chromium  # noqa: E402
from tinyteach.virtual.running import stop_all  # noqa: E402

PICTURE = ROOT / "docs" / "pictures" / "studio.webp"
VIEWPORT, SIZE = {"width": 1280, "height": 860}, (960, 645)
STEP_MS, WHILE_RECORDING_MS, LAST_MS = 1200, 350, 4000
QUALITY = 55
CLASSES = ("cat", "coffee")


class Film:
    """Pictures of the page, each with the milliseconds that it is shown."""

    def __init__(self, page) -> None:
        self._page = page
        self.pictures: list[Image.Image] = []
        self.shown_ms: list[int] = []

    def take(self, shown_ms: int = STEP_MS) -> None:
        shot = Image.open(io.BytesIO(self._page.screenshot())).convert("RGB")
        self.pictures.append(shot.resize(SIZE, Image.Resampling.LANCZOS))
        self.shown_ms.append(shown_ms)

    def save(self, path: Path) -> None:
        first, *others = self.pictures
        options = {"duration": self.shown_ms, "loop": 0, "quality": QUALITY, "method": 6}
        first.save(path, save_all=True, append_images=others, minimize_size=True, **options)


def record(flow: Flow, film: Film, name: str, photos: int) -> None:
    """Hold the button until there are so many, with pictures meanwhile."""
    flow.card(name).locator(".hold").hover()
    flow.page.mouse.down()
    for count in range(photos - 8, photos + 1, 4):
        flow.counted(name, count)
        film.take(WHILE_RECORDING_MS)
    flow.page.mouse.up()
    flow.card(name).get_by_role("button", name="Hold to record").wait_for()


def act(flow: Flow, film: Film) -> None:
    """The whole job."""
    film.take()
    flow.start_virtual()
    flow.page.wait_for_timeout(1000)
    for name in CLASSES:
        flow.add_class(name)
    film.take()
    for name in CLASSES:
        flow.show(name)
        flow.page.wait_for_timeout(500)
        for photos in (12, 28):  # two recordings
            record(flow, film, name, photos)
        film.take()
    flow.trained()
    film.take(2 * STEP_MS)
    flow.deploy()
    flow.state("deploy", "done")
    film.take()
    for name in CLASSES:
        flow.show(name)
        flow.label(name)
        flow.page.wait_for_timeout(2000)
        film.take(LAST_MS // 2)


def main() -> None:
    with tempfile.TemporaryDirectory() as place, chromium() as browser:
        home = Path(place) / "home"
        os.environ["TINYTEACH_HOME"] = str(home)
        try:
            with StudioProcess(Path(place) / "things", home) as studio:
                page = browser.new_page(viewport=VIEWPORT)
                page.goto(studio.url)
                page.get_by_role("button", name="Start the virtual board").wait_for()
                film = Film(page)
                act(Flow(page), film)
        finally:
            stop_all()
    film.save(PICTURE)
    sys.stdout.write(f"{PICTURE}: {PICTURE.stat().st_size} bytes, {len(film.pictures)} pictures\n")


if __name__ == "__main__":
    main()
