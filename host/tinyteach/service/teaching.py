"""Train, report, deploy, rollback."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tinyteach.device.client import BoardClient
from tinyteach.device.registry import find_board
from tinyteach.errors import BoardRefusedError, LinkError, ProjectError, TrainingError
from tinyteach.files import make_folder, read_json, write_atomically
from tinyteach.service.aftermath import surely
from tinyteach.service.boards import open_board
from tinyteach.service.embeddings import SHORT_DIGITS, check_board, project_embedding
from tinyteach.service.head_list import chosen_head
from tinyteach.service.known_photos import KnownPhotos
from tinyteach.service.projects import open_project
from tinyteach.service.recognition import SCORE_STEPS, threshold_steps
from tinyteach.service.rules import resting_rules
from tinyteach_protocol import messages

Progress = Callable[[str, int, int], None]
NOT_SWITCHED = "The head was not switched; 'tinyteach deploy' goes on where this stopped."
NOT_ROLLED_BACK = "The head was not switched; run 'tinyteach rollback' again."
NOT_KNOWN = "Whether the head was switched is not known; 'tinyteach info' says which is at work."


@dataclass(frozen=True)
class Trained:
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
    temperature: float  # that the logits were divided by
    advice: list[str]
    problems: list[str]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def lines(self) -> list[str]:
        """For a person."""
        learnt = f" and {self.learnt} examples from boards" if self.learnt else ""
        first = (
            f"Trained {len(self.classes)} classes on {self.photos} photographs{learnt} "
            f"in {self.train_s:.2f} s."
        )
        if self.accuracy is not None:
            first += f" {self.accuracy:.0%} right{_between(self.interval)}."
        first += f" {self.method}"
        size = f"The head has {self.head_bytes} bytes. Next: tinyteach deploy"
        unknown = [self.unknown] if self.unknown else []
        return [*self.problems, first, *unknown, *self.advice, size]


def train(
    folder: Path,
    seed: int,
    progress: Progress,
    embedding: Any = None,
    known: "KnownPhotos | None" = None,
) -> Trained:
    """Train a head on the project's photographs; head and report go into heads/.

    ``embedding`` is the project's own where none is given. ``known`` are photographs that were
    embedded before, by a front end that trains again and again; classes without photographs
    are left out then. TrainingError where nothing can be trained.
    """
    from tinyteach.head.train import train_source

    project = open_project(folder)
    start = time.perf_counter()
    photos = known if known is not None else _unknown_photos(project, embedding, seed)
    photos.look(project, progress)
    learnt, filled = learnt_features(project, photos)
    classes = filled if known is not None else project.classes()
    with _naming(photos.problems):
        trained = train_source(
            *(photos, photos.labels, photos.bursts, photos.embedding, photos.views_wanted),
            classes=classes,
            seed=seed,
            learnt=learnt,
            progress=progress,
        )
    train_s = time.perf_counter() - start
    report = _keep(project, trained, photos, learnt)
    return Trained(
        classes=list(trained.head.labels),
        photos=len(photos),
        learnt=len(learnt.labels),
        accuracy=trained.evaluation.accuracy,
        interval=report.interval,
        method=report.method,
        threshold=round(trained.rejection.probability, 4),
        false_rejects=trained.rejection.false_rejects,
        false_accepts=trained.rejection.false_accepts,
        unknown=trained.rejection.sentence(),
        train_s=round(train_s, 3),
        head_bytes=len(trained.head.content),
        fingerprint=trained.head.fingerprint.hex(),
        strength=trained.trial.strength,
        temperature=round(float(trained.trial.temperature), 4),
        advice=report.advice,
        problems=photos.problems,
    )


def learnt_features(project: Any, photos: KnownPhotos) -> tuple[Any, list[str]]:
    """What the project learnt from boards with the photographs' embedding, and its classes.

    Those that have a photograph or something learnt, in order. What is left out is told in the
    ``problems`` of ``photos``.
    """
    from tinyteach.data.learnt import list_learnt
    from tinyteach.head.examples import join_learnt

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


def _unknown_photos(project: Any, embedding: Any, seed: int) -> KnownPhotos:
    return KnownPhotos(embedding or project_embedding(project), seed)


def _keep(project: Any, trained: Any, photos: "KnownPhotos", learnt: Any) -> Any:
    """Head and report into heads/, once as the present ones and once into the history."""
    from tinyteach.data.head_history import keep_head
    from tinyteach.head.report import make_report

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
    )
    content = trained.head.content
    make_folder(project.heads_dir)
    write_atomically(project.head_path, content)
    files = {"head.tflite": content, "report.json": report.write(project.heads_dir)}
    keep_head(project, trained.head.fingerprint.hex(), files)
    return report


@contextmanager
def _naming(problems: list[str]) -> Iterator[None]:
    """Have a TrainingError name the photographs that could not be read, too."""
    try:
        yield
    except TrainingError as error:
        raise TrainingError(" ".join([str(error), *problems])) from error


_PHOTO = {"name": str, "label": str, "predicted": str, "probability": float}
# What is read of report.json, here and by the page.
REPORT = {
    **{"title": str, "method": str, "unknown": (str, None), "advice": [str], "labels": [str]},
    **{"accuracy": (float, None), "interval": ([float], None)},
    "classes": [
        {
            **{"label": str, "photos": int, "bursts": int},
            **{"precision": (float, None), "recall": (float, None)},
        }
    ],
    **{"confusion": [[int]], "worst": [_PHOTO], "tested": [_PHOTO]},
    "in_several_classes": ([[str]], None),
}


@dataclass(frozen=True)
class FoundReport:
    """The last training's report as it lies in heads/: ``data`` is report.json."""

    data: dict[str, Any]
    page: Path

    @property
    def title(self) -> str:
        accuracy = self.data["accuracy"]
        interval = _between(self.data.get("interval"))
        right = "" if accuracy is None else f": {accuracy:.0%} right{interval}"
        return f"{self.data['title']}{right}"

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """Per class: label, photographs, recordings, precision, recall."""
        return [
            (
                row["label"],
                row["photos"],
                row["bursts"],
                _percent(row["precision"]),
                _percent(row["recall"]),
            )
            for row in self.data["classes"]
        ]

    @property
    def lines(self) -> list[str]:
        unknown = [self.data["unknown"]] if self.data.get("unknown") else []
        return [self.data["method"], *unknown, *self.data["advice"], f"With pictures: {self.page}"]


