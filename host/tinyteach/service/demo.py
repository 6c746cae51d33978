"""The whole job on photographs: pair, record, train, deploy, recognise, measure."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from tinyteach.board_facts import STAGES
from tinyteach.data.photos import save_burst
from tinyteach.data.project import Project
from tinyteach.device.wire.client import BoardClient
from tinyteach.embedding.preprocess import expand
from tinyteach.embedding.threads import one_blas_thread
from tinyteach.head.format.rejection import UNKNOWN
from tinyteach.progress import Progress
from tinyteach.results import JsonResult, Lines, Table
from tinyteach.service.boards import finding
from tinyteach.service.boards import opening as boards
from tinyteach.service.boards.virtual_boards import virtual_board
from tinyteach.service.heads.deployed import Deployed
from tinyteach.service.heads.deploying import deploy_head
from tinyteach.service.heads.recognition import Reference, interpret_message, trained_head
from tinyteach.service.heads.training import Trained, train
from tinyteach.service.photos.bench_photos import Squares, training_and_held_out
from tinyteach.service.photos.recording import record, start_recording
from tinyteach.service.projects.embeddings import name_of, project_embedding
from tinyteach.service.projects.opening import create_project
from tinyteach_protocol import messages
from tinyteach_protocol.messages import Message

Tell = Callable[[str], None]
BURST_PHOTOS = 10
EXAMPLES_SHOWN = 3


@dataclass
class Measured(JsonResult):
    """What a run of the demo measured."""

    classes: list[str]
    photos_per_class: int
    held_out: int = 0
    train_s: float = 0.0
    deploy_s: float = 0.0
    deploy_bytes: int = 0
    accuracy: float = 0.0
    called_unknown: float = 0.0
    mismatches: int = 0
    latency_ms: dict[str, dict[str, float]] = field(default_factory=dict)
    heap_peak_bytes: int = 0
    micropython: str = ""

    def lines(self) -> Lines:
        """For a person."""
        latency = [
            (f"latency, {stage}", f"{spread['p50']:.2f} ms (p95 {spread['p95']:.2f} ms)")
            for stage, spread in self.latency_ms.items()
        ]
        rows = [
            ("classes", ", ".join(self.classes)),
            ("photographs a class", str(self.photos_per_class)),
            ("trained and verified in", f"{self.train_s:.2f} s"),
            ("deployed in", f"{self.deploy_s:.3f} s, {self.deploy_bytes} bytes"),
            ("right", f"{self.accuracy:.1%} of {self.held_out} photographs not trained on"),
            ("called unknown", f"{self.called_unknown:.1%} of them"),
            ("board against host", f"{self.mismatches} mismatches"),
            *latency,
            ("agent's heap, at most", f"{self.heap_peak_bytes} bytes"),
            ("MicroPython", self.micropython),
        ]
        return [Table(("", ""), rows, "What was measured")]


def run_demo(
    photos: Path | None,
    per_class: int,
    held_out: int,
    arch: str | None,
    board: str | None,
    tell: Tell,
    progress: Progress,
    embedding: str | None = None,
) -> Measured:
    """Run the job and measure it; on a virtual board of its own unless ``board`` is named.

    ``embedding`` is a name or a file; with None it is the board's, if that ships.
    """
    training, others = training_and_held_out(photos, per_class, held_out, tell=tell)
    with ExitStack() as stack:
        stack.enter_context(one_blas_thread())
        stage = stack.enter_context(_stage(board, arch, embedding, tell, progress))
        folder = Path(stack.enter_context(TemporaryDirectory())) / "demo"
        client = stack.enter_context(boards.open_board(stage.port))
        project = create_project(folder, embedding or name_of(client.info().embedding))
        job = _Job(project, client, stage, tell, progress)
        job.record_all(training)
        trained, deployed = job.train_and_deploy()
        measured = Measured(list(training), per_class, **job.recognise_all(others))
        info = client.info()
    measured.train_s, measured.deploy_s = trained.train_s, deployed.deploy_s
    measured.deploy_bytes = deployed.deploy_bytes
    measured.heap_peak_bytes = info.heap_peak
    measured.micropython = f"{info.micropython} ({info.arch})"
    return measured


@dataclass(frozen=True)
class _Stage:
    """A board, and a way to put a photograph before its camera, None where there is none."""

    port: str
    show: Callable[[np.ndarray], None] | None

    def look(self, client: BoardClient, square: np.ndarray) -> np.ndarray:
        """Have the board see ``square``; what of it its model was given (uint8 [N, N, 3])."""
        if self.show is None:
            client.send_image(square.tobytes(), square.shape[0], messages.RGB888)
            return square
        self.show(square)
        taken, pixels = client.grab()
        return expand(pixels, taken.width, taken.height, taken.pixel_format)

    @property
    def source(self) -> int:
        """RUN's source for what `look` has shown."""
        return messages.SOURCE_IMAGE if self.show is None else messages.SOURCE_FRAME


