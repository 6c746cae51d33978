"""What embeddings are called, and the way from one to another on a board."""

import json
import shutil

import numpy as np
import pytest

from paired import views_of
from tinyteach.data.photos import save_burst
from tinyteach.device.registry import PairedBoard, remember
from tinyteach.device.wire.board_info import WIDE_BYTES
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding import runtime
from tinyteach.embedding.shipped import BETTER_AND_BETTER
from tinyteach.errors import BoardRefusedError, LinkError, ModelError, TrainingError, UsageError
from tinyteach.service.boards.opening import open_board
from tinyteach.service.boards.verification import verify
from tinyteach.service.heads import deploying, training, upgrading
from tinyteach.service.projects import embeddings, suited
from tinyteach.service.projects.opening import create_project, open_project
from tinyteach.virtual.board import VirtualBoard
from tinyteach_protocol import errors, messages


def quiet(*_):
    pass


@pytest.fixture(scope="module")
def taught_before(paired_flashes, tmp_path_factory):
    """A project of two classes in two recordings each, and a board with its head: their places."""
    folder = tmp_path_factory.mktemp("taught")
    flash = folder / "flash"
    shutil.copy(paired_flashes("i386"), flash)
    with pytest.MonkeyPatch.context() as patch, VirtualBoard("i386", flash) as board:
        patch.setenv("TINYTEACH_HOME", str(folder / "home"))
        made = create_project(folder / "things")
        for name in ("cat", "coffee"):
            made.add_class(name)
            for seed in (1, 2):
                save_burst(made, name, views_of(name, 3, seed, side=96))
        upgrade(board, made, None, quiet)
    return made.root, flash


@pytest.fixture
def project(taught_before, tmp_path):
    """The project, for the test alone."""
    return open_project(shutil.copytree(taught_before[0], tmp_path / "things"))


@pytest.fixture
def taught(taught_before, tmp_path):
    """The board with base and a head for it."""
    flash = tmp_path / "flash"
    shutil.copy(taught_before[1], flash)
    with VirtualBoard("i386", flash) as started:
        yield started


def upgrade(board, project, embedding, progress):
    remember(PairedBoard("", "desk", board.port, "", "a machine"))  # wherever its plug is now
    with open_board(board.port) as client:
        return upgrading.upgrade(client, open_project(project.root), embedding, progress)


def deploy(board, project, progress):
    with open_board(board.port) as client:
        return deploying.deploy(client, project, progress)


def info(board):
    remember(PairedBoard("", "desk", board.port, "", "a machine"))
    with open_board(board.port) as client:
        return client.info()


# Names


def test_stand_in_has_other_features(tiny):
    base, other = (embeddings.load_named(name) for name in ("base", "tiny"))
    tensors = np.zeros((1, base.side, base.side, 3), "int8")
    assert base.fingerprint != other.fingerprint
    assert (base.embed(tensors) != other.embed(tensors)).any()


def test_names_of_what_ships(tiny):
    assert list(embeddings.shipped()) == ["base", "tiny", "open", "plus"]
    fingerprint = embeddings.load_named("tiny").fingerprint
    assert embeddings.name_of(fingerprint) == "tiny"
    assert embeddings.described(fingerprint) == f"tiny {fingerprint.hex()[:12]}"
    assert embeddings.name_of(bytes(32)) is embeddings.name_of(b"") is None
    assert embeddings.described(bytes(32)) == "000000000000"


def test_what_fits_a_heap_by_what_pairing_asks_for(monkeypatch):
    smallest = embeddings.heap_of(embeddings.embedding_path("tiny").read_bytes())
    middle = embeddings.heap_of(embeddings.embedding_path("base").read_bytes())
    assert embeddings.fitting(smallest - 1) == []
    assert embeddings.fitting(middle - 1) == ["tiny", "open"]
    assert embeddings.fitting(middle) == ["tiny", "open", "base"]
    tiny = embeddings.embedding_path("tiny").read_bytes()
    assert embeddings.heap_of(tiny, is_wide=True) == smallest + WIDE_BYTES


def test_a_board_that_holds_a_larger_one_is_told_so():
    names = BETTER_AND_BETTER
    digest = {name: embeddings.load_named(name).fingerprint.hex() for name in names}
    heaps = [embeddings.heap_of(embeddings.embedding_path(name).read_bytes()) for name in names]
    for heap, largest in zip(heaps, names, strict=True):
        told = {name: suited.of_larger(heap, digest[name]) for name in names}
        for name, lines in told.items():
            is_smaller = names.index(name) < names.index(largest)
            assert [f"embedding {largest}, too" in line for line in lines] == [True] * is_smaller
    of_open = embeddings.load_named("open").fingerprint.hex()
    assert all(suited.of_larger(1 << 30, other) == [] for other in (of_open, "00" * 32, ""))


def test_what_is_not_there_is_not_offered(monkeypatch, tmp_path):
    monkeypatch.setitem(runtime.EMBEDDING_FILES, "tiny", tmp_path / "none.tflite")
    choices = r"no embedding 'tiny'; choose base, open or plus, or name a \.tflite"
    with pytest.raises(UsageError, match=choices):
        embeddings.embedding_path("tiny")


