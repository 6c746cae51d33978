"""Makes docs/studio*.png: ``python tests/studio/screenshots.py``.

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


def save(page, name: str, clip: dict | None = None) -> None:
    """What is on the screen, or a part of it, as a PNG of 128 colours."""
    shot = Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB")
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


def on_its_own(flow: Flow) -> None:
    """A class by the board itself, two rules, and the board let go of."""
    page = flow.page
    flow.teach("motorcycle")
    page.get_by_label("What is seen").select_option(label="motorcycle")
    page.get_by_label("What to do: pin", exact=True).fill("21")
    flow.button("Add rule").click()
    flow.part("#rules li >> nth=0").wait_for()
    page.get_by_label("What is seen").select_option(label="nothing it knows")
    page.get_by_label("What to do", exact=True).select_option(label="print a line")
    page.get_by_label("What to do: words", exact=True).fill("nobody is there")
    flow.button("Add rule").click()
    flow.part("#rules li >> nth=1").wait_for()


def tidy(page) -> None:
    """Without the notices of what was just done."""
    page.evaluate("() => document.getElementById('notices').replaceChildren()")


def lower(page) -> dict:
    """Where the last two sections are."""
    boxes = [page.locator(f"#panel-{name}").bounding_box() for name in ("rules", "teach")]
    top = boxes[0]["y"] - 12
    bottom = max(box["y"] + box["height"] for box in boxes) + 12
    return {"x": 0, "y": top, "width": WIDE["width"], "height": bottom - top}


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
                on_its_own(flow)
                tidy(page)
                page.set_viewport_size(WIDE | {"height": 2000})
                save(page, "studio-rules.png", lower(page))
                page.set_viewport_size(PHONE)
                page.emulate_media(color_scheme="dark")
                page.locator("#panel-classes").scroll_into_view_if_needed()
                page.evaluate("() => document.getElementById('panel-classes').scrollIntoView()")
                page.wait_for_timeout(1000)
                save(page, "studio-phone.png")
        finally:
            stop_all()


if __name__ == "__main__":
    main()
