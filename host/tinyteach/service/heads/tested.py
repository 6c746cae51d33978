"""What a test on photographs of one's own found, as JSON has it and for a person."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from tinyteach.data.entries import Skipped
from tinyteach.data.names import UNKNOWN
from tinyteach.head.fit.evaluation import PhotoResult
from tinyteach.head.report.advice import photographs
from tinyteach.head.report.report import WORST_PHOTOS
from tinyteach.results import Lines, Table
from tinyteach.service.heads.figures import Figures
from tinyteach.service.heads.under_test import HeadTested
from tinyteach.service.photos.importing import grouped
from tinyteach.service.photos.labelled import Copy

OTHER_THINGS = "other things"
TERMINAL_WIDTH = 80  # of a wider matrix what was said most often is shown instead
RIVALS_SHOWN = 3
NOTHING_ELSE = (
    "Nothing but its classes was shown: photographs in a folder 'unknown', or of any other name, "
    "say how often it takes other things for one of them."
)


@dataclass(frozen=True, repr=False)
class Tested(Figures):
    """A head tried on the labelled photographs of a ``source``.

    ``copies`` and ``skipped`` were left out; ``compared`` says whether the photographs were
    compared with the project's; ``notes`` are sentences on how the folders were read and tested.
    """

    head: HeadTested
    source: str
    copies: Sequence[Copy] = ()
    skipped: Sequence[Skipped] = ()
    compared: bool = False
    notes: Sequence[str] = ()

    @property
    def mismatches(self) -> list[str]:
        """Photographs for which board and computer gave different scores."""
        return [shown.name for shown in self.photos if shown.is_same is False]

    @property
    def computed_twice(self) -> int:
        """For how many photographs both computed, which they do where they have the same head."""
        return sum(shown.is_same is not None for shown in self.photos)

    def shortfall(self, at_least: float | None) -> str:
        """A sentence where the accuracy does not reach ``at_least``, a fraction; else empty."""
        found = self.accuracy
        if at_least is None or (found.rate is not None and found.rate >= at_least):
            return ""
        if found.rate is None:
            return (
                f"Whether {at_least:.4g} of them are right cannot be said, as no class of the head "
                f"was shown; name a folder with {', '.join(self.labels[:-1])}."
            )
        return (
            f"Of the photographs of its classes {found.count} of {found.of} are right, "
            f"{found.rate:.4g} and not {at_least:.4g} as --at-least asks; 'tinyteach report' says "
            "what would help."
        )

    def as_dict(self) -> dict[str, object]:
        """As JSON has it; ``confusion`` is true class × said, other things and unknown last."""
        rates = {name: getattr(self, name).as_dict() for name in _RATES}
        return {
            "source": self.source,
            "where": "board" if self.head.board else "host",
            **asdict(self.head),
            "photos": len(self.photos),
            "recordings": self.recordings,
            "accuracy": self.accuracy.rate,
            "right": self.accuracy.count,
            "own_photos": self.accuracy.of,
            "other_photos": self.false_accepts.of,
            "interval": self.accuracy.interval,
            **rates,
            "labels": self.labels,
            "confusion": self.evaluation.confusion.tolist(),
            "classes": [asdict(result) for result in self.evaluation.classes],
            "others": {name: rate.as_dict() for name, rate in self.others.items()},
            "untested": self.untested,
            "worst": [self._row(photo) for photo in self.evaluation.worst(WORST_PHOTOS)],
            "tested": [self._row(photo) for photo in self.evaluation.photos],
            "computed_twice": self.computed_twice,
            "mismatches": self.mismatches,
            "compared": self.compared,
            "copies": [asdict(copy) for copy in self.copies],
            "skipped": [f"{item.name}: {item.reason}" for item in self.skipped],
            "notes": list(self.notes),
        }

    def lines(self) -> Lines:
        """For a person."""
        count = f"{photographs(len(self.photos))}, {self.recordings} recordings"
        head = f"{self.head}: {count}."
        return [
            *self.notes,
            head,
            self._matrix(),
            *self._rates(),
            *self._worst(),
            *self._left_out(),
        ]

    def __repr__(self) -> str:
        return f"Tested({self.head}: right {self.accuracy})"

    def _row(self, photo: PhotoResult) -> dict[str, object]:
        shown = self.photos[photo.index]
        said = {"best_label": shown.said.best_label, "probabilities": shown.said.probabilities}
        return {"name": shown.name, "folder": shown.folder, **asdict(photo), **said}

    def _matrix(self) -> Table:
        """Whole where a terminal shows it, else with what was said most often in place of all."""
        names, said = [*self.labels[:-1], OTHER_THINGS], self.evaluation.confusion.tolist()
        results = list(zip(names, self.evaluation.classes, said, strict=True))
        first = [(name, result.support, _percent(result.recall)) for name, result, _ in results]
        whole = [(*row, *counts) for row, counts in zip(first, said, strict=True)]
        columns = (*_COLUMNS, *(f"said {label}" for label in self.labels))
        if _width(columns, whole) > TERMINAL_WIDTH:
            few = [(counts[-1], self._rivals(name, counts)) for name, _, counts in results]
            whole = [(*row, *rest) for row, rest in zip(first, few, strict=True)]
            columns = (*_COLUMNS, "unknown", "most often taken for")
        return Table(columns, [row for row in whole if row[1]])

    def _rivals(self, name: str, counts: Sequence[int]) -> str:
        wrong = Counter(dict(zip(self.labels[:-1], counts[:-1], strict=True)))
        del wrong[name]
        most = [f"{label} {count}" for label, count in wrong.most_common(RIVALS_SHOWN) if count]
        return ", ".join(most) or "–"

    def _rates(self) -> list[str]:
        named = [name for name in self.others if name != UNKNOWN]
        accepts = f"Other things taken for a class (false accepts): {self.false_accepts}."
        own = [
            f"Right: {self.accuracy}; by the best class alone, believed or not: {self.best_class}.",
            f"Of a class but called unknown (false rejects): {self.false_rejects}.",
        ]
        return [
            *(own if self.accuracy.of else []),
            accepts if self.others else NOTHING_ELSE,
            *([f"Other things, as no class is called so: {', '.join(named)}."] if named else []),
            *([f"Not shown: {', '.join(self.untested)}."] if self.untested else []),
            *([self._exactness()] if self.computed_twice else []),
        ]

    def _exactness(self) -> str:
        if not self.mismatches:
            return f"Board and computer gave the same scores for all {self.computed_twice}."
        return (
            f"Board and computer gave different scores for {len(self.mismatches)} of "
            f"{self.computed_twice}, such as {self.mismatches[0]}; run 'tinyteach verify'."
        )

    def _worst(self) -> list[str]:
        """A line each, which no terminal cuts as it would a table's."""
        lines = []
        for found in self.evaluation.worst(WORST_PHOTOS):
            shown = self.photos[found.index]
            truth = OTHER_THINGS if found.label == UNKNOWN else found.label
            lines.append(f"  {shown.name}: {truth}, and it said {shown.said.line()}")
        return ["The worst, those that are wrong and sure first:", *lines]

    def _left_out(self) -> list[str]:
        lines = [f"Skipped {line}" for line in grouped(self.skipped)]
        if self.copies:
            first, count = self.copies[0], photographs(len(self.copies))
            lines.append(
                f"Left out {count} that the project has, too, or a copy of them: {first.name} is "
                f"{first.of} there, for example."
            )
        return lines


_RATES = ("best_class", "false_rejects", "false_accepts")
_COLUMNS = ("shown", "photographs", "right")


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def _width(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> int:
    """How wide a table stands at least in a terminal: headers are broken between words."""
    heads = [max(map(len, column.split()), default=0) for column in columns]
    cells = [max((len(str(row[n])) for row in rows), default=0) for n in range(len(columns))]
    return 1 + sum(max(pair) + 3 for pair in zip(heads, cells, strict=True))