def _between(interval: Sequence[float] | None) -> str:
    if not interval or len(interval) != 2:
        return ""
    return f" ({interval[0]:.0%} to {interval[1]:.0%})"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def load_report(folder: Path) -> FoundReport:
    """The last training's report; ProjectError where there is none yet."""
    project = open_project(folder)
    path = project.report_path("json")
    try:
        return FoundReport(read_json(path, REPORT), project.report_path("html"))
    except FileNotFoundError as error:
        raise ProjectError("There is no report yet; run 'tinyteach train' first.") from error
    except ValueError as error:
        raise ProjectError(f"{path} is damaged ({error}); run 'tinyteach train' again.") from error


@dataclass(frozen=True)
class Deployed:
    """A head put to work; ``deploy_s`` is from the first byte on the wire to live."""

    board: str
    fingerprint: str
    labels: list[str]
    deploy_bytes: int
    deploy_s: float
    threshold: float  # probability below which a best label is unknown; 0: none is
    problems: list[str]  # on rules that rest with this head

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def sentence(self) -> str:
        return (
            f"The board {self.board} recognises {', '.join(self.labels)} now: "
            f"{self.deploy_bytes} bytes sent, live after {self.deploy_s:.2f} s. "
            f"{self._about_unknown()}"
        )

    def _about_unknown(self) -> str:
        if not self.threshold:
            return "Nothing is called unknown."
        return f"What it is less than {self.threshold:.0%} sure of is unknown."


