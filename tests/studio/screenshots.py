"""Makes docs/studio.png and docs/studio-phone.png: ``python tests/studio/screenshots.py``.

The photographs are the demo's own. Colours are reduced to a palette, so that the files stay small.
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

WIDE = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}


def save(page, name: str) -> None:
    """What is on the screen as a PNG of 128 colours."""
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    path = ROOT / "docs" / name
    shot.quantize(128, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)
    sys.stdout.write(f"{path}: {path.stat().st_size} bytes\n")


def teach(flow: Flow) -> None:
    """Three classes in two recordings each, deployed."""
    flow.start_virtual()
    for name in ("cat", "coffee", "rocket"):
        flow.add_class(name)
    for name in ("cat", "coffee", "rocket"):
        flow.show(name)
        for photos in (6, 12):
            flow.hold(name, photos)
    flow.trained()
    flow.deploy()
    flow.state("deploy", "done")
    for name in ("cat", "rocket", "coffee"):
        flow.show(name)
        flow.label(name)
        flow.page.wait_for_timeout(3000)


def main() -> None:
    with tempfile.TemporaryDirectory() as place, chromium() as browser:
        os.environ["TINYTEACH_HOME"] = str(Path(place) / "home")
        from tinyteach.virtual.running import stop_all

        try:
            with StudioProcess(Path(place) / "things", Path(place) / "home") as studio:
                page = browser.new_page(viewport=WIDE)
                page.goto(studio.url)
                flow = Flow(page)
                teach(flow)
                page.wait_for_timeout(2000)
                save(page, "studio.png")
                page.set_viewport_size(PHONE)
                page.emulate_media(color_scheme="dark")
                page.locator("#panel-classes").scroll_into_view_if_needed()
                page.evaluate("() => document.getElementById('panel-classes').scrollIntoView()")
                page.evaluate("() => scrollBy(0, -78)")
                page.wait_for_timeout(1000)
                save(page, "studio-phone.png")
        finally:
            stop_all()


if __name__ == "__main__":
    main()
