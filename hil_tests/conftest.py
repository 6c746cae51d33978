"""The board under test, the photographs to test it with, and what was measured.

``pytest hil_tests --board NAME`` or ``tinyteach verify``. Without ``--board`` a
virtual board is started for the run.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tinyteach.data.project import DEFAULT_EMBEDDING
from tinyteach.embedding.preprocess import to_tensor
from tinyteach.errors import (
    BoardNotFoundError,
    BoardRefusedError,
    LinkError,
    TinyTeachError,
    VerificationError,
)
from tinyteach.head.fit.photo_features import PhotoEmbedder, SquaresInMemory
from tinyteach.head.fit.train import train_source
from tinyteach.head.format.head_file import Head, with_threshold
from tinyteach.service.boards.link_speed import PHOTO_TIME_S, Speed, measure_link, side_in_time
from tinyteach.service.boards.opening import open_board
from tinyteach.service.boards.virtual_boards import temporary_virtual_board
from tinyteach.service.heads.difference import SideBySide
from tinyteach.service.heads.recognition import Reference
from tinyteach.service.photos import bench_photos
from tinyteach.service.projects.embeddings import load_named, name_of
from tinyteach_protocol import errors, messages

PHOTOS_PER_CLASS = 40
SELF_TEST_FAILED = (
    "A new head fails its self-test on the board; board and computer differ first in {}."
)
NOT_AGAIN = "a view came out wrong, and right the next time: the board does not always do the same"


def pytest_addoption(parser):
    group = parser.getgroup("tinyteach")
    group.addoption("--board", default=None, help="name, port or pyserial URL; else a virtual one")
    group.addoption("--photos", default=None, help="folder of class folders, or zip")


def pytest_configure(config):
    config.addinivalue_line("markers", "hardware: needs a real board; skipped on the virtual one")
    config.measured = {}
    config.ended_by = None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """What a user can meet is one sentence; without board or photographs nothing goes on."""
    report = yield
    error = call.excinfo.value if call.excinfo else None
    if isinstance(error, TinyTeachError):
        report.longrepr = str(error)
        if call.when != "call" or isinstance(error, LinkError | BoardNotFoundError):
            item.session.shouldfail = str(error)
            item.config.ended_by = error
    return report


def pytest_terminal_summary(terminalreporter, config):
    if config.measured:
        terminalreporter.section("measured")
        for name, value in config.measured.items():
            terminalreporter.write_line(f"{name}: {value}")


@pytest.fixture(scope="session")
def measured(pytestconfig) -> dict:
    """Figures by name, printed at the end."""
    return pytestconfig.measured


@pytest.fixture(scope="session")
def board_port(pytestconfig) -> Iterator[str]:
    """Where the board under test is."""
    named = pytestconfig.getoption("--board")
    if named:
        yield named
        return
    with temporary_virtual_board() as port:
        yield port


@pytest.fixture
def client(board_port):
    """A session with the board."""
    with open_board(board_port) as session:
        yield session


@pytest.fixture(scope="session")
def embedding(board_port):
    """The embedding that the board has, if it ships with TinyTeach; else the default one."""
    with open_board(board_port) as session:
        name = name_of(session.info().embedding)
    return load_named(name or DEFAULT_EMBEDDING)


@pytest.fixture(scope="session")
def reference(embedding) -> Reference:
    """The host's reference of preprocessing and embedding."""
    return Reference(embedding)


class Mismatches:
    """Counts views of which the board computes something else than the host.

    ``first`` is the first tensor that differs in the first of them, in words.
    """

    def __init__(self, client, beside: SideBySide) -> None:
        self._client, self._beside = client, beside
        self.count = 0
        self.first = ""

    def look(self, agrees: bool, tensor) -> None:
        """``tensor`` is the view that the board preprocessed last, as the host does it."""
        if agrees:
            return
        self.count += 1
        self.first = self.first or str(self._beside.difference(self._client, tensor) or NOT_AGAIN)