def deploy(
    folder: Path,
    board: str | None,
    progress: Progress,
    threshold: float | None = None,
    fingerprint: str | None = None,
) -> Deployed:
    """Put the project's head to work on the board, or one of its history.

    ``threshold``, a probability, takes the place of the one that training chose, in the head on
    the board and, once it is at work, in the project's, so that both say the same.
    """
    from tinyteach.head.head_file import with_threshold

    project = open_project(folder)
    head = chosen_head(project, fingerprint)
    if threshold is not None:
        head = with_threshold(head, threshold_steps(threshold))
    with open_board(board) as client:
        deployed = deploy_head(client, head, progress)
    if threshold is not None and fingerprint is None:
        write_atomically(project.head_path, head.content)
    return deployed


def deploy_head(client: BoardClient, head: Any, progress: Progress) -> Deployed:
    """Upload, check and activate; where that fails the old head stays at work, and this says so.

    A head for another embedding than the board's is refused before anything is sent.
    """
    check_board(client.info()["embedding"], head)
    start = time.perf_counter()
    try:
        sent = _upload_head(client, head, progress)
        _switch_head(client, head)
    except BoardRefusedError as error:
        raise BoardRefusedError(f"{error} {_kept(client)}", error.code) from error
    duration_s = time.perf_counter() - start
    known = find_board(client.board_id)
    return Deployed(
        known.name if known else client.board_id,
        head.fingerprint.hex(),
        list(head.labels),
        sent,
        round(duration_s, 4),
        round(head.threshold / SCORE_STEPS, 4),
        resting_rules(client, head.labels),
    )


def _upload_head(client: BoardClient, head: Any, progress: Progress) -> int:
    try:
        return client.upload(
            messages.HEAD, head.content, lambda done, total: progress("Deploying", done, total)
        )
    except LinkError as error:
        raise LinkError(f"{error} {NOT_SWITCHED}") from error


def _switch_head(client: BoardClient, head: Any) -> None:
    """COMMIT; where its answer is lost, the board says which head is at work."""
    at_work = surely(
        client,
        lambda: bytes(client.commit().fingerprint),
        lambda: _at_work(client, head.fingerprint),
        NOT_SWITCHED,
        NOT_KNOWN,
    )
    if at_work != head.fingerprint:
        raise LinkError("The board put another head to work than was sent; deploy it again.")


def _at_work(client: BoardClient, fingerprint: bytes) -> bytes | None:
    return fingerprint if client.info()["head"] == fingerprint else None


def _kept(client: BoardClient) -> str:
    """What the board still does after a refused deploy, in a sentence."""
    try:
        labels = client.info()["labels"]
    except (LinkError, BoardRefusedError):
        return "The head on the board was not switched."
    if not labels:
        return "The board has no working head yet."
    return f"The old head ({', '.join(labels)}) is still at work."


@dataclass(frozen=True)
class RolledBack:
    """The head that is at work again."""

    fingerprint: str
    labels: list[str]
    problems: list[str]  # on rules that rest with this head

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def sentence(self) -> str:
        digits = self.fingerprint[:SHORT_DIGITS]
        return f"The previous head ({digits}: {', '.join(self.labels)}) is at work again."


def rollback(board: str | None) -> RolledBack:
    """Put the board's previous head back to work."""
    with open_board(board) as client:
        return rollback_over(client)


def rollback_over(client: BoardClient) -> RolledBack:
    """`rollback` over a session that is open already."""
    previous = client.info()["previous_head"]

    def go_back() -> tuple[bytes, list[str]]:
        restored = client.rollback()
        return restored.fingerprint, restored.labels

    def found() -> tuple[bytes, list[str]] | None:
        info = client.info()
        return (previous, info["labels"]) if previous and info["head"] == previous else None

    fingerprint, labels = surely(client, go_back, found, NOT_ROLLED_BACK, NOT_KNOWN)
    return RolledBack(fingerprint.hex(), labels, resting_rules(client, labels))
