"""What came of a deploy."""

from dataclasses import dataclass

from tinyteach.results import Lines, Sentence


class PutToWork(Sentence):
    """A head that was put to work."""

    problems: list[str]  # on rules that rest with this head

    def lines(self) -> Lines:
        """The sentence, and the problems."""
        return [self.sentence(), *self.problems]


@dataclass(frozen=True)
class Deployed(PutToWork):
    """A head put to work; ``deploy_s`` is from the first byte on the wire to live."""

    board: str
    fingerprint: str
    labels: list[str]
    deploy_bytes: int
    deploy_s: float
    threshold: float  # probability below which a best label is unknown; 0: none for that
    background: bool  # whether the head has a score for anything else
    problems: list[str]  # on rules that rest with this head

    def sentence(self) -> str:
        return (
            f"The board {self.board} recognises {', '.join(self.labels)} now: "
            f"{self.deploy_bytes} bytes sent, live after {self.deploy_s:.2f} s. "
            f"{self._about_unknown()}"
        )

    def _about_unknown(self) -> str:
        if not self.threshold:
            resembling = "What resembles none of them" if self.background else "Nothing"
            return f"{resembling} is called unknown."
        return f"What it is less than {self.threshold:.0%} sure of is unknown."
