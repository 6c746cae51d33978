"""Whether enough was done: what more photographs would bring, of which class, what is odd."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyteach.embedding.threads import one_blas_thread
from tinyteach.head.fit.background_alone import background_alone
from tinyteach.head.fit.evaluation import Evaluation
from tinyteach.head.fit.learning_curve import LearningCurve, learning_curve
from tinyteach.head.fit.mislabelled import Doubt, mislabelled
from tinyteach.head.fit.related import Related, related
from tinyteach.head.fit.samples import Samples


@dataclass(frozen=True)
class NextClass:
    """The class that fares worst and its nearest rival, with a photograph of each as they meet.

    ``photo`` and ``rival_photo`` are places among all given. Of ``tested`` photographs ``missed``
    were taken for others, ``taken`` of those for the rival.
    """

    label: str
    rival: str
    missed: int
    taken: int
    tested: int
    photo: int
    rival_photo: int


@dataclass(frozen=True)
class Outlook:
    """What a training can say of photographs still to be taken, and of odd ones."""

    curve: LearningCurve | None = None
    next_class: NextClass | None = None
    mislabelled: Sequence[Doubt] = ()
    one_background: Sequence[str] = ()


def look_ahead(
    samples: Samples, evaluation: Evaluation, bursts: Sequence[str], seed: int = 0
) -> Outlook:
    """The outlook of ``samples`` whose test was ``evaluation``; ``bursts`` are all photographs'."""
    with one_blas_thread():
        photos = related(samples, bursts)
        return Outlook(
            learning_curve(photos, seed),
            _next_class(photos, evaluation),
            mislabelled(evaluation),
            background_alone(samples, bursts, seed),
        )


def _next_class(photos: Related, evaluation: Evaluation) -> NextClass | None:
    """None where no photograph was taken for another class."""
    mistakes = evaluation.confusion - np.diag(np.diag(evaluation.confusion))
    if not mistakes.any():
        return None
    tested = evaluation.confusion.sum(axis=1)
    worst = int((mistakes.sum(axis=1) / np.maximum(tested, 1)).argmax())
    rival = int(mistakes[worst].argmax())
    missed = [p for p in evaluation.photos if p.label == evaluation.labels[worst] and not p.correct]
    shown = [p for p in missed if p.predicted == evaluation.labels[rival]]
    photo = max(shown, key=lambda p: p.probability).index
    return NextClass(
        *(evaluation.labels[worst], evaluation.labels[rival]),
        *(int(mistakes[worst].sum()), int(mistakes[worst, rival]), int(tested[worst])),
        *(photo, _nearest(photos, photo, rival)),
    )


def _nearest(photos: Related, photo: int, rival: int) -> int:
    """The rival's photograph that most resembles one, among those related."""
    of_rival = np.flatnonzero(photos.targets == rival)
    place: NDArray[np.intp] = np.flatnonzero(photos.indices == photo)
    if not len(place):  # thinned out
        return int(photos.indices[of_rival[0]])
    return int(photos.indices[of_rival[photos.apart()[place[0], of_rival].argmin()]])
