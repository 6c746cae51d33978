"""What came of comparing a board with this computer, tensor by tensor."""

from dataclasses import dataclass

from tinyteach.results import Sentence
from tinyteach.service.heads.difference import Difference

DIFFER = (
    "Board and computer differ first in {difference} (seen with {view}; {kernels}). 'tinyteach "
    "pair' writes the agent anew; what differs after that, these kernels do wrong on this board."
)
AGREE = (
    "Board and computer agree in all {tensors} tensors, from preprocessing to the {end} (seen with "
    "{views}; {kernels})."
)
NOT_AT_WORK = (
    "Yet the board's head is not at work, because its self-test gave other scores than it should; "
    "run this with another photograph, or deploy the head again."
)
# Whose head is compared, and up to where.
AT_WORK, OF_BOARD, OF_PROJECT, NO_HEAD = "at work", "board", "project", "none"
ENDS = {
    AT_WORK: "scores",
    OF_BOARD: "scores",
    OF_PROJECT: "scores of the project's head, which it has not at work",
    NO_HEAD: "features; it has no head at work",
}


@dataclass(frozen=True)
class Compared(Sentence):
    """What came of it: of all ``views`` together there are ``tensors``, the last view may differ.

    ``head`` is the SHA-256 of the one compared in hex digits, None where there is none, and
    ``whose_head`` a key of `ENDS`; ``self_test_failed``: the board does not work with its head.
    """

    views: list[str]
    tensors: int
    kernels: str  # of the board, in words
    head: str | None
    whose_head: str
    self_test_failed: bool
    difference: Difference | None

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return self.difference is None and not self.self_test_failed

    def as_dict(self) -> dict[str, object]:
        """The fields, and whether nothing differs."""
        return {**super().as_dict(), "agrees": self.agrees}

    def sentence(self) -> str:
        if self.difference is not None:
            return DIFFER.format(
                difference=self.difference, view=self.views[-1], kernels=self.kernels
            )
        views, end = ", ".join(self.views), ENDS[self.whose_head]
        return AGREE.format(tensors=self.tensors, end=end, views=views, kernels=self.kernels)

    def lines(self) -> list[str]:
        """The sentence, and where it leaves a question open."""
        is_open = self.self_test_failed and self.difference is None
        return [self.sentence(), *([NOT_AT_WORK] if is_open else [])]
