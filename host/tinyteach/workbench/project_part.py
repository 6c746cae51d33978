"""The part ``project``: classes and photographs as they are on disk."""

import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tinyteach.data.photos import FILE
from tinyteach.service.heads.pulling import learnt_counts
from tinyteach.service.photos.collection import PhotoEntry, list_photos
from tinyteach.service.projects.opening import open_project
from tinyteach.workbench.feed import Feed


class ToldProject:
    """Tells the part; from any thread, and never what was read before another told."""

    def __init__(self, folder: Path, feed: Feed) -> None:
        self._folder, self._feed = folder, feed
        self._telling = threading.Lock()
        self._waits = False

    def tell(self) -> None:
        """As it is now."""
        with self._telling:
            self._waits = False
            now = project_part(self._folder)
            if now != self._feed.get("project"):  # thousands of photographs are much to be told
                self._feed.publish("project", now)

    def wait(self) -> None:
        """Have it told by `go_on`: to list thousands of photographs takes time that is needed."""
        self._waits = True

    def go_on(self) -> None:
        """Tell it if that waits."""
        if self._waits:
            self.tell()


def project_part(folder: Path) -> dict[str, Any]:
    """As docs/studio-api.md has it."""
    project = open_project(folder)
    entries, problems = list_photos(folder)
    learnt = learnt_counts(project)
    colours = project.colours()
    by_class: dict[str, list[PhotoEntry]] = {}
    for entry in entries:
        by_class.setdefault(entry.class_name, []).append(entry)
    classes = []
    for name in project.classes():
        own = by_class.get(name, [])
        row = {"name": name, "colour": colours[name], "photos": len(own)}
        classes.append({**row, **_recordings(own), "learnt": learnt.get(name, 0)})
    photos = [{"id": e.id, "burst": e.burst, "time": e.time, "source": e.source} for e in entries]
    told = {"name": project.name, "folder": str(folder), "classes": classes}
    return {**told, "photos": photos, "problems": problems}


def _recordings(photos: Sequence[PhotoEntry]) -> dict[str, int]:
    """How many there are, and how many files of which nobody knows what they were taken with.

    Each of those is a burst of its own, which is no recording: nobody has made one.
    """
    bursts = Counter(entry.burst for entry in photos)
    files = sum(entry.source == FILE and bursts[entry.burst] == 1 for entry in photos)
    return {"bursts": len(bursts) - files, "files": files}
