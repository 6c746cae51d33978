"""What a long run does to a board, how that stands after each part, and whether it is flat."""

import itertools
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from alone import Shown, set_up
from fat_image import FatImage
from flashes import make_paired
from gauges import Gauges, Heap, Wear, gauged
from little_embedding import little_embedding
from paired import deploy, make_head, views_of
from power_cuts import files_on
from tinyteach.device.wire.client import BoardClient
from tinyteach.device.wire.rules import RuleFile, Settings
from tinyteach.embedding.runtime import open_embedding
from tinyteach.service.boards.rules import write_rules
from tinyteach.virtual.board import VirtualBoard
from tinyteach.virtual.processor_time import processor_clock
from tinyteach_protocol import messages
from trained import train_head

ARCH, SIDE = "i386", 64
LITTLEFS, FAT = FILE_SYSTEMS = ("littlefs", "fat")
RULE = ("cat for 2 frames", "pin 21 high", None, 0)
SHOTS, HELD = 3, 6  # frames of a taught class; such classes that a head has at once
KEPT = 8  # views that stay on the flash
CHUNK = 50  # frames whose processor time is one figure
# What is flat: by how much the line through all parts may rise from the first to the last.
HEAP_BYTES, PIECE_BYTES = 1024, 2048
TIME, ERASURES = 0.3, 0.25  # of the mean


@dataclass(frozen=True)
class Part:
    """``count`` of ``what``, and how the board stood after them; figures of one are medians."""

    what: str
    count: int
    ms: float  # of the board's own processor
    erasures: float
    written: float  # bytes
    heap: Heap


@dataclass
class LongRun:
    """What came of it on one file system; ``wear`` by what was done."""

    file_system: str
    blocks: int
    parts: list[Part] = field(default_factory=list)
    wear: dict[str, Wear] = field(default_factory=dict)

    def of(self, what: str) -> list[Part]:
        return [part for part in self.parts if part.what == what]

    def faults(self) -> list[str]:
        """A clause for each figure that is not flat."""
        return [
            f"{self.file_system}, {what}: {fault}"
            for what in dict.fromkeys(part.what for part in self.parts)
            for fault in faults_of(self.of(what))
        ]


def faults_of(parts: list[Part]) -> list[str]:
    """The same of one thing that was done."""
    used, largest = ([getattr(part.heap, name) for part in parts] for name in ("used", "largest"))
    time_ms, erasures = ([getattr(part, name) for part in parts] for name in ("ms", "erasures"))
    found = {
        f"heap in use {rise(used):+.0f} bytes": rise(used) > HEAP_BYTES,
        f"largest free piece {rise(largest):+.0f} bytes": rise(largest) < -PIECE_BYTES,
        f"processor time {share(time_ms):+.0%}": share(time_ms) > TIME,
        f"erasures {share(erasures):+.0%}": share(erasures) > ERASURES,
    }
    return [fault for fault, is_one in found.items() if is_one]


def rise(values: list[float]) -> float:
    """From the first to the last, by the line of Theil and Sen, which no outlier moves."""
    if len(values) < 2:
        return 0.0
    from scipy.stats import theilslopes

    return float(theilslopes(values).slope) * (len(values) - 1)


def share(values: list[float]) -> float:
    """The same of the mean."""
    mean = statistics.fmean(values)
    return rise(values) / mean if mean else 0.0


