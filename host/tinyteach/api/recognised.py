"""What was recognised, with the picture where there is one."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np

from tinyteach.api.notebook import bars_html, picture_html
from tinyteach.service.heads import recognised


@dataclass(frozen=True)
class Recognised(recognised.Recognised):
    """``label`` is the best class, or ``unknown`` where it is not believed.

    ``probability`` is that of ``best_label``, ``probabilities`` has all, 0 to 1; ``latency_ms``
    the board's milliseconds by stage, None where the computer computed; ``picture`` what was
    looked at (uint8 [N, N, 3] RGB), None for the camera's own view.
    """

    picture: np.ndarray | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, found: recognised.Recognised, picture: np.ndarray | None = None) -> Self:
        """The same, with its picture."""
        return cls(**vars(found), picture=picture)

    def as_dict(self) -> dict[str, object]:
        """As JSON has it, without the picture."""
        return {name: value for name, value in vars(self).items() if name != "picture"}

    def _repr_html_(self) -> str:
        shown = picture_html(self.picture) if self.picture is not None else ""
        return f"{shown}<p>{self.line()}</p>{bars_html(self.probabilities)}"
