"""One line of the doctor's page, and the page."""

from dataclasses import dataclass

from tinyteach.coded import Coded, say
from tinyteach.errors import TinyTeachError
from tinyteach.results import Lines

PASS, FIX, SKIP = "pass", "fix", "skip"
# What is looked at, as it is said in another language, too; MicroPython is called so in each.
NAMES = (
    *(say("look-port", "port"), say("look-agent", "agent"), say("look-link", "link")),
    *(say("look-architecture", "architecture"), say("look-memory", "memory")),
    *(say("look-flash", "flash"), say("look-camera", "camera"), say("look-clock", "clock")),
    *(say("look-formats", "formats"), say("look-colours", "colours")),
    *(say("look-frame-rate", "frame rate"), say("look-embedding", "embedding")),
    *(say("look-head", "head"), say("look-last-boot", "last boot")),
    *(say("look-last-crash", "last crash"), say("look-firmware", "firmware")),
    *(say("look-photograph", "photograph"), say("look-model", "model")),
    *(say("look-classes", "classes"), say("look-key", "key")),
)
BY_NAME = {str(name): name for name in NAMES}
MARKS = {PASS: "ok", FIX: "FIX", SKIP: "–"}


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it is, what was found, what to do about it (empty: nothing).

    ``error`` is the kind that a command would end with for this reason.
    """

    name: str
    status: str
    found: str
    fix: str = ""
    error: type[TinyTeachError] | None = None

    def as_dict(self) -> dict[str, object]:
        """As JSON has it."""
        shown = ("name", "status", "found", "fix")
        return {name: getattr(self, name) for name in shown}

    def line(self) -> str:
        """For a person; coded where the check's own words are in it."""
        if not (self.found and self.fix):
            return self.found or self.fix
        told = f"{self.found}; {self.fix}."
        if not isinstance(self.found, Coded) and not isinstance(self.fix, Coded):
            return told  # an error's sentence
        return say("found-and-fix", told, found=self.found, fix=self.fix)


def passed(name: str, found: str) -> Finding:
    return Finding(name, PASS, found)


def skipped(name: str, why: str) -> Finding:
    return Finding(name, SKIP, why)


def by_error(name: str, error: TinyTeachError, fix: str = "") -> Finding:
    """``error`` ended what was looked at; ``fix`` is what to do where it does not say itself."""
    return to_fix(name, error.happened, error.to_do or fix, type(error))


def to_fix(name: str, found: str, fix: str, error: type[TinyTeachError]) -> Finding:
    """``fix`` says what to do, as an order without a full stop."""
    return Finding(name, FIX, found, fix, error)


@dataclass(frozen=True)
class Page:
    """All lines, in the order in which one thing needs the other."""

    board: str
    findings: list[Finding]

    @property
    def faults(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.status == FIX]

    @property
    def error(self) -> type[TinyTeachError] | None:
        """That of the first fault: what stands above is needed for what stands below."""
        return self.faults[0].error if self.faults else None

    def as_dict(self) -> dict[str, object]:
        return {
            "board": self.board,
            "healthy": not self.faults,
            "findings": [finding.as_dict() for finding in self.findings],
        }

    def lines(self) -> Lines:
        """For a person."""
        shown = [f"{MARKS[f.status]:<4} {f.name:<13} {f.line()}" for f in self.findings]
        return [*shown, self.sentence()]

    def sentence(self) -> str:
        """The page in one sentence."""
        if not self.faults:
            return "All is well, as far as it could be looked at."
        first = self.faults[0].name
        return f"{len(self.faults)} to be mended; begin with {first}, then run the doctor again."
