"""A head tried on photographs of one's own: what is read, what is counted, on a board and here."""

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from paired import views_of
from patience import remark_on_slow_links
from tinyteach.data.photos import save_burst
from tinyteach.data.project import Project
from tinyteach.errors import (
    BoardRefusedError,
    LinkError,
    ModelError,
    PhotoError,
    ProjectError,
    UsageError,
)
from tinyteach.head.format.head_file import with_threshold
from tinyteach.service.boards.link_speed import Speed
from tinyteach.service.boards.opening import open_board
from tinyteach.service.heads import testing, under_test
from tinyteach.service.heads.figures import Figures, Shown
from tinyteach.service.heads.recognised import Recognised
from tinyteach.service.heads.recognition import classify_on_host, set_threshold
from tinyteach.service.heads.tested import NOTHING_ELSE, OTHER_THINGS
from tinyteach.service.heads.under_test import HeadTested
from tinyteach.service.photos.labelled import read_labelled
from tinyteach.service.words.values import check_fraction
from tinyteach_protocol import messages

OBJECTS = {"cat": "Cat", "coffee": "coffee", "rocket": "rocket", "motorcycle": "Unknown"}
PER_CLASS = 3


def put(folder, views):
    folder.mkdir(parents=True, exist_ok=True)
    for number, view in enumerate(views):
        Image.fromarray(view).save(folder / f"{number}.png")


@pytest.fixture(scope="module")
def made_source(tmp_path_factory):
    """Class folders: two of the head's classes, one of another thing, one of what is unknown."""
    source = tmp_path_factory.mktemp("own") / "own"
    for name, folder in OBJECTS.items():
        put(source / folder, views_of(name, PER_CLASS, seed=21, side=64))
    return source


@pytest.fixture
def source(made_source, tmp_path):
    return Path(shutil.copytree(made_source, tmp_path / "own"))


@pytest.fixture
def project(tmp_path, trained_heads):
    """A project with photographs and a head of two classes."""
    project = Project.create(tmp_path / "things")
    for name in ("cat", "coffee"):
        project.add_class(name)
        save_burst(project, name, views_of(name, PER_CLASS, side=96))
    project.heads_dir.mkdir()
    project.head_path.write_bytes(trained_heads[0].content)
    return project


def here(project, source, **options):
    return testing.test(under_test.on_computer(project), read_labelled(source, project, **options))


# What is counted


def said(label, best=None, **probabilities):
    best = best or label
    return Recognised(label, probabilities[best], best, probabilities, None)


SHOWN = [
    Shown("a", "cat", "1", said("cat", cat=0.75, dog=0.125, unknown=0.125)),
    Shown("b", "cat", "2", said("dog", cat=0.25, dog=0.75, unknown=0.0)),
    Shown("c", "cat", "2", said("unknown", "cat", cat=0.5, dog=0.0, unknown=0.25)),
    Shown("d", "dog", "3", said("dog", cat=0.0, dog=0.5, unknown=0.25)),
    Shown("e", "fox", "4", said("dog", cat=0.0, dog=0.875, unknown=0.125)),
    Shown("f", "unknown", "5", said("unknown", "dog", cat=0.0, dog=0.25, unknown=0.75)),
]


@pytest.fixture
def tested():
    head = HeadTested("ab" * 32, None, "ab" * 32, 0.5)
    return testing.Tested(
        classes=("cat", "dog"), photos=SHOWN, head=head, source="set", compared=True
    )


def test_what_was_said_is_counted_and_not_the_highest_score(tested):
    assert tested.evaluation.confusion.tolist() == [[1, 1, 1], [0, 1, 0], [0, 1, 1]]
    counts = [(r.count, r.of) for r in (tested.accuracy, tested.best_class)]
    assert counts == [(2, 4), (3, 4)]
    assert (tested.false_rejects.count, tested.false_rejects.of) == (1, 4)
    assert (tested.false_accepts.count, tested.false_accepts.of) == (1, 2)
    assert {name: (r.count, r.of) for name, r in tested.others.items()} == {
        "fox": (1, 1),
        "unknown": (0, 1),
    }
    assert [row.recall for row in tested.evaluation.classes] == [1 / 3, 1, 1 / 2]


