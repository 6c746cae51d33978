"""Photographs are embedded once, and what is trained on them is the same as without."""

import os
import threading
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from paired import views_of
from tinyteach.data.kept_features import kept_path
from tinyteach.data.photos import save_burst
from tinyteach.data.project import Project
from tinyteach.embedding.runtime import load_embedding
from tinyteach.errors import TrainingError
from tinyteach.head.fit import regression
from tinyteach.head.fit.photo_features import MAX_ROWS_AT_ONCE, views_at_once, views_per_photo
from tinyteach.head.fit.train import FitSettings, LastFit, fit_at_once
from tinyteach.service.heads.training import load_report, train
from tinyteach.service.photos.known_photos import KnownPhotos


@pytest.fixture
def project(tmp_path):
    made = Project.create(tmp_path / "things")
    for name in ("cat", "coffee"):
        made.add_class(name)
        for seed in (1, 2):
            save_burst(made, name, views_of(name, 2, seed=seed, side=96))
    return made


@pytest.fixture
def known():
    return KnownPhotos(load_embedding())


@pytest.fixture
def embedded(known, monkeypatch):
    """Which photographs were embedded, by way of their pixels' sum."""
    asked = []
    plain = known._embedder.features
    monkeypatch.setattr(known._embedder, "features", lambda s: asked.append(s.sum()) or plain(s))
    return asked


def quiet(*_):
    pass


def interrupted_at(step):
    def interrupted(now, done, total):
        if now == step:
            raise KeyboardInterrupt

    return interrupted


def test_the_same_head_as_without(project, known):
    first = train(project.root, 0, quiet, known=known)
    again = train(project.root, 0, quiet, known=known)
    kept_path(project).unlink()
    assert first.fingerprint == again.fingerprint == train(project.root, 0, quiet).fingerprint


@pytest.mark.parametrize("cores", [1, 5])
def test_the_same_head_and_report_on_any_number_of_cores(project, monkeypatch, cores):
    trained = train(project.root, 0, quiet)
    kept_path(project).unlink()
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    again = train(project.root, 0, quiet)
    assert replace(again, train_s=trained.train_s) == trained


def test_each_is_embedded_once(project, known, embedded):
    known.look(project)
    assert len(embedded) == len(known) == 8
    known.look(project)
    assert len(embedded) == 8
    (photo,) = save_burst(project, "cat", views_of("cat", 1, seed=7, side=96))
    known.learn(photo, 13)
    assert len(embedded) == 9
    known.look(project)
    assert len(embedded) == len(known) == 9 and f"cat/{photo.path.name}" in known.ids


def test_what_was_learnt_is_taken_without_another_look(project, known, embedded):
    (before,) = save_burst(project, "cat", views_of("cat", 1, seed=6, side=96))
    known.learn(before, 9)
    assert not known.take([before])  # nothing was looked at yet
    known.look(project)
    learnt = save_burst(project, "cat", views_of("cat", 2, seed=7, side=96))
    assert not known.take(learnt) and len(known) == 9  # nor were these learnt
    for photo in learnt:
        known.learn(photo, 11)
    assert known.take(learnt) and known.take(learnt) and len(known) == len(embedded) == 11
    assert known.ids[-2:] == [photo.id for photo in learnt]
    head = fit_at_once(known, known.labels, known.embedding, FitSettings(), last=LastFit())
    assert len(head.self_tests.features) == 0 and head.labels == ("cat", "coffee")
    with pytest.raises(KeyboardInterrupt):
        known.look(project, interrupted_at("read"))
    assert not known.take(learnt)
    known.look(project)
    assert len(known) == len(embedded) == 11


def test_what_changes_or_goes_is_noticed(project, known, embedded):
    known.look(project)
    path = project.photos_dir / known.ids[0]
    path.write_bytes((project.photos_dir / known.ids[-1]).read_bytes())
    (project.photos_dir / known.ids[1]).unlink()
    (project.photos_dir / known.ids[2]).write_bytes(b"no picture")
    known.look(project)
    assert len(embedded) == 9 and len(known) == 6
    assert len(known.problems) == 1 and "cannot be read" in known.problems[0]


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no time of a file's last change")
def test_an_edit_whose_time_is_set_back_is_noticed(project, known, embedded):
    known.look(project)
    path = project.photos_dir / known.ids[0]
    Image.new("RGB", (96, 96), (9, 90, 200)).save(path, compress_level=0)
    known.look(project)
    about = path.stat()
    Image.new("RGB", (96, 96), (200, 90, 9)).save(path, compress_level=0)
    assert path.stat().st_size == about.st_size
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    seen = len(embedded)
    known.look(project)
    assert len(embedded) == seen + 1


def test_what_is_embedded_when_somebody_interrupts_is_not_embedded_again(project, known, embedded):
    def interrupted(step, done, total):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        known.look(project, interrupted)
    before = len(embedded)
    assert before >= 3
    known.look(project)
    assert len(known) == 8 and len(embedded) <= before + 5


