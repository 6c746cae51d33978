"""A computer whose clock is set back between two things: order and names hang on no clock alone."""

import re
import sys
import time
from datetime import datetime

import pytest

from paired import views_of
from tinyteach.data.deleted import delete_photos, restore
from tinyteach.data.head_history import keep_head, kept_heads
from tinyteach.data.photos import list_photos, load_photos, save_burst
from tinyteach.data.project import Project
from tinyteach.link.tape import recorder
from tinyteach.service.flash import backups  # noqa: F401 - so that its clock is set, too

# Who asks what time it is, and why nothing is lost where that goes back.
ASKED = {
    "data/deleted.py": "a number with chance in it; nobody sorts them",
    "data/head_history.py": "behind the newest, whatever the clock says",
    "data/pixel_index.py": "a file's, compared with itself, beside its length",
    "data/photos.py": "a name with chance in it; sorts recordings, which nothing hangs on",
    "service/flash/backups.py": "behind the newest, whatever the clock says",
    "link/tape/recorder.py": "a name with the process's number in it, which is a new file's",
    "virtual/at/compiled.py": "the one just written stays, whatever the clock says",
    "service/photos/known_photos.py": "a file's, compared with itself, beside its length",
    "service/photos/collection.py": "a file's, compared with itself",
    "service/heads/training.py": "shown",
    "workbench/views.py": "shown",
    "hil/outcomes.py": "shown",
    "hil/plugin.py": "a quarantine's last day, which is a day of the calendar",
    "hil/summary.py": "a quarantine's last day",
    "device/repl/trials.py": "a board's own clock, which the doctor looks at",
}
ASKS = re.compile(r"datetime\.now\(|time\.time\b|date\.today\(|\b(local|gm)time\(|st_mtime")


def test_who_asks_the_clock(root):
    """Whoever does so anew says here what a clock that goes back does to it."""
    host = root / "host" / "tinyteach"
    files = (path for path in host.rglob("*.py") if "recipe" not in path.parts)
    asking = {str(p.relative_to(host)) for p in files if ASKS.search(p.read_text())}
    assert asking == set(ASKED)


@pytest.fixture
def set_clock(monkeypatch):
    """set_clock(year) has all of the host's modules read that year; it stands still then."""
    ours = [m for name, m in sys.modules.items() if name.startswith("tinyteach.")]
    asking = [module for module in ours if getattr(module, "datetime", None) is datetime]

    def begin(year):
        class Clock(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime(year, 1, 1, tzinfo=tz)

        for module in asking:
            monkeypatch.setattr(module, "datetime", Clock)
        monkeypatch.setattr(time, "time", lambda: datetime(year, 1, 1).timestamp())

    return begin


def test_a_project_of_several_years(tmp_path, set_clock, monkeypatch):
    """Recordings, heads, what was deleted and tapes, of a clock that goes forth and back."""
    project = Project.create(tmp_path / "things")
    project.add_class("cat")
    views, bursts, gone, tapes = views_of("cat", 8, side=64), [], [], set()
    for number, year in enumerate((2031, 1971, 2026, 1971)):
        set_clock(year)
        monkeypatch.setattr("os.getpid", lambda own=number: own)  # each a command of its own
        taken = save_burst(project, "cat", views[2 * number : 2 * number + 2])
        bursts += [photo.burst for photo in taken]
        gone.append(delete_photos(project, [taken[0].id]))
        keep_head(project, f"{number:064x}"[::-1], {"head.tflite": bytes([number])})
        with recorder._opened(recorder._new_file(tmp_path)) as tape:
            tapes.add(tape.name)
        assert kept_heads(project)[0].content == bytes([number])
    assert len(set(bursts)) == len(set(gone)) == len(tapes) == 4
    assert [restore(project, number) for number in gone] == [1] * 4
    photos = list_photos(project)
    assert {photo.burst for photo in photos} == set(bursts)
    assert len(load_photos(photos).squares) == 8