class Bench:
    """One board that is put through it."""

    def __init__(self, board: VirtualBoard, gauges: Gauges, files: Callable, heads: list) -> None:
        self._board, self._gauges, self._files, self._heads = board, gauges, files, heads
        objects = [view for name in ("cat", "coffee") for view in views_of(name, 1, side=96)]
        self._things = Shown([view for view in objects for _ in range(20)])
        self._turn, self._taught = itertools.count(), list[str]()
        self._clock = processor_clock(board.port)

    def begin(self, what: str) -> None:
        """Head and rules as it begins with; classes, until each one more is one fewer."""
        self._board.show_source(self._things)
        set_up(self._board, self._heads[2 if what == VIEWS else 0], RULE, interval_ms=0)
        self._taught.clear()
        if what == CLASSES:
            self.classes(HELD)

    def timed(self, one: Callable[[], object]) -> float:
        """Milliseconds of the board's processor."""
        before = self._clock()
        one()
        return (self._clock() - before) / 1e6

    def frames(self, count: int) -> tuple[int, list[float], Heap]:
        """As many views without a host; heap as it stands among them."""
        seen, times = self._things.count, []
        for _ in range(max(1, count // CHUNK)):
            before = self._things.count
            took = self.timed(lambda: self._things.wait(min(CHUNK, count)))
            times.append(took / (self._things.count - before))
        return self._things.count - seen, times, self._gauges.heap()

    def deploys(self, count: int) -> tuple[int, list[float], Heap]:
        """Two heads in turn."""
        with BoardClient(self._board.port) as client:
            turns = [self._heads[next(self._turn) % 2] for _ in range(count)]
            times = [self.timed(lambda head=head: deploy(client, head)) for head in turns]
            return count, times, self._heap_of(client)

    def classes(self, count: int) -> tuple[int, list[float], Heap]:
        """Another class each time; of those before the last few stay."""
        with BoardClient(self._board.port) as client:
            times = [self.timed(lambda: self._teach(client)) for _ in range(count)]
            return count, times, self._heap_of(client)

    def _teach(self, client: BoardClient) -> None:
        label = f"thing {next(self._turn)}"
        client.teach(messages.TEACH_BEGIN, label)
        for _ in range(SHOTS):
            client.teach(messages.TEACH_FRAME)
        client.teach(messages.TEACH_LEARN)
        self._taught.append(label)
        if len(self._taught) > HELD:
            client.teach(messages.TEACH_FORGET, self._taught.pop(0))

    def kept(self, count: int) -> tuple[int, list[float], Heap]:
        """Views that the head is not sure of, which stay on the flash, the last few of them."""
        before = self._last_kept()
        self._write(Settings(interval_ms=0, keep=KEPT, keep_s=0))
        took = self.timed(lambda: self._things.wait(count))
        heap = self._gauges.heap()
        self._write(Settings(interval_ms=60_000))
        stored = self._last_kept() - before
        return stored, [took / max(stored, 1)], heap

    def _last_kept(self) -> int:
        """The number of the view that was kept last; they are counted from 0."""
        kept = [name.rpartition("/")[2] for name in self._files() if "/kept/" in f"/{name}"]
        return max((int(name) for name in kept), default=-1)

    def _write(self, settings: Settings) -> None:
        with BoardClient(self._board.port) as client:
            write_rules(client, RuleFile(settings))

    def _heap_of(self, client: BoardClient) -> Heap:
        return self._gauges.heap(lambda: client.grab(messages.GRAB_MODEL))


# What is done, and how it begins.
FRAMES, DEPLOYS, CLASSES, VIEWS = "frames", "deploys", "classes taught", "views kept"
WAYS: dict[str, Callable[[Bench, int], tuple[int, list[float], Heap]]] = {
    FRAMES: Bench.frames,
    DEPLOYS: Bench.deploys,
    CLASSES: Bench.classes,
    VIEWS: Bench.kept,
}


def unsure_head(embedding):
    """One to which two classes are the same."""
    views = views_of("cat", 6)
    labels = ["cat"] * len(views) + ["dog"] * len(views)
    return train_head(views * 2, labels, list(map(str, range(len(labels)))), embedding).head


@contextmanager
def bench_with(file_system: str) -> Iterator[tuple[Bench, Gauges, int]]:
    """A paired board with its gauges, and how many blocks its flash has."""
    with tempfile.TemporaryDirectory() as name:
        folder, content = Path(name), little_embedding(SIDE)
        embedding = open_embedding(content)
        heads = [make_head("cat", other, embedding=embedding) for other in ("coffee", "rocket")]
        heads.append(unsure_head(embedding))
        flash = make_paired(ARCH, folder / "flash", content, file_system=file_system)
        with (
            gauged(folder / "gauges") as gauges,
            VirtualBoard(ARCH, flash, file_system=file_system) as board,
        ):
            size = board.flash.size_bytes
            read = (lambda image: FatImage(image).files) if file_system == FAT else files_on
            yield Bench(board, gauges, lambda: read(flash.read_bytes()[:size]), heads), gauges, size


def go(
    run: LongRun, bench: Bench, gauges: Gauges, what: str, count: int, parts: int
) -> Iterator[Part]:
    """``count`` of one thing in so many parts, each as soon as it is done."""
    bench.begin(what)
    began = gauges.wear()
    for _ in range(parts):
        before = gauges.wear()
        done, times, heap = WAYS[what](bench, max(1, count // parts))
        wear = gauges.wear().since(before)
        of_one = (wear.erasures.total() / max(done, 1), wear.written / max(done, 1))
        run.parts.append(Part(what, done, statistics.median(times), *of_one, heap))
        yield run.parts[-1]
    run.wear[what] = gauges.wear().since(began)
