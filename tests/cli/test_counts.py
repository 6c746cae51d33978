"""Recordings are counted in one way in each place, and each place says in which."""

import json
import shutil

from PIL import Image

from tinyteach.service.photos.collection import list_photos
from tinyteach.service.projects.counting import COUNTED_BY_BYTES, COUNTED_BY_LOOKS


def test_counts_of_recordings(tinyteach, project):
    """The page counts as `class list` does; both say how, and the report says how training did."""
    cat = project / "photos" / "cat"
    first = sorted(cat.iterdir())[0]
    shutil.copy(first, cat / "same.png")
    Image.open(first).save(cat / "saved again.jpg", quality=90)
    listed = json.loads(tinyteach("-p", project, "class", "list", "--json").out)
    row = next(row for row in listed["classes"] if row["name"] == "cat")
    entries, _ = list_photos(project)
    assert len({e.burst for e in entries if e.class_name == "cat"}) == row["recordings"]
    assert listed["counted"] == COUNTED_BY_BYTES
    assert COUNTED_BY_BYTES in tinyteach("-p", project, "class", "list").out
    tinyteach("-p", project, "train")
    assert COUNTED_BY_LOOKS in tinyteach("-p", project, "report").out
    report = json.loads(tinyteach("-p", project, "report", "--json").out)
    trained = next(row for row in report["classes"] if row["label"] == "cat")
    assert trained["recordings"] < row["recordings"]


def test_the_page_says_the_same(root):
    strings = root / "host" / "tinyteach" / "studio" / "page" / "js" / "strings" / "en.js"
    assert f'counted: "{COUNTED_BY_BYTES}"' in strings.read_text(encoding="utf-8")
