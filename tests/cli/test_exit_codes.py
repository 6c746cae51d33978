"""Every error that ends a command has its exit code; what happened and what to do stand apart."""

import inspect
import json
import re
from importlib import import_module

import pytest

from tinyteach import errors
from tinyteach.cli.exit_codes import EXIT_CODES, INTERRUPTED, exit_code_of
from tinyteach.cli.output import complain
from tinyteach.studio import statuses

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


def kinds_below(kind):
    """A kind of error with all that are made of it."""
    return {kind, *(each for below in kind.__subclasses__() for each in kinds_below(below))}


def test_scripts_are_told_kinds_that_stand_in_errors_alone(root, capsys):
    """Whatever module has the error: all are imported first that define one."""
    host = root / "host"
    for path in (host / "tinyteach").rglob("*.py"):
        if re.search(r"^class \w+Error\(", path.read_text(), re.MULTILINE):
            import_module(".".join(path.relative_to(host).with_suffix("").parts))
    found = {each for each in kinds_below(errors.TinyTeachError) if "tests" not in each.__module__}
    assert any(each.__name__.startswith("_") for each in found)
    for kind in found:
        complain("It broke.", kind, exit_code_of(kind), as_json=True)
        told = json.loads(capsys.readouterr().err)["kind"]
        assert issubclass(kind, getattr(errors, told)), kind
        assert statuses.error_body(kind.__new__(kind))["error"]["code"] + "Error" == told


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