def test_file_in_the_project_or_anywhere(project, tiny, monkeypatch):
    inside = project.root / "own.tflite"
    inside.write_bytes(tiny.read_bytes())
    monkeypatch.chdir(project.root.parent)
    assert embeddings.as_setting("things/own.tflite", project.root) == "own.tflite"
    assert embeddings.as_setting("stand_in.tflite", project.root) == str(tiny)
    assert embeddings.as_setting("tiny", project.root) == "tiny"
    for setting in ("own.tflite", str(tiny)):
        project.embedding = setting
        assert embeddings.project_embedding(project).content == tiny.read_bytes()
    with pytest.raises(UsageError):
        embeddings.as_setting("own.tflite", project.root)


def test_project_that_names_none_there_is(project):
    project.embedding = "huge"
    with pytest.raises(UsageError, match="no embedding 'huge'"):
        training.train(project.root, 0, quiet)


def test_file_that_is_no_embedding(project):
    (project.root / "own.tflite").write_bytes(b"TFL3")
    project.embedding = "own.tflite"
    with pytest.raises(ModelError):
        training.train(project.root, 0, quiet)


# The upgrade


@pytest.mark.soak  # as cli/test_embedding_choice.py has it
def test_upgrade(taught, project, tiny):
    steps = []
    upgraded = upgrade(taught, project, "tiny", lambda *s: steps.append(s))
    there = info(taught)
    assert there.embedding.hex() == upgraded.embedding
    assert there.head.hex() == upgraded.trained.fingerprint and there.state == ""
    assert upgraded.embedding_bytes == len(tiny.read_bytes())
    assert open_project(project.root).embedding == "tiny"
    sent = [done for text, done, _ in steps if text == "Sending the embedding"]
    assert sent == sorted(sent) and sent[-1] == len(tiny.read_bytes())
    assert json.dumps(upgraded.as_dict())
    again = upgrade(taught, project, None, quiet)
    assert again.embedding_bytes is None and again.embedding_name == "tiny"


def test_untrainable_project_changes_nothing(taught, project, tiny):
    before = info(taught)
    project.remove_class("coffee", delete_photos=True)
    with pytest.raises(TrainingError):
        upgrade(taught, project, "tiny", quiet)
    after = info(taught)
    assert (after.embedding, after.head) == (before.embedding, before.head)
    assert open_project(project.root).embedding == "base"


def test_interrupted_embedding_goes_on(taught, project, tiny):
    """The cable is out half way; what had come is not sent again."""
    before, size = info(taught), len(tiny.read_bytes())

    def pull(text, done, total):
        if text == "Sending the embedding" and done > size // 2:
            taught.drop_link()

    with pytest.raises(LinkError, match=r"keeps its old embedding.*'tinyteach upgrade' goes on"):
        upgrade(taught, project, "tiny", pull)
    after = info(taught)
    assert (after.embedding, after.head) == (before.embedding, before.head)
    upgraded = upgrade(taught, project, None, quiet)
    assert upgraded.embedding_name == "tiny" and 0 < upgraded.embedding_bytes < size
    assert info(taught).state == ""
    # A board without a key: it is said, and none is given unasked.
    assert upgrading.NO_KEY in upgraded.lines() and not upgraded.has_key


def test_refused_embedding(taught, project, tiny, monkeypatch):
    before = info(taught)

    def refuse(client):
        client.request(messages.ABORT)
        raise BoardRefusedError("No.", errors.BAD_MODEL)

    monkeypatch.setattr(BoardClient, "commit", refuse)
    with pytest.raises(BoardRefusedError, match=r"The board keeps its old embedding and head"):
        upgrade(taught, project, "tiny", quiet)
    assert info(taught).head == before.head


@pytest.mark.soak  # as cli/test_lost_answers.py has it
def test_failure_between_embedding_and_head(taught, project, tiny):
    def pull(text, done, total):
        if text == "Deploying":
            taught.drop_link()

    with pytest.raises(LinkError, match="recognises nothing until 'tinyteach deploy' has run"):
        upgrade(taught, project, "tiny", pull)
    stale = info(taught)
    assert stale.labels == [] and "train and deploy again" in stale.state
    deploy(taught, project, quiet)
    assert info(taught).state == ""


@pytest.mark.soak  # as cli/test_embedding_choice.py has it
def test_heads_of_the_old_embedding_are_refused(taught, project, tiny):
    """Both by the computer, which sends nothing, and by the board."""
    old = project.head_path.read_bytes()
    upgrade(taught, project, "tiny", quiet)
    with open_board(taught.port) as client, pytest.raises(BoardRefusedError) as back:
        deploying.rollback(client)
    assert back.value.code == errors.WRONG_EMBEDDING
    new = project.head_path.read_bytes()
    project.head_path.write_bytes(old)
    with pytest.raises(BoardRefusedError, match=r"embedding base .*has tiny .*upgrade") as refused:
        deploy(taught, project, lambda *_: pytest.fail("something was sent"))
    assert refused.value.code == errors.WRONG_EMBEDDING
    with open_board(taught.port) as client:
        client.upload(messages.HEAD, old)
        with pytest.raises(BoardRefusedError) as by_board:
            client.commit()
        assert by_board.value.code == errors.WRONG_EMBEDDING
        assert client.info().labels == ["cat", "coffee"]
    project.head_path.write_bytes(new)
    assert deploy(taught, project, quiet).labels == ["cat", "coffee"]


def test_verify_takes_the_embedding_that_the_board_has(
    taught, project, tiny, suite_of, few_pictures
):
    suite_of("test_identity.py", "test_exactness.py")
    upgrade(taught, project, "tiny", quiet)
    summary = verify(taught.port, None, None, quiet=True)
    assert summary.failed == [] and summary.measured["embedding"] == "tiny"
    assert summary.measured["photographs compared"] == 12
