"""Which cameras the photographs come from, and whether what one shows holds for the other."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tinyteach.coded import say
from tinyteach.head.fit.sources import Across
from tinyteach.head.report.advice import joined, photographs

NAMES = {"board": "the board's", "webcam": "the webcam's"}


@dataclass(frozen=True)
class Sources:
    """How many photographs are whose, and heads of one source tested on the other.

    ``sentences`` say it for a person, where a webcam took any.
    """

    photos: Mapping[str, int] = field(default_factory=dict)
    across: Sequence[Across] = ()

    @property
    def sentences(self) -> list[str]:
        webcam, all_of_them = self.photos.get("webcam", 0), sum(self.photos.values())
        if not webcam:
            return []
        share = say(
            "by-webcam",
            f"{photographs(webcam)} of {all_of_them} ({webcam / all_of_them:.0%}) "
            f"{'is' if webcam == 1 else 'are'} by a webcam.",
            **{"count": webcam, "all": all_of_them, "share": webcam / all_of_them},
        )
        return [share, *map(_about, self.across), *self._advice()]

    def _advice(self) -> list[str]:
        if not self.photos.get("board"):
            return [
                say(
                    "no-board-camera",
                    "The board's own camera sees things otherwise: record each class with it, "
                    "too; then the two are tested against each other.",
                )
            ]
        if not self.across:
            return [
                say(
                    "both-cameras",
                    "Record two classes or more with both cameras; then the two are tested "
                    "against each other.",
                )
            ]
        return []

    def as_dict(self) -> dict[str, Any]:
        """As report.json has it."""
        tested = [asdict(each) for each in self.across]
        return {"photos": dict(self.photos), "across": tested, "sentences": self.sentences}


def _about(across: Across) -> str:
    share = across.right / across.tested
    return say(
        "trained-on-board" if across.trained_on == "board" else "trained-on-webcam",
        f"Trained on {NAMES[across.trained_on]} {across.trained} of {joined(across.classes)} and "
        f"tested on {NAMES[across.tested_on]} {across.tested}: {share:.0%} right.",
        **{"trained": across.trained, "tested": across.tested, "share": share},
        labels=list(across.classes),
    )
