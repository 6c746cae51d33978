"""Photographs of a module are whole frames, and a head knows which views it was trained on."""

import json

import numpy as np
import pytest

from paired import views_of
from tinyteach.data.exporting import export_zip
from tinyteach.data.importing import import_folder
from tinyteach.data.photos import Recording, save_burst
from tinyteach.data.project import Project
from tinyteach.embedding import preprocess, stretched
from tinyteach.embedding.agent_code import metadata
from tinyteach.embedding.runtime import load_embedding
from tinyteach.embedding.view_names import SQUARE, STRETCHED
from tinyteach.errors import BoardRefusedError, ModelError, UsageError
from tinyteach.head.fit.train import FitSettings, fit_at_once
from tinyteach.head.format.head_file import load_head
from tinyteach.head.format.metadata import VIEW_NAME, sealed_anew
from tinyteach.service.heads.deploying import deploy_head
from tinyteach.service.heads.recognition import Reference, project_reference, trained_head
from tinyteach.service.heads.training import train
from tinyteach.service.photos.known_photos import KnownPhotos

SIDE = 240


def quiet(*_):
    pass


def views(name, seed):
    return views_of(name, 2, seed=seed, side=SIDE)


@pytest.fixture(scope="module")
def embedding():
    return load_embedding()


@pytest.fixture
def project(tmp_path):
    """Two classes, whose photographs a board's agent or an import brought."""
    made = Project.create(tmp_path / "things")
    for name in ("cat", "coffee"):
        made.add_class(name)
        for seed in (1, 2):
            save_burst(made, name, views(name, seed))
    return made


@pytest.fixture
def with_frames(project):
    """The same, and a module's frames of one class."""
    save_burst(project, "cat", views("cat", 3), kind="frame")
    return project


def of_tensors(embedding, make, squares):
    return embedding.embed(np.array([make(square, embedding.side) for square in squares]))


def test_without_a_module_all_is_as_ever(project):
    assert train(project.root, 0, quiet).preprocessing == SQUARE
    head = trained_head(project)
    assert head.preprocessing == SQUARE and metadata(head.content, VIEW_NAME) == b""


def test_a_project_with_a_module_s_frames_is_trained_for_it(with_frames):
    assert train(with_frames.root, 0, quiet).preprocessing == STRETCHED
    head = trained_head(with_frames)
    assert head.preprocessing == STRETCHED and head.labels == ("cat", "coffee")


@pytest.mark.parametrize("named", [SQUARE, STRETCHED])
def test_the_view_that_is_named_is_taken(project, with_frames, named):
    assert train(project.root, 0, quiet, preprocessing=named).preprocessing == named


def test_another_view_is_refused(project):
    with pytest.raises(UsageError, match="choose square or stretched"):
        train(project.root, 0, quiet, preprocessing="round")


def test_photographs_from_elsewhere_are_seen_in_both_ways_and_frames_in_theirs(
    with_frames, embedding
):
    known = KnownPhotos(embedding)
    known.look(with_frames)
    squares = list(known.squares)
    features = np.array([known.features(n) for n in range(len(known))])
    first = np.array([known.views(n, 2)[0] for n in range(len(known))])
    assert np.array_equal(features, of_tensors(embedding, stretched.to_tensor, squares))
    are_frames = np.array([photo.record.kind == "frame" for photo in known._photos])
    agent_s = of_tensors(embedding, preprocess.to_tensor, squares)
    assert np.array_equal((first == agent_s).all(axis=1), ~are_frames) and are_frames.any()


def test_what_was_known_is_embedded_anew_when_a_module_s_frames_come(project, embedding):
    known = KnownPhotos(embedding)
    known.look(project)
    before = known.features(0)
    save_burst(project, "cat", views("cat", 3), kind="frame")
    known.look(project)
    assert known.preprocessing == STRETCHED and len(known) == 10
    assert not np.array_equal(before, known.features(0))


def test_a_first_head_knows_it_too(with_frames, embedding):
    known = KnownPhotos(embedding)
    known.look(with_frames)
    how = {"preprocessing": known.preprocessing}
    head = fit_at_once(known, known.labels, embedding, FitSettings(), **how)
    assert head.preprocessing == STRETCHED


def test_the_computer_s_copy_sees_as_the_module_does(with_frames, embedding):
    train(with_frames.root, 0, quiet)
    (square,) = views_of("cat", 1, seed=9, side=SIDE)
    reference = project_reference(with_frames)
    assert np.array_equal(reference.tensor(square), stretched.to_tensor(square, 64))
    alone = Reference(embedding).tensor(square)
    assert np.array_equal(alone, preprocess.to_tensor(square, 64))


def test_a_board_with_the_agent_is_not_given_it(with_frames):
    """Said before a byte is sent: there is no board here to be asked."""
    train(with_frames.root, 0, quiet)
    with pytest.raises(BoardRefusedError, match="train --view square"):
        deploy_head(None, trained_head(with_frames), quiet)


def test_a_view_that_this_version_does_not_know(with_frames):
    train(with_frames.root, 0, quiet)
    content = trained_head(with_frames).content
    with pytest.raises(ModelError, match="another version of TinyTeach; train again"):
        load_head(sealed_anew(content.replace(b"stretched", b"roundwise")))


def test_frames_stay_frames_when_a_project_moves(with_frames, tmp_path):
    other = Project.create(tmp_path / "other")
    import_folder(other, export_zip(with_frames, tmp_path / "all.zip"))
    assert train(other.root, 0, quiet).preprocessing == STRETCHED


def test_what_kinds_of_photographs_there_are(project):
    with pytest.raises(ValueError, match="frame"):
        Recording(project, "cat", kind="round")
    record = Recording(project, "cat", kind="frame").add(views("cat", 4)[0]).record
    assert json.loads(project.index_path.read_text().splitlines()[-1])["kind"] == record.kind
