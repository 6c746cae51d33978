"""Train and report."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tinyteach.data.head_history import keep_head
from tinyteach.data.learnt import list_learnt
from tinyteach.data.photo_index import WEBCAM
from tinyteach.data.photos import BOARD, SOURCES, list_all
from tinyteach.data.project import Project
from tinyteach.device.registry import find_board
from tinyteach.embedding.runtime import Embedding
from tinyteach.errors import ProjectError, TrainingError
from tinyteach.files import read_json
from tinyteach.head.fit.classes import check_classes
from tinyteach.head.fit.outlook import Outlook, look_ahead
from tinyteach.head.fit.sources import across_sources
from tinyteach.head.fit.train import TrainedHead, train_source
from tinyteach.head.format.examples import Learnt, join_learnt
from tinyteach.head.report.advice import photographs
from tinyteach.head.report.report import Report, make_report
from tinyteach.head.report.sources import Sources
from tinyteach.progress import Progress
from tinyteach.results import JsonResult, Lines, Table
from tinyteach.service.heads.looks_in_report import cells_of
from tinyteach.service.heads.trainable import to_train
from tinyteach.service.photos.known_photos import KnownPhotos
from tinyteach.service.projects.counting import COUNTED_BY_LOOKS
from tinyteach.service.projects.embeddings import SHORT_DIGITS, project_embedding
from tinyteach.service.projects.keeping import check_keeps_head
from tinyteach.service.projects.opening import open_project, reported_project
from tinyteach.service.words.values import check_seed, check_view


@dataclass(frozen=True)
class Trained(JsonResult):
    """What training gave. ``accuracy`` is None where nothing could be held back to test on."""

    classes: list[str]
    photos: int
    learnt: int  # features from a board, in place of photographs
    accuracy: float | None
    interval: tuple[float, float] | None  # that holds the accuracy with 95 % probability
    method: str
    threshold: float  # probability below which a view is unknown
    false_rejects: float | None
    false_accepts: dict[str, float]
    unknown: str  # the three in a sentence
    train_s: float
    head_bytes: int
    fingerprint: str
    strength: float  # of regularisation: scikit-learn's C
    preprocessing: str  # of the views: "square" or "stretched"
    temperature: float  # that the logits were divided by
    novelty_gain: float  # by how much what is unlike all photographs is unknown
    unknown_offset: float  # and what the logit of anything else was raised by
    enough: list[str]  # have I done enough? One sentence each
    advice: list[str]
    problems: list[str]

    def lines(self) -> list[str]:
        """For a person."""
        learnt = f" and {self.learnt} examples from boards" if self.learnt else ""
        first = (
            f"Trained {len(self.classes)} class{'' if len(self.classes) == 1 else 'es'} on "
            f"{photographs(self.photos)}{learnt} "
            f"in {self.train_s:.2f} s."
        )
        if self.accuracy is not None:
            first += f" {self.accuracy:.0%} right{_between(self.interval)}."
        first += f" {self.method}"
        size = f"The head has {self.head_bytes} bytes. Next: tinyteach deploy"
        unknown = [self.unknown] if self.unknown else []
        return [*self.problems, first, *unknown, *self.enough, *self.advice, size]


def train(
    folder: Path,
    seed: int,
    progress: Progress,
    embedding: Embedding | None = None,
    known: KnownPhotos | None = None,
    preprocessing: str | None = None,
) -> Trained:
    """Train a head on the project's photographs; head and report go into heads/.

    ``embedding`` is the project's own where none is given. ``known`` are photographs that were
    embedded before, by a front end that trains again and again; classes without photographs
    are left out then. ``preprocessing`` is one of embedding/preprocessing.py, by default that of
    the cameras that took the photographs. TrainingError where nothing can be trained.
    """
    check_seed(seed)
    check_view(preprocessing)
    project = open_project(folder)
    check_keeps_head(project)
    start = time.perf_counter()
    photos = known
    if photos is None:
        _check_classes(project)  # before the embedding and a photograph are read
        photos = KnownPhotos(embedding or project_embedding(project), seed, preprocessing)
    photos.look(project, progress)
    learnt, filled = learnt_features(project, photos)
    classes = filled if known is not None else to_train(project, filled)
    with _naming(photos.problems):
        trained = train_source(
            *(photos, photos.labels, photos.bursts, photos.embedding),
            classes=classes,
            seed=seed,
            learnt=learnt,
            progress=progress,
            preprocessing=photos.preprocessing,
        )
    train_s = time.perf_counter() - start
    progress("advise", 0, 1)
    bursts = [*photos.bursts, *learnt.bursts]
    outlook = look_ahead(trained.samples, trained.evaluation, bursts, seed)
    report = _keep(project, trained, photos, learnt, outlook)
    photos.keep(project)
    rejection, head = trained.rejection, trained.head
    return Trained(
        classes=list(head.labels),
        photos=len(photos),
        learnt=len(learnt.labels),
        accuracy=trained.evaluation.accuracy,
        interval=report.interval,
        method=report.method,
        threshold=round(rejection.probability, 4),
        false_rejects=rejection.false_rejects,
        false_accepts=rejection.false_accepts,
        unknown=rejection.sentence(),
        train_s=round(train_s, 3),
        head_bytes=len(head.content),
        fingerprint=head.fingerprint.hex(),
        strength=trained.trial.strength,
        preprocessing=head.preprocessing,
        temperature=round(float(trained.trial.temperature), 4),
        novelty_gain=trained.trial.balance.gain,
        unknown_offset=trained.trial.balance.offset,
        enough=[*report.enough.sentences, *report.sources.sentences],
        advice=report.advice,
        problems=photos.problems,
    )


def _check_classes(project: Project) -> None:
    """TrainingError where no head can be made of the classes, by the files that there are."""
    listing, (learnt, damaged) = list_all(project), list_learnt(project)
    labels = [photo.class_name for photo in listing.photos]
    labels += [file.class_name for file in learnt]
    with _naming([*listing.problems, *damaged]):
        check_classes(labels, to_train(project, labels))


def learnt_features(project: Project, photos: KnownPhotos) -> tuple[Learnt, list[str]]:
    """What the project learnt from boards with the photographs' embedding, and its classes.

    Those that have a photograph or something learnt, in order. What is left out is told in the
    ``problems`` of ``photos``.
    """
    files, damaged = list_learnt(project)
    photos.problems += damaged
    made_by = (photos.embedding.fingerprint, photos.embedding.features)
    fitting = [f for f in files if (f.embedding, f.features.shape[1]) == made_by]
    left = {file.class_name for file in files} - {file.class_name for file in fitting}
    if left:
        photos.problems.append(
            f"What boards learnt of {', '.join(sorted(left))} is left out: it was made with "
            "another embedding; pull again from a board that has the project's."
        )
    learnt = join_learnt([(f.class_name, f.features) for f in fitting], photos.embedding.features)
    filled = {*photos.labels, *learnt.labels}
    return learnt, [name for name in project.classes() if name in filled]


def _keep(
    project: Project,
    trained: TrainedHead,
    photos: KnownPhotos,
    learnt: Learnt,
    outlook: Outlook,
) -> Report:
    """Head and report into heads/, once as the present ones and once into the history."""
    report = make_report(
        trained.evaluation,
        photos.squares,
        [*photos.labels, *learnt.labels],
        [*photos.bursts, *learnt.bursts],
        title=project.name,
        names=photos.ids,
        timings=trained.timings,
        rejection=trained.rejection,
        in_several_classes=photos.in_several_classes,
        unaided=trained.trial.unaided,
        cells_of=cells_of(photos.embedding, trained.trial, photos),
        copies=photos.copies,
        outlook=outlook,
        about=_about(trained, photos),
        sources=_sources(trained, photos, learnt),
    )
    content, reported = trained.head.content, report.files()
    # The head comes last: it is at work once its report is there.
    present = {project.heads_dir / name: data for name, data in reported.items()}
    present[project.head_path] = content
    files = {"head.tflite": content, "report.json": reported["report.json"]}
    keep_head(project, trained.head.fingerprint.hex(), files, present)
    return report


def _sources(trained: TrainedHead, photos: KnownPhotos, learnt: Learnt) -> Sources:
    """Whose the photographs are; what a board learnt without any is the board's."""
    counts = {source: photos.sources.count(source) for source in SOURCES}
    of_all = [*photos.sources, *[BOARD] * len(learnt.labels)]
    across = across_sources(trained.samples, of_all, (BOARD, WEBCAM), trained.trial.strength)
    return Sources(counts, across)