def test_intervals_are_wilson_s_and_count_recordings(tested):
    """Four photographs of three recordings, half of them right."""
    low, high = tested.accuracy.interval
    n, p, z = 3, 0.5, 1.96
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert (low, high) == pytest.approx((0.5 - half, 0.5 + half))
    assert tested.recordings == 5
    assert tested.false_accepts.interval[1] <= 1 and Figures(("x",), ()).accuracy.interval is None


def test_the_worst_are_those_that_were_wrong_and_sure(tested):
    rows = tested.as_dict()["worst"]
    assert [row["name"] for row in rows] == ["e", "b", "c", "d", "a", "f"]
    assert rows[0] | {"folder": "fox", "label": "unknown", "predicted": "dog"} == rows[0]
    assert rows[2]["best_label"] == "cat" and rows[2]["probabilities"]["cat"] == 0.5


def test_people_read_the_same(tested):
    texts = [line for line in tested.lines() if isinstance(line, str)]
    which, right, *_ = texts
    assert which.startswith("Head abababababab, the project's, on this computer: 6 photographs, ")
    assert right.startswith("Right: 2 of 4 (50%, 13% to 87%)") and "3 of 4 (75%" in right
    assert "Other things, as no class is called so: fox." in texts
    (matrix,) = [line for line in tested.lines() if not isinstance(line, str)]
    assert matrix.rows[0] == ("cat", 3, "33%", 1, 1, 1) and matrix.rows[-1][0] == OTHER_THINGS
    assert "  c: cat, and it said unknown (at best cat 50%)" in texts
    assert f"  e: {OTHER_THINGS}, and it said dog 88%" in texts


def test_many_classes_show_the_one_that_is_said_most(tested):
    labels = tuple(f"class {number}" for number in range(12))
    zeros = dict.fromkeys(labels, 0.0)
    shown = [
        Shown(str(n), label, str(n), said("class 7", **(zeros | {"class 7": 0.5})))
        for n, label in enumerate(labels)
    ]
    many = testing.Tested(classes=labels, photos=shown, head=tested.head, source="set")
    _, matrix, *_ = many.lines()
    assert matrix.columns[-2:] == ("unknown", "most often taken for")
    assert matrix.rows[0][-2:] == (0, "class 7 1") and matrix.rows[7][-2:] == (0, "–")
    assert len(matrix.rows) == 12, "nothing else was shown"
    assert NOTHING_ELSE in many.lines()


@pytest.mark.parametrize(
    ("at_least", "words"), [(None, ""), (0.5, ""), (0, ""), (0.51, "2 of 4 are right"), (1, "0.5")]
)
def test_what_falls_short(tested, at_least, words):
    told = tested.shortfall(at_least)
    assert (words in told) and bool(told) == bool(words)


def test_without_photographs_of_a_class_nothing_is_reached(tested):
    none = testing.Tested(classes=("cat", "dog"), photos=SHOWN[4:], head=tested.head, source="set")
    assert "cannot be said" in none.shortfall(0.1) and not none.shortfall(None)
    assert not [line for line in none.lines() if str(line).startswith("Right")]
    assert none.untested == ["cat", "dog"] and none.as_dict()["accuracy"] is None


@pytest.mark.parametrize("fraction", [-0.1, 1.1, 90, float("nan")])
def test_what_is_asked_for_is_a_fraction(fraction):
    with pytest.raises(UsageError, match="from 0 to 1"):
        check_fraction(fraction)


# What is read


def test_folders_have_the_classes_names_by_the_rule_of_imports(project, source):
    tested = here(project, source)
    folders = Counter(shown.folder for shown in tested.photos)
    assert folders == dict.fromkeys(("cat", "coffee", "rocket", "unknown"), PER_CLASS)
    assert tested.accuracy.of == tested.false_accepts.of == 2 * PER_CLASS
    assert "Class 'Cat' there is 'cat' here." in tested.notes and tested.untested == []


def test_a_zip_and_a_lone_folder_are_read(project, source, tmp_path):
    shutil.make_archive(str(tmp_path / "set"), "zip", source)
    assert len(here(project, tmp_path / "set.zip").photos) == 4 * PER_CLASS
    tested = here(project, source / "coffee", level=0)
    assert tested.accuracy.of == PER_CLASS and tested.untested == ["cat"]


