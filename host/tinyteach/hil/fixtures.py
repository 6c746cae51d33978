"""The fixtures. A project's own of the same name take their place; unused they cost nothing."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tinyteach.hil.state import State, bench_of, goes_on, opened_board, state_of

if TYPE_CHECKING:
    import tinyteach as tt
    from tinyteach.embedding.runtime import Embedding
    from tinyteach.hil.bench import BoardBench
    from tinyteach.hil.figures import BoardFigures
    from tinyteach.hil.measure import Measure
    from tinyteach.hil.photographs import Photos
    from tinyteach.hil.reference import HostReference
    from tinyteach.service.boards.link_speed import Speed


@pytest.fixture(scope="session")
def tinyteach_run(pytestconfig: pytest.Config) -> State:
    """Of the run; by it the plugin knows what uses its fixtures."""
    return state_of(pytestconfig)


@pytest.fixture(scope="session")
def tinyteach_bench(tinyteach_run: State, pytestconfig: pytest.Config) -> Iterator["BoardBench"]:
    """The boards of the run, each left as it was found."""
    yield bench_of(pytestconfig)
    tinyteach_run.close()


@pytest.fixture(scope="session")
def tinyteach_word(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> str:
    """Which of --tt-board is meant."""
    return str(getattr(request, "param", state_of(pytestconfig).words[0]))


@pytest.fixture(scope="session")
def board(
    tinyteach_bench: "BoardBench", tinyteach_word: str, pytestconfig: pytest.Config
) -> "tt.Board":
    """The board under test, a `tinyteach.Board`; of several, each in turn."""
    return opened_board(pytestconfig, tinyteach_word)


@pytest.fixture(scope="session")
def boards(tinyteach_bench: "BoardBench", pytestconfig: pytest.Config) -> "Sequence[tt.Board]":
    """All boards that --tt-board names, in its order."""
    return [opened_board(pytestconfig, word) for word in tinyteach_bench.words]


@pytest.fixture(scope="session")
def measure(tinyteach_run: State) -> "Measure":
    """measure(name, samples, **of) keeps what is measured for reports, budgets and baselines."""
    from tinyteach.hil.measure import Measure

    return Measure(tinyteach_run.pending)


@pytest.fixture(scope="session")
def figures(board: "tt.Board", measure: "Measure") -> "BoardFigures":
    """figures() measures boot time, link, latency by stage and heap, in rounds."""
    from tinyteach.hil.figures import BoardFigures

    return BoardFigures(board, measure)


@pytest.fixture(scope="session")
def tinyteach_embedding(board: "tt.Board", pytestconfig: pytest.Config) -> "Embedding":
    """The embedding that the board has, as this computer runs it."""
    from tinyteach.hil.teaching import embedding_of

    return embedding_of(board, pytestconfig.getoption("--tt-embedding"))


@pytest.fixture(scope="session")
def reference(board: "tt.Board", tinyteach_embedding: "Embedding") -> "HostReference":
    """What this computer makes of a picture where the board must make the same."""
    from tinyteach.hil.reference import HostReference

    return HostReference(board, tinyteach_embedding)


@pytest.fixture(scope="session")
def tinyteach_link(
    board: "tt.Board", tinyteach_embedding: "Embedding", measure: "Measure"
) -> "Speed":
    """What the link carries, in bytes a second."""
    from tinyteach.service.boards.link_speed import measure_link

    speed = measure_link(board.client, tinyteach_embedding.side)
    to_board, from_board = (rate / 1000 for rate in speed)
    measure.fact("link", f"{to_board:.1f} KB/s to the board, {from_board:.1f} KB/s from it")
    return speed


@pytest.fixture(scope="session")
def photos(
    tinyteach_link: "Speed",
    tinyteach_embedding: "Embedding",
    measure: "Measure",
    pytestconfig: pytest.Config,
) -> "Photos":
    """Photographs to train on and others to test on: --tt-photos, or drawn objects."""
    from tinyteach.hil.photographs import read_photos

    named = pytestconfig.getoption("--tt-photos")
    with goes_on(pytestconfig):
        folder = Path(named) if named else None
        found = read_photos(folder, tinyteach_link.to_board, tinyteach_embedding.side)
    if found.made_small:
        measure.fact("made small first", found.made_small)
    return found


@pytest.fixture(scope="session")
def head(
    board: "tt.Board",
    photos: "Photos",
    tinyteach_embedding: "Embedding",
    pytestconfig: pytest.Config,
) -> "tt.Head":
    """A head trained on the photographs, at work on the board."""
    from tinyteach.hil.teaching import head_at_work

    with goes_on(pytestconfig):
        return head_at_work(board, photos, tinyteach_embedding)
