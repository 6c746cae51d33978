"""--tt-baseline and --tt-update-baseline; light, since every pytest run loads it."""

from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tinyteach.errors import HilFileError
from tinyteach.hil.results import Run

if TYPE_CHECKING:
    from tinyteach.hil.baseline import Baseline

NO_FILE = "--tt-update-baseline writes a baseline; name its file with --tt-baseline."
NOT_WRITTEN = "It stays as it was: only a run that ends with 0 is added to it, and this had {code}."
NOTHING = "It stays as it was: no test measured anything, or looked at photographs."


@dataclass
class BaselineOption:
    """What the file holds; ``update``: this run is added to it. ``said`` is for the end."""

    path: Path
    known: "Baseline"
    update: bool
    said: list[str] = field(default_factory=list)


def baseline_option(named: str | None, update: bool) -> BaselineOption | None:
    """None without a baseline; HilFileError where its file is none."""
    if named is None:
        if update:
            raise pytest.UsageError(NO_FILE)
        return None
    from tinyteach.hil.baseline import read_baseline

    return BaselineOption(Path(named), read_baseline(Path(named), may_be_missing=update), update)


@dataclass
class BaselineKeeper:
    """Adds the run to the file in its end; ``bad_file_code`` is what it ends with else."""

    option: BaselineOption
    run: Run
    bad_file_code: int

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        """After the run has its code, before it is told."""
        yield
        if not self.option.update:
            return
        try:
            self.option.said += self._kept(int(session.exitstatus))
        except HilFileError as error:
            self.option.said.append(str(error))
            session.exitstatus = self.run.code = self.bad_file_code

    def _kept(self, code: int) -> list[str]:
        if code:
            return [NOT_WRITTEN.format(code=code)]
        from tinyteach.hil.baseline import write_baseline
        from tinyteach.hil.judging import with_run

        grown, said = with_run(self.option.known, self.run)
        if not said:
            return [NOTHING]
        write_baseline(self.option.path, grown)
        return said