def test_copies_of_the_project_s_photographs_are_left_out(project, source, capsys):
    first, second, third = views_of("cat", PER_CLASS, side=96)
    Image.fromarray(first).save(source / "Cat" / "saved again.jpg", quality=80)
    Image.fromarray(second).resize((200, 200)).save(source / "Cat" / "larger.png")
    Image.fromarray(third[:, ::-1]).save(source / "rocket" / "mirrored.png")
    tested = here(project, source)
    assert sorted(copy.name for copy in tested.copies) == [
        *("own/Cat/larger.png", "own/Cat/saved again.jpg", "own/rocket/mirrored.png")
    ]
    assert all(copy.of.startswith("cat/") for copy in tested.copies) and tested.compared
    assert len(tested.photos) == 4 * PER_CLASS
    assert any("Left out 3 photographs" in str(line) for line in tested.lines())
    with_them = here(project, source, copies=True)
    assert len(with_them.photos) == 4 * PER_CLASS + 3 and not with_them.compared
    assert testing.NOT_COMPARED in with_them.notes


def test_nothing_but_copies_is_no_test(project):
    with pytest.raises(PhotoError, match="All 6 photographs .* copies of what the project things"):
        read_labelled(project.photos_dir, project)


def test_what_cannot_be_read_is_told_and_what_comes_twice_left_out(project, source):
    shutil.copy(source / "Cat" / "0.png", source / "rocket" / "again.png")
    (source / "coffee" / "broken.png").write_bytes(b"\x89PNG and no more")
    (source / "coffee" / "notes.heic").write_bytes(b"ftypheic")
    (source / "coffee" / ".DS_Store").write_bytes(b"litter")
    skipped = here(project, source).as_dict()["skipped"]
    assert len(skipped) == 3 and not [line for line in skipped if "DS_Store" in line]
    assert "own/rocket/again.png: it is the same photograph as own/Cat/0.png" in skipped
    assert any(line.startswith("own/coffee/broken.png: it cannot be read") for line in skipped)


def test_copies_among_themselves_are_one_recording(project, tmp_path):
    """Names without numbers are recordings of their own; what looks the same is not."""
    for name, view in zip(("left", "right"), views_of("cat", 2, seed=31, side=96), strict=True):
        folder = tmp_path / "two" / "cat"
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(view).save(folder / f"{name}.png")
    before = here(project, tmp_path / "two").recordings
    Image.fromarray(view).save(folder / "right again.jpg", quality=90)
    assert here(project, tmp_path / "two").recordings == before


@pytest.mark.parametrize("what", ["missing", "empty", "unreadable", "others", "bare"])
def test_sources_that_are_none(project, tmp_path, what):
    source = tmp_path / "set"
    if what != "missing":
        source.mkdir()
    if what == "unreadable":
        (source / "cat").mkdir()
        (source / "cat" / "0.png").write_bytes(b"no photograph")
    if what in ("others", "bare"):
        put(source / "dog" if what == "others" else source, views_of("rocket", 2, side=64))
    with pytest.raises((PhotoError, UsageError)) as told:
        here(project, source)
    assert str(source) in str(told.value) and str(told.value).count(". ") <= 1
    if what == "others":
        assert "(dog) is called like a class of the head (cat, coffee)" in str(told.value)


# Which head


def test_the_computer_says_what_classify_says(project, source):
    tested = here(project, source)
    files = [source.parent / shown.name for shown in tested.photos]
    found = classify_on_host(project.root, files)
    assert [shown.said for shown in tested.photos] == found
    assert tested.head.board is None and tested.head.fingerprint == tested.head.project_fingerprint
    assert (tested.computed_twice, tested.mismatches) == (0, [])


