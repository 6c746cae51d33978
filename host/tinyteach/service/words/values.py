"""Values of a command that are no use, whatever else there is; light: it is told at once."""

from collections.abc import Iterable
from pathlib import Path

from tinyteach.data.bursts import RECORDINGS
from tinyteach.data.there import check_photo, check_source
from tinyteach.embedding.view_names import VIEW_NAMES
from tinyteach.errors import UsageError
from tinyteach.head.export.runtimes import RUNTIMES
from tinyteach.plain_text import one_of

SEED_MAX = 2**32 - 1  # numpy's and scikit-learn's
WRITES_MAX = 200  # of a soak; far below what wears a sector of NOR flash out


def check_threshold(probability: float | None) -> None:
    """UsageError where a threshold is no probability."""
    if probability is not None and not 0 <= probability <= 1:
        raise UsageError("A threshold is a probability from 0 to 1, such as 0.6.")


def check_fraction(at_least: float | None) -> None:
    """UsageError where what is asked for is no fraction from 0 to 1."""
    if at_least is not None and not 0 <= at_least <= 1:
        raise UsageError("What --at-least asks for is a fraction from 0 to 1, such as 0.9.")


def check_recordings(named: str | None) -> None:
    """UsageError where recordings cannot be told so."""
    if named is not None and named not in RECORDINGS:
        raise UsageError(
            f"Recordings cannot be told by {named!r}; choose one of {', '.join(RECORDINGS)}."
        )


def check_photos_source(source: Path) -> None:
    """UsageError where there is no folder or file in which photographs could be."""
    check_source(source)


def check_pictures(files: Iterable[Path]) -> None:
    """PhotoError for a file that is none."""
    for file in files:
        check_photo(file)


def check_soak(minutes: float, writes_max: int) -> None:
    """UsageError where there is no time for it, or nothing may be written."""
    if not 0 < minutes < float("inf") or writes_max < 2:
        raise UsageError("A soak takes more than 0 minutes and needs at least 2 writes of heads.")


def check_seed(seed: int) -> None:
    """UsageError for a number from which nothing can be drawn."""
    if not 0 <= seed <= SEED_MAX:
        raise UsageError(f"A seed is a whole number from 0 to {SEED_MAX}.")


def check_view(named: str | None) -> None:
    """UsageError where there is no such way to see."""
    if named is not None and named not in VIEW_NAMES:
        raise UsageError(f"There is no view {named!r}; choose {' or '.join(VIEW_NAMES)}.")


def check_runtime(runtime: str) -> None:
    """UsageError where there is no such runtime to export for."""
    if runtime not in RUNTIMES:
        raise UsageError(f"There is no export for {runtime!r}; choose {one_of(list(RUNTIMES))}.")