@contextmanager
def _stage(
    board: str | None, arch: str | None, embedding: str | None, tell: Tell, progress: Progress
) -> Iterator[_Stage]:
    if board is not None:
        yield _Stage(finding.resolve_port(board), None)
        return
    with virtual_board(arch) as virtual:
        tell(f"Started a virtual board on {virtual.port} (MicroPython for {virtual.arch}).")
        paired = boards.pair_for_now(virtual.port, progress, embedding)
        tell(f"Paired it: {len(paired.written)} files written to its flash.")
        yield _Stage(virtual.port, virtual.show)


@dataclass(frozen=True)
class _Job:
    """The steps, over one open session."""

    project: Project
    client: BoardClient
    stage: _Stage
    tell: Tell
    progress: Progress

    def record_all(self, training: Squares) -> None:
        for name, squares in training.items():
            self.project.add_class(name)
            for start in range(0, len(squares), BURST_PHOTOS):
                self._record(name, squares[start : start + BURST_PHOTOS])
                self.progress(f"Recording {name}", start, len(squares))
            self.tell(f"Recorded {len(squares)} photographs of {name}.")

    def _record(self, name: str, views: list[np.ndarray]) -> None:
        show, waiting = self.stage.show, iter(views)
        if show is None:
            save_burst(self.project, name, views)
            return
        recording = start_recording(self.project, self.client, name)
        record(self.client, recording, len(views), before_each=lambda: show(next(waiting)))

    def train_and_deploy(self) -> tuple[Trained, Deployed]:
        trained = train(self.project.root, seed=0, progress=self.progress)
        self.tell(trained.lines()[0])
        deployed = deploy_head(self.client, trained_head(self.project), self.progress)
        self.tell(deployed.sentence())
        return trained, deployed

    def recognise_all(self, others: Squares) -> dict[str, Any]:
        """What is `Measured` of photographs that were not trained on."""
        reference = Reference(project_embedding(self.project), trained_head(self.project))
        shown = [(name, square) for name, squares in others.items() for square in squares]
        durations: dict[str, list[float]] = {name: [] for name in STAGES}
        right = unknown = mismatches = 0
        for number, (name, square) in enumerate(shown):
            seen = self.stage.look(self.client, square)
            answer = self.client.run(self.stage.source)
            mismatches += _differs(answer, reference, seen)
            result = interpret_message(reference.head.labels, answer)
            right += result.best_label == name
            unknown += result.label == UNKNOWN
            for stage, duration_ms in (result.latency_ms or {}).items():
                durations[stage].append(duration_ms)
            if number % max(1, len(shown) // len(others)) < EXAMPLES_SHOWN:
                self.tell(f"Showed it {name}: it says {result.line()}")
            self.progress("Recognising", number + 1, len(shown))
        return {
            "held_out": len(shown),
            "accuracy": round(right / len(shown), 4),
            "called_unknown": round(unknown / len(shown), 4),
            "mismatches": mismatches,
            "latency_ms": {name: _spread(values) for name, values in durations.items()},
        }


def _differs(answer: Message, reference: Reference, square: np.ndarray) -> bool:
    """Whether any stage's result is not, byte for byte, the host's."""
    expected = (
        zlib.crc32(reference.tensor(square).tobytes()),
        zlib.crc32(reference.features(square).tobytes()),
        reference.scores(square).tobytes(),
    )
    return (answer.tensor_crc32, answer.features_crc32, answer.scores) != expected


def _spread(values: list[float]) -> dict[str, float]:
    p50, p95 = np.percentile(values, [50, 95])
    return {"p50": round(float(p50), 3), "p95": round(float(p95), 3)}
