"""What work gives: as JSON has it, and in lines for a person."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol, TypeAlias, cast


@dataclass(frozen=True)
class Table:
    """Rows below the names of their columns; numbers stand right."""

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    title: str = ""


Lines: TypeAlias = Sequence[str | Table]


class Result(Protocol):
    """What a command shows."""

    def as_dict(self) -> dict[str, object]:
        """As ``--json`` prints it and the studio answers it."""

    def lines(self) -> Lines:
        """For a person."""


class JsonResult:
    """For dataclasses whose fields are those of the JSON."""

    def as_dict(self) -> dict[str, object]:
        """The fields by name, those of dataclasses in them, too."""
        return asdict(cast(Any, self))


class Sentence(JsonResult):
    """The same where all that a person needs is one sentence."""

    def sentence(self) -> str:
        """For a person."""
        raise NotImplementedError

    def lines(self) -> Lines:
        """The sentence alone."""
        return [self.sentence()]
