"""photos.jsonl is written anew once most of its lines are no use, and loses none that is."""

import os
import shutil
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import project_trials
from faulty_disk import FULL, KILL, NONE, armed
from tinyteach import lines
from tinyteach.data import compaction
from tinyteach.data.deleted import delete_photos, restore
from tinyteach.data.moving import move_photos
from tinyteach.data.photo_index import PhotoRecord, append_records, read_records
from tinyteach.data.photos import list_photos, save_burst
from tinyteach.data.project import Project
from tinyteach.lines import append_lines, rewrite_lines

FEW = 8


@pytest.fixture(autouse=True)
def at_few_lines(monkeypatch):
    monkeypatch.setattr(compaction, "LINES_MIN", FEW)


def filled(folder, each=2):
    """A project with recordings of two classes, an imported photograph and a class without."""
    made = Project.create(folder)
    for name in ("cat", "dog", "empty"):
        made.add_class(name)
    for number, name in enumerate(("cat", "dog")):
        views = [np.full((16, 16, 3), 9 * number + n, np.uint8) for n in range(each)]
        save_burst(made, name, views, board=f"b{number}")
    foreign = made.class_dir("cat") / "001.png"
    foreign.write_bytes(list_photos(made)[0].path.read_bytes())
    facts = {"board": "", "sensor": "", "time": "", "kind": "square", "side": 16}
    record = PhotoRecord("photos/cat/001.png", "cat", burst="import/1", **facts)
    append_records(made.index_path, [record])
    return made


@pytest.fixture
def project(tmp_path):
    return filled(tmp_path / "project")


def known(project):
    """What is known of each photograph, whatever class it is in by now."""
    return {
        (photo.path.read_bytes(), photo.record.board, photo.burst)
        for photo in list_photos(project)
        if photo.record
    }


def length(project):
    return len(project.index_path.read_bytes().splitlines())


def there_and_back(project, times):
    for _ in range(times):
        for name in ("dog", "cat"):
            other = {"dog": "cat", "cat": "dog"}[name]
            ids = [photo.id for photo in list_photos(project, other)]
            move_photos(project, ids, name)


def test_what_is_moved_about_for_long_takes_no_more_than_twice_its_lines(project):
    before = known(project)
    there_and_back(project, 10)
    assert known(project) == before and length(project) <= max(FEW, 2 * 2 * len(before))


def test_renames_and_removals(project):
    before = known(project)
    for turn in range(6):
        project.rename_class(("cat", "lion")[turn % 2], ("lion", "cat")[turn % 2])
    assert known(project) == before and length(project) <= 2 * len(before) + FEW
    project.remove_class("cat", delete_photos=True)
    for turn in range(6):
        project.rename_class(("dog", "fox")[turn % 2], ("fox", "dog")[turn % 2])
    assert len(known(project)) == 2
    assert not [path for path in read_records(project.index_path) if path.startswith("photos/cat/")]


def test_what_may_be_put_back_keeps_its_lines(project):
    before = known(project)
    number = delete_photos(project, [photo.id for photo in list_photos(project, "cat")])
    for turn in range(10):
        project.rename_class(("dog", "fox")[turn % 2], ("fox", "dog")[turn % 2])
    assert length(project) <= 2 * len(before) + FEW
    restore(project, number)
    assert known(project) == before


@pytest.mark.parametrize("away", ["photos", "photos/cat"])
def test_a_disk_that_is_away_is_no_removal(project, tmp_path, away):
    """An empty folder where there were photographs, or a link to nowhere: nothing is left out."""
    before = known(project)
    place = project.root / away
    shutil.move(place, tmp_path / "disk")
    there = project.index_path.read_bytes()
    for make in (place.mkdir, lambda: place.symlink_to(tmp_path / "nowhere")):
        make()
        append_lines(project.index_path, there.decode().splitlines() * 5)
        whole = project.index_path.read_bytes()
        project.compact_index()
        assert project.index_path.read_bytes() == whole
        place.unlink() if place.is_symlink() else place.rmdir()
    shutil.move(tmp_path / "disk", place)
    project.compact_index()
    assert known(project) == before and length(project) == len(before)


def test_a_line_that_is_added_while_it_is_replaced_is_in_the_new_one(tmp_path, monkeypatch):
    """Who had it open before, and writes after: the moment in which a line would be lost."""
    index = tmp_path / "index"
    append_lines(index, ["first", "second"])
    lock, turns = lines.lock_open, iter([True])

    def meanwhile(descriptor, path):
        if next(turns, False):
            assert rewrite_lines(index, lambda content: content.partition(b"\n")[2])
        return lock(descriptor, path)

    monkeypatch.setattr(lines, "lock_open", meanwhile)
    append_lines(index, ["third"])
    assert index.read_text() == "second\nthird\n"


