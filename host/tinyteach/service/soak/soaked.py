"""What came of a soak: counts, and how memory and latency went."""

from dataclasses import dataclass, field

import numpy as np

from tinyteach.results import JsonResult, Lines, Table

# MicroPython collects after 3 KB (agent/memory.py), and a session's own come on top.
ALLOWED_BYTES = 6144
PARTS = 5
# Of a board between two of its starts: fewer tell nothing of its memory.
SAMPLES_MIN = 10


@dataclass(frozen=True)
class Sample:
    """How it stood ``at_s`` seconds after the beginning.

    ``heap_used`` and ``heap_peak`` are bytes of the agent's, ``embedding_ms`` the least that
    the board measured since the sample before: other programs make it only longer. ``starts``
    counts the board's starts so far.
    """

    at_s: float
    heap_used: int
    heap_peak: int
    embedding_ms: float
    starts: int
    reconnects: int
    errors: int
    wrong: int


@dataclass(frozen=True)
class Trouble:
    """Something wrong, ``at_s`` after the beginning, while the board was to do ``act``."""

    at_s: float
    act: str
    what: str


@dataclass
class Soaked(JsonResult):
    """``acts`` are what was done, by name; ``unplugged`` how, by name.

    ``wrong`` results differ from the host's reference in a bit. ``head_writes`` files of heads and
    ``head_bytes`` of them were written to the board's flash, ``switches`` times its record of which
    is at work. ``left`` says how the board was left.
    """

    board: str
    machine: str
    seed: int
    minutes: float
    took_s: float = 0.0
    interrupted: bool = False
    acts: dict[str, int] = field(default_factory=dict)
    unplugged: dict[str, int] = field(default_factory=dict)
    compared: int = 0
    wrong: list[Trouble] = field(default_factory=list)
    errors: list[Trouble] = field(default_factory=list)
    reconnects: int = 0
    reconnect_s_max: float = 0.0
    head_writes: int = 0
    head_bytes: int = 0
    switches: int = 0
    writes_max: int = 0
    notes: list[str] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    left: str = ""

    @property
    def memory_growth_bytes(self) -> int | None:
        """By how much more heap was in use at the end of a board's run than at its beginning.

        Of the run between two starts in which it was most; None where all were too short.
        """
        grown = [_growth(run) for run in self._runs() if len(run) >= SAMPLES_MIN]
        return max(grown, default=None)

    @property
    def is_flat(self) -> bool | None:
        """Whether that is no more than what a collection lets gather; None: not known."""
        growth = self.memory_growth_bytes
        return None if growth is None else growth <= ALLOWED_BYTES

    @property
    def latency_drift(self) -> float | None:
        """How much longer the embedding took at the end than at the beginning, as a fraction."""
        times = [sample.embedding_ms for sample in self.samples if sample.embedding_ms]
        if len(times) < PARTS * 2:
            return None
        first, last = _ends(times)
        return round(last / first - 1, 4)

    @property
    def held(self) -> bool:
        """Whether nothing was wrong, nothing failed and no memory was lost."""
        return not self.wrong and not self.errors and self.is_flat is not False

    def _runs(self) -> list[list[int]]:
        """Heap in use by the board's starts."""
        by_start: dict[int, list[int]] = {}
        for sample in self.samples:
            by_start.setdefault(sample.starts, []).append(sample.heap_used)
        return list(by_start.values())

    def as_dict(self) -> dict[str, object]:
        """The fields by name, and what follows of them."""
        return super().as_dict() | {
            "memory_growth_bytes": self.memory_growth_bytes,
            "memory_flat": self.is_flat,
            "latency_drift": self.latency_drift,
            "held": self.held,
        }

    def rows(self) -> list[tuple[str, str]]:
        """For a person."""
        done = ", ".join(f"{name} {count}" for name, count in self.acts.items())
        unplugged = ", ".join(f"{name} {count}" for name, count in self.unplugged.items())
        return [
            ("board", f"{self.board} ({self.machine})"),
            ("took", f"{self.took_s / 60:.1f} of {self.minutes:g} minutes, seed {self.seed}"),
            ("done", done or "nothing"),
            ("unplugged", unplugged or "never"),
            ("results compared, bit for bit", f"{self.compared}, {len(self.wrong)} wrong"),
            ("errors", str(len(self.errors))),
            ("reconnects", f"{self.reconnects}, at most {self.reconnect_s_max:.1f} s"),
            ("memory", self._memory()),
            ("latency", self._latency()),
            ("written to flash", self._written()),
        ]

    def _memory(self) -> str:
        growth, peak = self.memory_growth_bytes, max((s.heap_peak for s in self.samples), default=0)
        if growth is None:
            return f"at most {peak} bytes; too short to tell whether it stays flat"
        words = "flat" if self.is_flat else "not flat"
        return f"{words}: {growth:+} bytes between a run's beginning and end, at most {peak} in all"

    def _latency(self) -> str:
        drift = self.latency_drift
        return "too short to tell" if drift is None else f"embedding {drift:+.1%} at the end"

    def _written(self) -> str:
        return (
            f"{self.head_writes} heads ({self.head_bytes} bytes) of {self.writes_max} allowed, "
            f"{self.switches} switches of the head at work"
        )

    def lines(self) -> Lines:
        """For a person."""
        troubles = [("wrong", each) for each in self.wrong] + [("error", t) for t in self.errors]
        told = [f"{kind} at {t.at_s:.1f} s, {t.act}: {t.what}" for kind, t in troubles[:5]]
        more = [f"… and {len(troubles) - 5} more."] if len(troubles) > 5 else []
        table = Table(("", ""), self.rows(), "The soak")
        return [table, *told, *more, *self.notes, *filter(None, [self.left])]


def _growth(values: list[int]) -> int:
    first, last = _ends(values)
    return round(last - first)


def _ends(values: list[int] | list[float]) -> tuple[float, float]:
    """Medians of the second part, once all is loaded, and of the last."""
    size = max(1, len(values) // PARTS)
    return float(np.median(values[size : 2 * size])), float(np.median(values[-size:]))
