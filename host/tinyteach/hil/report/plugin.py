"""The option --tt-report: what of pytest's hooks writes the files."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tinyteach.errors import TinyTeachError
from tinyteach.files import make_folder
from tinyteach.hil.ends import CODE_CANNOT_GO_ON, end_of
from tinyteach.hil.state import state_of

NOT_WRITTEN = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("tinyteach").addoption(
        "--tt-report", metavar="DIR", help="write junit.xml, report.json, report.html, summary.md"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """What cannot be written to is said before anything is run."""
    folder = config.getoption("--tt-report")
    if not folder:
        return
    try:
        make_folder(Path(folder))
    except TinyTeachError as error:
        pytest.exit(str(error), returncode=end_of(type(error)))
    if not getattr(config.option, "xmlpath", None):  # pytest's own, which looks at it next
        config.option.xmlpath = str(Path(folder) / "junit.xml")


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, Any, Any]:
    """When all else has had its say."""
    result = yield
    folder = session.config.getoption("--tt-report")
    if folder and not hasattr(session.config, "workerinput"):  # xdist's: another has all results
        from tinyteach.hil.report.files import write_report

        try:
            write_report(state_of(session.config).run, Path(folder))
        except TinyTeachError as error:
            session.config.stash[NOT_WRITTEN] = str(error)
            session.exitstatus = session.exitstatus or CODE_CANNOT_GO_ON
    return result


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    folder = config.getoption("--tt-report")
    if folder:
        terminalreporter.section("report")
        said = config.stash.get(NOT_WRITTEN, str(Path(folder) / "report.html"))
        terminalreporter.write_line(said)