def test_writers_at_once_lose_nothing(tmp_path):
    """With no lock but the file's own, as from two homes."""
    index, writers, each = tmp_path / "index", 3, 60
    append_lines(index, ["0"])

    def write(writer):
        for number in range(each):
            append_lines(index, [f"{writer}/{number}", "dead"])

    threads = [threading.Thread(target=write, args=(each,)) for each in range(writers)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        rewrite_lines(index, lambda content: content.replace(b"dead\n", b""))
    left = set(index.read_text().split())
    assert left >= {f"{writer}/{number}" for writer in range(writers) for number in range(each)}


def test_what_is_not_ours_alone_is_left(tmp_path, monkeypatch):
    """A file with two names, one of another user's, one on a disk without locks; and a link leads
    to the file that is written, which keeps its rights."""
    index, link = tmp_path / "index", tmp_path / "link"
    append_lines(index, ["1", "2"])
    index.chmod(0o640)
    os.link(index, tmp_path / "again")
    assert not rewrite_lines(index, lambda _: b"")
    (tmp_path / "again").unlink()
    link.symlink_to(index)
    assert rewrite_lines(link, lambda _: b"3\n")
    assert (
        link.is_symlink() and index.read_text() == "3\n" and index.stat().st_mode & 0o777 == 0o640
    )
    with monkeypatch.context() as patch:
        patch.setattr(os, "geteuid", lambda: index.stat().st_uid + 1)
        assert not rewrite_lines(index, lambda _: b"")
    monkeypatch.setattr(lines, "lock_open", lambda *_: False)
    assert not rewrite_lines(index, lambda _: b"") and index.read_text() == "3\n"
    assert not rewrite_lines(tmp_path / "none", lambda _: b"") and not (tmp_path / "none").exists()


def _compact(folder):
    Project.open(folder).compact_index()


def test_killed_at_each_file_operation_or_without_room_it_is_the_old_or_the_new(tmp_path):
    made = filled(tmp_path / "made" / "project")
    before = known(made)
    append_lines(made.index_path, made.index_path.read_text().splitlines() * 9)
    whole = made.index_path.read_bytes()

    def tried(fault, at):
        place = tmp_path / f"{fault} {at}"
        copy = Project.open(shutil.copytree(made.root.parent, place) / "project")
        done = project_trials.run(copy.root, _compact, armed(fault, at))
        assert known(copy) == before
        assert fault == KILL or not project_trials.litter_in(place)
        return copy.index_path.read_bytes(), done

    after, done = tried(NONE, 0)
    count = int(done.err.split()[-1])
    assert len(after) < len(whole) and count >= 4
    for fault, code in ((KILL, -9), (FULL, 0)):
        ended = [tried(fault, at) for at in range(1, count + 1)]
        assert {content for content, _ in ended} <= {whole, after}
        assert {done.code for _, done in ended} == {code} and ended[0][0] == whole


STEPS = st.lists(
    st.tuples(
        st.sampled_from(("move", "rename", "delete", "restore", "by hand")), st.integers(0, 9)
    ),
    max_size=14,
)


@settings(max_examples=15, deadline=None)
@given(steps=STEPS)
def test_whatever_is_done_each_photograph_keeps_what_is_known_of_it(steps, tmp_path_factory):
    """But one that was moved by hand and has a name of another's making, as before."""
    project = filled(tmp_path_factory.mktemp("steps") / "project")
    before, deleted = known(project), []
    for step, number in steps:
        photos = [photo for photo in list_photos(project) if photo.path.name != "001.png"]
        names = project.classes()
        if step == "move" and photos:
            move_photos(project, [photos[number % len(photos)].id], names[number % len(names)])
        elif step == "by hand" and photos:
            path = photos[number % len(photos)].path
            path.rename(project.class_dir(names[number % len(names)]) / path.name)
        elif step == "rename":
            project.rename_class(names[number % len(names)], f"class {number} {len(deleted)}x")
        elif step == "delete" and photos:
            deleted.append(delete_photos(project, [photos[number % len(photos)].id]))
        elif step == "restore" and deleted:
            restore(project, deleted.pop())
        append_lines(project.index_path, project.index_path.read_text().splitlines()[-2:])
        project.compact_index()
    while deleted:
        restore(project, deleted.pop())
    assert known(project) == before
