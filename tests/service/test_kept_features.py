"""What was computed of photographs is kept in the project, and a training with it is as without."""

import numpy as np
import pytest

from paired import views_of
from tinyteach.data.exporting import export_zip
from tinyteach.data.kept_features import kept_path, load_kept, save_kept
from tinyteach.data.photos import list_all, save_burst
from tinyteach.data.project import Project
from tinyteach.embedding.runtime import load_embedding
from tinyteach.head.fit.photo_features import PhotoEmbedder
from tinyteach.service.heads.training import train
from tinyteach.service.photos.known_photos import KnownPhotos


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A project, its first training, and what that kept; tests leave its photographs."""
    made = Project.create(tmp_path_factory.mktemp("kept") / "things")
    for name in ("cat", "coffee"):
        made.add_class(name)
        save_burst(made, name, views_of(name, 4, seed=1, side=96))
    first = train(made.root, 0, quiet)
    return made, first, kept_path(made).read_bytes()


@pytest.fixture
def project(trained):
    made, _, kept = trained
    kept_path(made).write_bytes(kept)
    return made


@pytest.fixture
def embedded(monkeypatch):
    """Which photographs were embedded, by way of their pixels' sum."""
    asked = []
    plain = PhotoEmbedder.features
    noted = lambda self, square: asked.append(square.sum()) or plain(self, square)  # noqa: E731
    monkeypatch.setattr(PhotoEmbedder, "features", noted)
    return asked


def quiet(*_):
    pass


def look(project, seed=0):
    known = KnownPhotos(load_embedding(), seed)
    known.look(project)
    return known


def test_the_next_training_embeds_one_photograph_and_gives_the_same_file(trained, embedded):
    project, first, kept = trained
    again = train(project.root, 0, quiet)
    assert len(embedded) == 1  # to see that what was kept would be computed here, too
    assert again.fingerprint == first.fingerprint and again.as_dict() | {"train_s": 0} == (
        first.as_dict() | {"train_s": 0}
    )
    assert kept_path(project).read_bytes() == kept
    kept_path(project).unlink()
    assert train(project.root, 0, quiet).fingerprint == first.fingerprint
    assert kept_path(project).read_bytes() == kept


def test_new_photographs_are_embedded_and_those_that_are_gone_are_forgotten(project, embedded):
    (new,) = save_burst(project, "cat", views_of("cat", 1, seed=7, side=96))
    known = look(project)
    assert len(embedded) == 2 and len(known) == 9
    known.keep(project)
    assert len(load_kept(project, known._made_by)) == 9
    new.path.unlink()
    known.look(project)
    known.keep(project)
    assert len(load_kept(project, known._made_by)) == 8 and len(embedded) == 2


def test_a_photograph_in_place_of_another_is_embedded(project, embedded):
    known = look(project)
    path = project.photos_dir / known.ids[-1]
    before, features = path.read_bytes(), known.features(7)
    path.write_bytes((project.photos_dir / known.ids[0]).read_bytes())
    try:
        changed = look(project)
        assert np.array_equal(changed.features(7), changed.features(0))
        assert not np.array_equal(changed.features(7), features)
    finally:
        path.write_bytes(before)


def test_what_another_seed_embedding_or_computer_made_is_not_taken(project, embedded, monkeypatch):
    kept = look(project)._made_by
    embedded.clear()
    look(project, seed=1)
    assert len(embedded) == 8
    # As on a computer whose libraries draw views that are a step off.
    draw = PhotoEmbedder._drawn
    monkeypatch.setattr(PhotoEmbedder, "_drawn", lambda *asked: draw(*asked) ^ 1)
    embedded.clear()
    other = look(project)
    assert other._made_by == kept and len(embedded) == 1 + 8
    other.keep(project)
    embedded.clear()
    look(project)
    assert len(embedded) == 1


@pytest.mark.parametrize("place", [0, 0.01, 0.3, 0.6, 0.9, 0.999])
def test_a_damaged_file_is_as_good_as_none(trained, project, embedded, place):
    content = bytearray(kept_path(project).read_bytes())
    at = int(place * len(content))
    content[at : at + 40] = bytes(byte ^ 0x55 for byte in content[at : at + 40])
    kept_path(project).write_bytes(content)
    known = look(project)
    assert len(known) == 8 and not known.problems and len(embedded) == 8
    known.keep(project)
    assert kept_path(project).read_bytes() == trained[2]


@pytest.mark.parametrize("content", [b"", b"PK", b"\x93NUMPY\x01\x00"])
def test_what_is_no_such_file_is_as_good_as_none(project, embedded, content):
    kept_path(project).write_bytes(content)
    assert not load_kept(project, look(project)._made_by) and len(embedded) == 8


def test_where_it_cannot_be_written_all_is_as_without(project, trained):
    kept_path(project).unlink()
    kept_path(project).mkdir()  # what stands there is not the project's
    try:
        assert train(project.root, 0, quiet).fingerprint == trained[1].fingerprint
        assert list(kept_path(project).iterdir()) == []
    finally:
        kept_path(project).rmdir()


def test_of_no_photographs_nothing_is_kept(project):
    made_by = look(project)._made_by
    assert len(load_kept(project, made_by)) == 8 and load_kept(project, made_by + b"x") == {}
    save_kept(project, made_by, {})
    assert load_kept(project, made_by) == {} and not kept_path(project).exists()


def test_it_is_no_photograph_and_not_exported(project, tmp_path):
    listing = list_all(project)
    assert len(listing.photos) == 8 and not listing.problems
    exported = export_zip(project, tmp_path / "photos.zip")
    assert kept_path(project).name.encode() not in exported.read_bytes()