def files_in(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_project_stays_as_it_is(project, source):
    before, folders = files_in(project.root), sorted(project.root.rglob("*"))
    here(project, source)
    assert files_in(project.root) == before and sorted(project.root.rglob("*")) == folders


def test_no_head_and_one_for_another_embedding(project, source):
    project.embedding = "tiny"
    with pytest.raises(ModelError, match="trained with the embedding"):
        here(project, source)
    project.head_path.unlink()
    with pytest.raises(ProjectError, match="no trained head yet"):
        here(project, source)


@pytest.fixture(scope="module")
def board(switch_on):
    with switch_on("i386") as started:
        yield started


@pytest.fixture
def client(board):
    with open_board(board.port) as session:
        yield session


def put_to_work(client, head):
    client.upload(messages.HEAD, head.content)
    client.commit()


def there(client, project, source):
    return testing.test(under_test.on_board(client, project), read_labelled(source, project))


def test_a_board_that_was_taught_nothing(switch_on, project, source):
    refused = pytest.raises(BoardRefusedError, match="train and deploy first")
    with switch_on("i386") as blank, open_board(blank.port) as session, refused:
        there(session, project, source)


def test_board_and_computer_give_the_same(client, trained_heads, project, source):
    put_to_work(client, trained_heads[0])
    on_board, on_host = there(client, project, source), here(project, source)
    assert on_board.computed_twice == 4 * PER_CLASS and on_board.mismatches == []
    assert [shown.said for shown in on_board.photos] == [shown.said for shown in on_host.photos]
    assert on_board.head.board and "the project's, on the board" in str(on_board.head)
    assert on_board.evaluation.confusion.tolist() == on_host.evaluation.confusion.tolist()


def test_a_difference_is_told(client, trained_heads, project, source, monkeypatch):
    put_to_work(client, trained_heads[0])
    scores = under_test.Reference.scores

    def off_by_one(self, square):
        return scores(self, square) ^ np.int8(1)

    monkeypatch.setattr(under_test.Reference, "scores", off_by_one)
    tested = there(client, project, source)
    assert len(tested.mismatches) == 4 * PER_CLASS
    assert any("run 'tinyteach verify'" in str(line) for line in tested.lines())


def test_another_head_than_the_project_s_is_tested_by_its_own_classes(
    client, trained_heads, project, source
):
    put_to_work(client, trained_heads[1])
    tested = there(client, project, source)
    assert tested.accuracy.of == 3 * PER_CLASS and set(tested.others) == {"unknown"}
    assert tested.head.fingerprint == trained_heads[1].fingerprint.hex()
    assert f"not the project's {trained_heads[0].fingerprint.hex()[:12]}," in str(tested.head)
    assert tested.computed_twice == 0


def test_without_a_project_a_board_is_tested_and_it_is_said(client, trained_heads, source):
    put_to_work(client, trained_heads[0])
    tested = there(client, None, source)
    assert tested.accuracy.of == 2 * PER_CLASS and not tested.compared
    assert testing.NOT_COMPARED in tested.notes and tested.head.project_fingerprint is None


def test_a_threshold_that_was_set_is_told(client, trained_heads, project, source):
    put_to_work(client, with_threshold(trained_heads[0], 100))
    project.head_path.write_bytes(with_threshold(trained_heads[0], 100).content)
    assert not [note for note in there(client, project, source).notes if "threshold" in note]
    set_threshold(client, 0)
    tested = there(client, project, source)
    assert any("was set to 0% and is not the head's own 39%" in note for note in tested.notes)
    assert tested.head.threshold == 0 and tested.mismatches == []


def test_a_cable_that_is_pulled(switch_on, trained_heads, project, source):
    """What was tested until then is no test; it ends with a sentence."""
    photos = read_labelled(source, project)
    with switch_on("i386") as started, pytest.raises(LinkError), open_board(started.port) as client:
        put_to_work(client, trained_heads[0])

        def pull(text, done, total):
            if done == 2:
                started.drop_link()

        testing.test(under_test.on_board(client, project), photos, pull)


def test_photographs_are_made_small_where_the_link_is_slow(
    client, trained_heads, project, tmp_path, monkeypatch
):
    remark_on_slow_links(monkeypatch, "service.heads.under_test")
    put_to_work(client, trained_heads[0])
    put(tmp_path / "large" / "cat", views_of("cat", 2, seed=41, side=240))
    monkeypatch.setattr(under_test, "measure_link", lambda *_: Speed(10_000, 10_000))
    tested = there(client, project, tmp_path / "large")
    assert testing.MADE_SMALL.format(side=81, time_s=2) in tested.notes
    assert tested.computed_twice == 2 and tested.mismatches == []
    put(tmp_path / "small" / "cat", views_of("cat", 2, seed=42, side=80))
    assert there(client, project, tmp_path / "small").notes == []
