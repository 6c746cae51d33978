"""From which probability a label is believed: each head's own, or what the slider says."""

from dataclasses import replace

from tinyteach.head.format.rejection import STEPS
from tinyteach.service.boards.overview import BoardOverview
from tinyteach.service.boards.sessions import Session, agent_of
from tinyteach.service.heads.recognition import set_threshold, threshold_steps
from tinyteach.workbench.bench import Bench
from tinyteach.workbench.smoothing import Judging
from tinyteach.workbench.views import PreviewHead


class Thresholds:
    """Both heads', while a page moves one slider for the two."""

    def __init__(self, bench: Bench, preview: PreviewHead) -> None:
        self._bench, self._preview = bench, preview

    def set(self, probability: float) -> None:
        """From which probability a label is believed, here and on the board, at once."""
        threshold_steps(probability)  # what is no probability is refused before anything is set
        self._preview.threshold = probability
        self._bench.tell_preview()
        overview = self._bench.board.overview
        if isinstance(overview, BoardOverview) and overview.info.labels:
            self._bench.board.do(lambda client: self._on_board(client, probability)).result()

    def _on_board(self, client: Session, probability: float) -> None:
        overview = self._bench.board.overview
        set_threshold(agent_of(client), probability)
        if isinstance(overview, BoardOverview):
            info = replace(overview.info, threshold=threshold_steps(probability))
            self._bench.board.know(replace(overview, info=info))

    def forget(self) -> None:
        """Heads bring their own threshold."""
        self._preview.threshold = None
        self._bench.tell_preview()

    def judging(self) -> Judging:
        """What is believed of each head now."""
        head, overview = self._preview.head, self._bench.board.overview
        moved = self._preview.threshold
        host = head.threshold / STEPS if head and moved is None else moved or 0.0
        if isinstance(overview, BoardOverview):
            return Judging(overview.info.threshold / STEPS, host, self._bench.rules.weight)
        if overview and moved is None:
            return Judging(overview.info.threshold_percent / 100, host)
        return Judging(moved or 0.0, host)
