"""Every error that ends a command has its exit code; what happened and what to do stand apart."""

import inspect
import re

import pytest

from tinyteach import errors
from tinyteach.cli.exit_codes import EXIT_CODES, INTERRUPTED, exit_code_of

# Errors of requests to the studio, which no command meets.
OF_THE_STUDIO = {errors.AccessError, errors.TooLargeError, errors.NoSuchPageError}


def test_every_kind_of_error_has_its_own():
    kinds = {kind for kind in vars(errors).values() if inspect.isclass(kind)}
    assert set(EXIT_CODES) == kinds - OF_THE_STUDIO - {errors.DepartedError}  # its parent's
    assert len({*EXIT_CODES.values(), 0, INTERRUPTED}) == len(EXIT_CODES) + 2


def test_a_kind_within_a_kind_has_its_parent_s():
    class MoreLinkError(errors.LinkError):
        pass

    assert exit_code_of(MoreLinkError) == EXIT_CODES[errors.LinkError] == 6
    assert exit_code_of(None) == 0


@pytest.mark.parametrize(
    ("message", "happened", "to_do"),
    [
        ("It broke; mend it.", "It broke", "mend it"),
        ("It broke.", "It broke", ""),
        (
            "It broke; mend it. Nothing was lost; go on.",
            "It broke",
            "mend it. Nothing was lost; go on",
        ),
    ],
)
def test_what_happened_and_what_to_do_stand_apart(message, happened, to_do):
    error = errors.LinkError(message)
    assert (error.happened, error.to_do, str(error)) == (happened, to_do, message)


def test_neither_errors_nor_services_know_of_commands(root):
    """What a command ends with is cli/'s own, as statuses are studio/'s."""
    for path in (root / "host" / "tinyteach").rglob("*.py"):
        if "cli" not in path.parts:
            assert not re.search(r"\bexit_code\b", path.read_text()), path