def _about(trained: TrainedHead, photos: KnownPhotos) -> list[tuple[str, str]]:
    """When, which head, and the boards whose photographs it is made of, and the webcam's share."""
    boards = [_board_name(board_id) for board_id in photos.boards]
    if webcam := photos.sources.count(WEBCAM):
        boards.append(f"a webcam ({webcam} of {len(photos)}, {webcam / len(photos):.0%})")
    return [
        ("Trained", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"),
        ("Head", trained.head.fingerprint.hex()[:SHORT_DIGITS]),
        *([("Photographs by", ", ".join(boards))] if boards else []),
    ]


def _board_name(board_id: str) -> str:
    known = find_board(board_id)
    return known.name if known else board_id


@contextmanager
def _naming(problems: list[str]) -> Iterator[None]:
    """Have a TrainingError name the photographs that could not be read, too."""
    try:
        yield
    except TrainingError as error:
        raise TrainingError(" ".join([str(error), *problems])) from error


_PHOTO = {"name": str, "label": str, "predicted": str, "probability": float}
_ENOUGH = {
    "forecast": [{"more": int, "accuracy": float, "low": float, "high": float}],
    "next_class": (
        {
            **{"label": str, "rival": str, "photo": str, "rival_photo": str},
            **{"missed": int, "taken": int, "tested": int},
        },
        None,
    ),
    "copies": [[str]],
    "mislabelled": [{"name": str, "label": str, "likely": str, "probability": float}],
    **{"one_background": [str], "sentences": [str]},
}
# What is read of report.json, here and by the page.
REPORT = {
    **{"title": str, "method": str, "unknown": (str, None), "advice": [str], "labels": [str]},
    **{"accuracy": (float, None), "interval": ([float], None)},
    "classes": [
        {
            **{"label": str, "photos": int, "recordings": int},
            **{"precision": (float, None), "recall": (float, None)},
        }
    ],
    **{"confusion": [[int]], "worst": [_PHOTO | {"cells": ([[float]], None)}], "tested": [_PHOTO]},
    "in_several_classes": ([[str]], None),
    **{"enough": (_ENOUGH, None), "sources": ({"sentences": [str]}, None)},
}


CLASS_COLUMNS = ("class", "photographs", "recordings", "precision", "recall")


@dataclass(frozen=True)
class FoundReport:
    """The last training's report as it lies in heads/: ``data`` is report.json."""

    data: dict[str, Any]
    page: Path

    def as_dict(self) -> dict[str, object]:
        """As it lies there."""
        return self.data

    @property
    def enough(self) -> list[str]:
        """Have I done enough? One sentence each; none where an earlier TinyTeach trained."""
        said = [self.data.get(part) or {} for part in ("enough", "sources")]
        return [sentence for each in said for sentence in each.get("sentences", [])]

    @property
    def title(self) -> str:
        accuracy = self.data.get("accuracy")
        interval = _between(self.data.get("interval"))
        right = "" if accuracy is None else f": {accuracy:.0%} right{interval}"
        return f"{self.data['title']}{right}"

    @property
    def rows(self) -> list[tuple[str | int, ...]]:
        """Per class: label, photographs, recordings, precision, recall."""
        return [
            (
                row["label"],
                row["photos"],
                row["recordings"],
                _percent(row.get("precision")),
                _percent(row.get("recall")),
            )
            for row in self.data["classes"]
        ]

    def lines(self) -> Lines:
        """For a person."""
        unknown = [self.data["unknown"]] if self.data.get("unknown") else []
        return [
            Table(CLASS_COLUMNS, self.rows, self.title),
            COUNTED_BY_LOOKS,
            self.data["method"],
            *unknown,
            *self.enough,
            *self.data["advice"],
            f"With pictures: {self.page}",
        ]


def _between(interval: Sequence[float] | None) -> str:
    if not interval or len(interval) != 2:
        return ""
    return f" ({interval[0]:.0%} to {interval[1]:.0%})"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def load_report(folder: Path) -> FoundReport:
    """The last training's report; ProjectError where there is none yet."""
    project = reported_project(folder)
    path = project.report_path("json")
    try:
        return FoundReport(read_json(path, REPORT), project.report_path("html"))
    except ValueError as error:
        raise ProjectError(f"{path} is damaged ({error}); run 'tinyteach train' again.") from error