@pytest.fixture
def mismatches(client, embedding) -> Mismatches:
    """None yet, up to the features."""
    return Mismatches(client, SideBySide(embedding))


@pytest.fixture
def mismatches_of_head(client, embedding, deployed) -> Mismatches:
    """None yet, up to the scores."""
    return Mismatches(client, SideBySide(embedding, deployed))


@pytest.fixture(scope="session")
def link_speed(board_port, embedding, measured) -> Speed:
    """What the link carries."""
    with open_board(board_port) as session:
        speed = measure_link(session, embedding.side)
    to_board, from_board = (rate / 1000 for rate in speed)
    measured["link"] = f"{to_board:.1f} KB/s to the board, {from_board:.1f} KB/s from it"
    return speed


@pytest.fixture(scope="session")
def photo_sets(original_photo_sets, link_speed, embedding, measured):
    """The same, made small first where the link could not carry them in time."""
    side = side_in_time(link_speed.to_board, PHOTO_TIME_S, embedding.side)
    sides = [
        square.shape[0] for photos in original_photo_sets for s in photos.values() for square in s
    ]
    if max(sides) <= side:
        return original_photo_sets
    measured["made small first"] = (
        f"photographs of up to {max(sides)} pixels a side to {side}, because the link carries no "
        f"larger one in {PHOTO_TIME_S:.0f} s"
    )
    return tuple(bench_photos.shrunk(photos, side) for photos in original_photo_sets)


@pytest.fixture(scope="session")
def original_photo_sets(pytestconfig):
    """Photographs to train on and others to test on, by class, uint8 [N, N, 3] each."""
    folder = pytestconfig.getoption("--photos")
    return bench_photos.halves(Path(folder) if folder else None, PHOTOS_PER_CLASS)


@pytest.fixture(scope="session")
def photographs(photo_sets) -> list:
    """All of them in one list."""
    return [s for photos in photo_sets for squares in photos.values() for s in squares]


def train(training: dict, photos_per_class: int, embedding) -> Head:
    """A head trained on the first photographs of each class."""
    chosen = [(name, s) for name, squares in training.items() for s in squares[:photos_per_class]]
    labels, squares = zip(*chosen, strict=True)
    bursts = [str(number) for number in range(len(squares))]
    source = SquaresInMemory(squares, PhotoEmbedder(embedding))
    return train_source(source, labels, bursts, embedding).head


def put_to_work(session, head: Head, embedding, square) -> None:
    """Where the board refuses it for its self-test, what it computes otherwise is named."""
    session.upload(messages.HEAD, head.content)
    try:
        session.commit()
    except BoardRefusedError as refused:
        if refused.code != errors.SELF_TEST_FAILED:
            raise
        found = named(session, SideBySide(embedding, head, refused=True), square)
        raise VerificationError(SELF_TEST_FAILED.format(found)) from refused


def named(session, beside: SideBySide, square) -> str:
    """The first difference with a photograph, in words."""
    session.send_image(square.tobytes(), square.shape[0], messages.RGB888)
    return str(
        beside.difference(session, to_tensor(square, session.info().model_side)) or NOT_AGAIN
    )


@pytest.fixture(scope="session")
def deployed(board_port, photo_sets, embedding):
    """The head at work on the board, and an earlier one to roll back to.

    What was at work before comes back at the end.
    """
    training, _ = photo_sets
    square = next(iter(training.values()))[0]
    head = train(training, PHOTOS_PER_CLASS, embedding)
    with open_board(board_port) as session:
        before = session.info().head
        if not before:
            other = with_threshold(head, head.threshold - 1 if head.threshold else 1)
            put_to_work(session, other, embedding, square)
        put_to_work(session, head, embedding, square)
    yield head
    with open_board(board_port) as session:
        if before and session.info().previous_head == before:
            session.rollback()