@pytest.mark.parametrize("step", ["read", "evaluate", "fit"])
def test_ctrl_c_at_any_step_leaves_the_head_that_was_there_and_no_thread(project, step):
    train(project.root, 0, quiet)
    before, threads = project.head_path.read_bytes(), threading.active_count()
    save_burst(project, "cat", views_of("cat", 2, seed=8, side=96))
    with pytest.raises(KeyboardInterrupt):
        train(project.root, 0, interrupted_at(step))
    assert threading.active_count() == threads
    assert project.head_path.read_bytes() == before


def test_a_class_without_photographs_is_left_out(project, known):
    project.add_class("empty")
    assert train(project.root, 0, quiet, known=known).classes == ["cat", "coffee"]
    with pytest.raises(TrainingError, match="'empty'"):
        train(project.root, 0, quiet)


def test_a_head_at_once_recognises(project, known):
    known.look(project)
    settings = FitSettings(threshold=100)
    head = fit_at_once(known, known.labels, known.embedding, settings)
    assert head.labels == ("cat", "coffee") and head.threshold == 100
    found = [head.best(head.scores(known.features(i)[None])[0])[0] for i in range(len(known))]
    assert found == [head.labels.index(label) for label in known.labels]


def test_of_thousands_a_head_at_once_sees_each_once():
    at_once = {photos: photos * (1 + views_at_once(photos)) for photos in (20, 150, 1000, 4000)}
    assert all(rows <= max(photos, MAX_ROWS_AT_ONCE) for photos, rows in at_once.items())
    assert [views_at_once(photos) for photos in (0, 20, 150)] == [
        views_per_photo(photos) for photos in (0, 20, 150)
    ]
    assert views_at_once(4000) == 0 < views_per_photo(4000)


def test_a_head_at_once_begins_where_the_last_one_ended(project, known):
    """The same to within what either stops at, in fewer steps, and without examples."""
    known.look(project)
    about = known, known.labels, known.embedding, FitSettings()
    last = LastFit()
    alone, first = fit_at_once(*about), fit_at_once(*about, last=last)
    assert last.labels == ("cat", "coffee") and last.linear is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regression, "MAX_STEPS", 1)
        again = fit_at_once(*about, last=last)
        anew = fit_at_once(*about, last=LastFit())
    features = np.array([known.features(place) for place in range(len(known))])
    wanted = first.scores(features).astype(int)
    assert (
        np.abs(again.scores(features) - wanted).max() < np.abs(anew.scores(features) - wanted).max()
    )
    assert (alone.scores(features) == wanted).all() and len(first.content) < len(alone.content)
    last.labels = ("coffee", "cat")
    assert (fit_at_once(*about, last=last).scores(features) == wanted).all()


def test_copies_are_one_recording_and_named_where_they_are_in_two_classes(project, known):
    """Saved again in another size and format, under another name."""
    before = train(project.root, 0, quiet, known=known)
    source = project.photos_dir / known.ids[0]
    with Image.open(source) as image:
        image.save(source.with_name("another name.jpg"), quality=80)
        image.resize((48, 48)).save(project.photos_dir / "coffee" / "wrong.png")
    recordings = len(set(known.bursts))
    trained = train(project.root, 0, quiet, known=known)
    assert trained.photos == before.photos + 2 and len(set(known.bursts)) == recordings
    named = {known.ids[0], "cat/another name.jpg", "coffee/wrong.png"}
    ((*ids,),) = known.in_several_classes
    assert set(ids) == named
    (sentence,) = [line for line in trained.lines() if "in one class only" in line]
    assert sum(name in sentence for name in named) == 2 and "report --json" in sentence
    report = load_report(project.root)
    assert report.data["in_several_classes"] == [ids] and sentence in report.lines()
    page = (project.heads_dir / "report.html").read_text(encoding="utf-8")
    assert page.count("in one class only") == 1


def test_photographs_in_a_folder_called_unknown_are_of_what_is_unknown(project):
    save_burst(project, project.add_class("Unknown"), views_of("rocket", 3, side=96))
    (project.photos_dir / "unknown").rename(project.photos_dir / "UNKNOWN ")
    trained = train(project.root, 0, quiet)
    assert trained.classes == ["cat", "coffee"] and "your photographs of unknown" in trained.unknown


def test_a_folder_that_can_be_no_class_is_told_by_training(project):
    (project.photos_dir / "lpt1").mkdir()
    assert any("lpt1 cannot be a class" in line for line in train(project.root, 0, quiet).lines())


def test_copies_in_one_class_are_named(project, known):
    source = project.photos_dir / "cat" / "first.png"
    (project.photos_dir / known_after(project, known)).rename(source)
    with Image.open(source) as image:
        image.save(source.with_name("again.jpg"), quality=80)
    trained = train(project.root, 0, quiet, known=known)
    assert any({"cat/first.png", "cat/again.jpg"} <= set(names) for names in known.copies)
    assert any("teach" in line and "cat/again.jpg" in line for line in trained.lines())


def known_after(project, known):
    known.look(project)
    return known.ids[0]
