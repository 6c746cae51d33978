"""Measures what budgets limit on an opened board: in rounds, each after a start of the board.

Where a process or a heap happens to lie is part of the noise, so every round has it anew.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from tinyteach.api.board import Board
from tinyteach.api.head import Head
from tinyteach.api.pictures import Picture, as_square
from tinyteach.board_facts import STAGES
from tinyteach.device.repl.pairing import await_agent
from tinyteach.device.usb.discovery import usb_serial_of
from tinyteach.hil.budgets import TOTAL
from tinyteach.hil.measure import Measure
from tinyteach.hil.photographs import NamedPhoto
from tinyteach.hil.quantities import PROCESSOR_TIME
from tinyteach.service.boards.link_speed import measure_link
from tinyteach.service.boards.virtual_boards import processor_clock
from tinyteach_protocol import messages

ROUNDS, REPEATS = 6, 25
WARM_UP = 2
# Where fewer repeats than this fraction were left alone, processor time is taken for all.
LEFT_ALONE_MIN = 0.25
PICTURE_SIDE = 96
BITS = dict(
    zip(
        STAGES,
        (messages.STAGE_PREPROCESS, messages.STAGE_EMBEDDING, messages.STAGE_HEAD),
        strict=True,
    )
)
Clock = Callable[[], int]


@dataclass(frozen=True)
class Repeat:
    """One stage once: by the board's own clock, and all that its process computed for it.

    ``computed_ms`` is None for a board that is no process.
    """

    own_ms: float
    computed_ms: float | None = None

    @property
    def left_alone(self) -> bool:
        """No other program had the processor meanwhile: no more time passed than was computed."""
        return self.computed_ms is None or self.own_ms <= self.computed_ms


class BoardFigures:
    """Measures a board; `measure` keeps what it finds, with the names that budgets have."""

    def __init__(self, board: Board, measure: Measure) -> None:
        self._board, self._measure = board, measure
        is_process = processor_clock(board.port) is not None
        self._tags = PROCESSOR_TIME if is_process else {}

    def __call__(
        self, picture: Picture | None = None, rounds: int = ROUNDS, repeats: int = REPEATS
    ) -> None:
        """Boot time, link, latency by stage, heap. The head is the one at work; none is left out.

        ``picture`` is a square that is looked at; by default a noisy one.
        """
        square = _noise() if picture is None else as_square(picture)
        for _ in range(rounds):
            self.boot()
            self.link()
            self.latency(square, repeats)
            self.heap()

    def boot(self) -> None:
        """Start the board anew: seconds until its agent answers."""
        board, start = self._board, time.perf_counter_ns()
        port, serial = board.port, usb_serial_of(board.port)
        board.client.restart()
        board.close()
        await_agent(port, serial).close()
        end = time.perf_counter_ns()
        clock = processor_clock(port)
        board.reopen()
        taken_ns = clock() if clock else end - start
        self._measure("boot_s", taken_ns / 1e9, **self._tags)

    def link(self) -> None:
        """KB a second in each direction, by the clock."""
        speed = measure_link(self._board.client, self._side())
        self._measure("link_to_board_kb_s", speed.to_board / 1000)
        self._measure("link_from_board_kb_s", speed.from_board / 1000)

    def heap(self) -> None:
        """The most that the agent has used since its start."""
        self._measure("heap_peak_bytes", self._board.client.info().heap_peak)

    def latency(self, square: np.ndarray, repeats: int = REPEATS) -> None:
        """Milliseconds by stage and of all, each repeat of uint8 [N, N, 3] after the others."""
        self._board.client.send_image(square.tobytes(), square.shape[0], messages.RGB888)
        runs = dict(self._stages())
        clock = processor_clock(self._board.port)
        found: dict[str, list[Repeat]] = {stage: [] for stage in ("", *runs)}
        for number in range(WARM_UP + repeats):
            for stage, source in (("", messages.SOURCE_IMAGE), *runs.items()):
                repeat = self._repeat(stage, source, clock)
                if number >= WARM_UP:
                    found[stage].append(repeat)
        empty = found.pop("")
        samples = {stage: milliseconds(found[stage], empty) for stage in found}
        for stage, values in samples.items():
            self._measure("latency_ms", values, stage=stage, **self._tags)
        if len(samples) > 1:
            self._measure("latency_ms", total(samples), stage=TOTAL, **self._tags)

    def accuracy(self, photos: Iterable[NamedPhoto], head: Head | None = None) -> None:
        """Have it recognise photographs; with a ``head``, count what this computer finds else."""
        for photo in photos:
            expected = head.classify(photo.square) if head else None
            found = self._board.classify(photo.square)
            self._measure.recognised(found, photo.label, expected, photo.name)

    def _side(self) -> int:
        return self._board.client.info().model_side

    def _stages(self) -> Iterator[tuple[str, int]]:
        """What can be run again and again, and from which source."""
        client = self._board.client
        if client.has_camera:
            client.grab(messages.GRAB_MODEL)
            yield STAGES[0], messages.SOURCE_FRAME
        yield STAGES[1], messages.SOURCE_FRAME
        if client.info().head:
            yield STAGES[2], messages.SOURCE_FRAME

    def _repeat(self, stage: str, source: int, clock: Clock | None) -> Repeat:
        """``stage`` is empty for a request that runs none."""
        before = clock() if clock else 0
        answer = self._board.client.run(source, BITS.get(stage, 0))
        own_ms = answer.fields[f"{stage}_us"] / 1000 if stage else 0.0
        return Repeat(own_ms, (clock() - before) / 1e6 if clock else None)


def milliseconds(repeats: list[Repeat], empty: list[Repeat]) -> np.ndarray:
    """What a stage took, float [R]: of the repeats in which the board was left alone.

    Where hardly any was, what its process computed, less what a request takes that runs nothing.
    """
    alone = [each.own_ms for each in repeats if each.left_alone]
    if len(alone) >= LEFT_ALONE_MIN * len(repeats):
        return np.array(alone)
    computed = np.array([each.computed_ms or 0.0 for each in repeats])
    for_nothing = float(np.median([each.computed_ms or 0.0 for each in empty]))
    return np.maximum(computed - for_nothing, 0.0)


def total(samples: dict[str, np.ndarray]) -> np.ndarray:
    """All stages together, float [R]: the first repeat of each, the second, and so on."""
    count = min(map(len, samples.values()))
    together: np.ndarray = np.array([values[:count] for values in samples.values()]).sum(axis=0)
    return together


def _noise() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (PICTURE_SIDE, PICTURE_SIDE, 3), np.uint8)
