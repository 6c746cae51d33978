"""The virtual board: the real MicroPython with a serial port, flash, camera and pins.

A thread of this process is its electricity: it carries bytes between the port
and MicroPython, answers the camera's requests, and starts the processor again
after a reset.
"""

import os
import queue
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from tinyteach.errors import LinkError
from tinyteach.virtual import board_memory, optics, process, processor_time
from tinyteach.virtual.board_memory import BoardMemory
from tinyteach.virtual.flash_image import FlashImage
from tinyteach.virtual.heap import DEFAULT, parse_heap
from tinyteach.virtual.interpreter import micropython
from tinyteach.virtual.interrupt import INTERRUPT_POLL_S, Interrupt
from tinyteach.virtual.line import Filter, Line
from tinyteach.virtual.photograph import Photograph
from tinyteach.virtual.rom import registers
from tinyteach.virtual.romfs_image import image_of
from tinyteach.virtual.running import BOARD
from tinyteach.virtual.scene import Scene, Sensor, Source
from tinyteach.virtual.watchdog import Watchdog

T = TypeVar("T")
_Task = tuple[Callable[[], object], Future[Any]]
DEFAULT_FLASH_BYTES = 2 << 20
# A start that fails ends the process; a slow one, on a busy computer, is waited for.
START_TIMEOUT_S = 180.0
# Until a chip's ROM has handed over nothing is heard. Boards take longer; on a fast computer this
# one would take 7 ms, and hosts rely on none listening again within 10 (the protocol's LIVE_MS).
ROM_S = 0.02


class VirtualBoard:
    """A context manager: started on entry, stopped (no process left) on exit.

    Its parts are ``scene``, what the camera sees and the camera's faults, ``memory``, its registers
    and pins, and ``flash``.

    ``arch`` is Debian's name of an architecture (amd64, i386; default: this
    machine's), ``flash_path`` the flash image kept between runs (default: a
    blank one each time), ``heap`` what the board's programs have after start-up.
    ``camera_modules`` are the camera modules that its firmware has, by name, and the files that
    stand for them; ``file_system`` is what it makes of its flash, one of FILE_SYSTEMS in
    board_memory.py.
    ``sensor`` says what is wrong with a frame (`scene.WITHOUT_FRAME`, or parts of one).
    ``romfs`` is a folder that is mapped into memory and mounted at /rom (`deploy_romfs`).
    Raises MissingToolError where no MicroPython can be had.
    """

    kind = BOARD

    def __init__(
        self,
        arch: str | None = None,
        flash_path: Path | None = None,
        heap: int | str = DEFAULT,
        *,
        camera: bool = True,
        camera_modules: Mapping[str, Path] = process.CAMERA_MODULES,
        file_system: str = "littlefs",
        flash_bytes: int = DEFAULT_FLASH_BYTES,
        romfs: Path | None = None,
        sensor: Sensor | None = None,
        bytes_per_second: float | None = None,
    ) -> None:
        self.interpreter, self.has_camera = micropython.find(arch), camera
        self.scene = Scene(sensor or (lambda *_: ""))
        self.flash = FlashImage(flash_path, flash_bytes)
        self.heap_bytes = heap_bytes = parse_heap(heap)
        self.memory = BoardMemory(heap_bytes, self.flash.size_bytes, file_system)
        if romfs:
            self.deploy_romfs(romfs)
        self._processor = process.Processor(
            self.interpreter, heap_bytes, camera_modules if camera else {}
        )
        self._interrupt = Interrupt(self.memory, self._processor)
        self._line = Line(self.memory, self._interrupt.request)
        self._bus, self._bus_board_end = socket.socketpair()
        self._wake, self._waker = socket.socketpair()
        self._tasks: queue.SimpleQueue[_Task] = queue.SimpleQueue()
        self._state = threading.Condition()
        self._started = False
        self._failure = ""
        self._watchdog = Watchdog(self.memory)
        self._thread: threading.Thread | None = None
        self._stopping = False
        self.set_speed(bytes_per_second)

    # Life

    def __enter__(self) -> "VirtualBoard":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.stop()
        if self.scene.failure and kind is None:
            raise self.scene.failure

    def start(self) -> None:
        """Power on; returns when the firmware runs boot.py. Raises LinkError if it cannot."""
        self._thread = threading.Thread(target=self._run, name="virtual-board", daemon=True)
        self._thread.start()
        processor_time.STARTED.add(self)
        try:
            self.power_on()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Power off for good: no process, no port. May be called twice."""
        if self._thread:
            self._do(self._stop)
            self._thread.join()
            self._thread = None
            processor_time.STARTED.discard(self)
            self._close()

    def _stop(self) -> None:
        self._processor.kill()
        self._stopping = True

    def _close(self) -> None:
        self._processor.close()
        self._line.close()
        self.memory.close()
        self.flash.close()
        for end in (self._bus, self._bus_board_end, self._wake, self._waker):
            end.close()

    # Facts

    @property
    def port(self) -> str:
        """The path that serial programs open."""
        return self._line.port

    @property
    def arch(self) -> str:
        return self.interpreter.arch

    @property
    def unique_id(self) -> bytes:
        """``machine.unique_id()``: 6 bytes, kept with the flash."""
        return self.flash.unique_id

    @property
    def powered(self) -> bool:
        return self._processor.running

    @property
    def pid(self) -> int:
        """MicroPython's process."""
        return self._processor.pid

    # Camera

    def show(self, photograph: Photograph) -> None:
        """Hold a photograph (path, Pillow image, uint8 H×W×3 array) before the camera."""
        self.scene.show(photograph)

    def show_source(self, source: Source) -> None:
        """Let ``source()`` give the camera's view at every grab: a hand-held camera."""
        self.scene.show_source(source)

    # Power

    def power_on(self) -> None:
        """Power on, unless it is; returns when the firmware has started."""
        self._do(self._press_power)
        self.wait_started()

    def reset(self) -> None:
        """The reset button; returns when the firmware has started again."""
        self._do(self._press_reset)
        self.wait_started()

    def wait_started(self) -> None:
        """Until a start that is under way is over: before, it loses what is sent to it.

        LinkError where it does not start.
        """

        def settled() -> bool:
            return self._started or bool(self._failure) or not self.powered

        with self._state:
            in_time = self._state.wait_for(settled, START_TIMEOUT_S)
        if self._failure or not in_time:
            why = self._failure or f"nothing heard for {START_TIMEOUT_S:.0f} s"
            raise LinkError(f"The virtual board does not start ({why}).")

    def cut_power_now(self) -> None:
        """The process is gone at once; ``power_on()`` starts it again."""
        self._do(self._power_off)

    def cut_power(self, after_writes: int, *, torn: bool = False) -> None:
        """Lose power in the flash operation (program, erase) after ``after_writes`` more.

        ``torn``: half of that block is changed before. -1 cancels.
        """
        self.memory.cut_power_at(after_writes + 1, torn)

    def wait_power_lost(self, timeout_s: float = START_TIMEOUT_S) -> None:
        """Wait for the cut that was set. Raises LinkError if it does not come."""
        with self._state:
            if not self._state.wait_for(lambda: not self.powered, timeout_s):
                raise LinkError("The virtual board did not lose power; write more to its flash.")

    def deploy_romfs(self, folder: Path | None) -> None:
        """What `mpremote romfs deploy` does; None takes the partition out. From the next start."""
        self.memory.write_romfs(image_of(folder) if folder else b"")

    def pin(self, number: int) -> int:
        return self.memory.pin(number)

    def driven_pins(self) -> dict[int, int]:
        """Number and level of each pin that its program drives."""
        return self.memory.driven_pins()

    # Link

    def set_speed(self, bytes_per_second: float | None) -> None:
        """Limit the line in each direction, as a UART does; None: no limit."""
        self._line.to_board_meter.bytes_per_second = bytes_per_second
        self._line.to_host_meter.bytes_per_second = bytes_per_second

    def disturb(self, to_board: Filter | None = None, to_host: Filter | None = None) -> None:
        """Pass chunks under way through these functions; None: unchanged."""
        self._line.to_board_filter = to_board or bytes
        self._line.to_host_filter = to_host or bytes

    @property
    def unread_bytes(self) -> int:
        """How many have come that its program has not read; for filters of ``disturb``."""
        return self._line.to_board_bytes

    def drop_link(self) -> None:
        """Pull the cable and put it in again: ``port`` has another name then."""
        self._do(self._line.replug)

    # The thread

    def _do(self, task: Callable[[], T]) -> T:
        """Run a task in the board's thread, which alone touches process and line."""
        done: Future[T] = Future()
        self._tasks.put((task, done))
        self._waker.send(b"\0")
        return done.result(START_TIMEOUT_S)

    def _run(self) -> None:
        try:
            while not self._stopping:
                self._wait()
                self._run_tasks()
                if not self._stopping:
                    self._work()
        finally:
            self._processor.kill()

    def _work(self) -> None:
        self._line.move()
        if self.powered:
            self._serve_bus()
            self._interrupt.pursue()
            self._notice_end()
            if self._watchdog.is_due():
                self._processor.kill()
                self._power_up(board_memory.CAUSE_CRASH)
        else:
            self._line.forget_input()  # nobody is there to hear it

    def _wait(self) -> None:
        readers, writers, timeout = self._line.waits_for()
        readers += [self._wake.fileno(), self._bus.fileno()]
        if self.powered:
            readers.append(self._processor.fileno())
        if self._interrupt.waiting:
            timeout = INTERRUPT_POLL_S
        elif self.powered:
            timeout = self._watchdog.poll_s or timeout
        select.select(readers, writers, [], timeout)

    def _run_tasks(self) -> None:
        if _readable(self._wake):
            self._wake.recv(4096)
        while not self._tasks.empty():
            task, done = self._tasks.get()
            try:
                done.set_result(task())
            except Exception as error:
                done.set_exception(error)

    # Processor

    def _power_up(self, cause: int) -> None:
        keep_raw_repl = cause == board_memory.CAUSE_SOFT
        if not keep_raw_repl:
            time.sleep(ROM_S)
            self._line.lose_input()
        self._set_started(False)
        self.memory.power_up(cause, keep_raw_repl)
        self._interrupt.forget()
        _drain(self._bus_board_end)
        _drain(self._bus)
        uart, bus = self._line.board_end.fileno(), self._bus_board_end.fileno()
        self._processor.start(uart, self.memory.fileno(), self.flash.fileno(), bus)

    def _press_power(self) -> None:
        if not self.powered:
            self._power_up(board_memory.CAUSE_POWER_ON)

    def _power_off(self) -> None:
        self._processor.kill()
        self.memory.power_down()
        with self._state:
            self._state.notify_all()

    def _press_reset(self) -> None:
        self._processor.kill()
        self._power_up(board_memory.CAUSE_HARD)

    def _notice_end(self) -> None:
        if not _readable(self._processor):
            return
        # Whoever waits for a start sees its end and why at once.
        with self._state:
            self._follow_end(self._processor.reap())

    def _follow_end(self, status: int) -> None:
        if status == registers.EXIT_POWER_LOST:
            self._power_off()
        elif status == registers.EXIT_SOFT_RESET:
            self._power_up(board_memory.CAUSE_SOFT)
        elif status == registers.EXIT_RESET:
            self._power_up(board_memory.CAUSE_HARD)
        elif self._started:
            self._power_up(board_memory.CAUSE_CRASH)
        else:
            # MicroPython 1.29 shows an exception on the line, earlier ones beside it.
            said = self._processor.last_words() or process.last_line(self._line.unread())
            self._set_started(False, f"it ended with status {status}: {said or 'without a word'}")

    def _set_started(self, started: bool, failure: str = "") -> None:
        with self._state:
            self._started, self._failure = started, failure
            self._state.notify_all()

    # Camera's bus

    def _serve_bus(self) -> None:
        if not _readable(self._bus):
            return
        message = self._bus.recv(registers.BUS_MESSAGE_BYTES)
        number, what, *arguments = struct.unpack(registers.BUS_REQUEST, message)
        if what == registers.BUS_STARTED:
            self._set_started(True)
        elif what == registers.BUS_GRAB:
            pixel_format, width, height, buffer, flags, how = arguments
            request = optics.FrameRequest(pixel_format, width, height, flags, how & 0xFF)
            self._answer_grab(number, buffer, request, how >> 8 & 0xFF, how >> 16)

    def _answer_grab(
        self, number: int, buffer: int, request: optics.FrameRequest, clock_mhz: int, buffers: int
    ) -> None:
        status, frame = self.scene.grab(request, clock_mhz, buffers)
        self.memory.write_frame(buffer, frame)
        self._bus.send(struct.pack(registers.BUS_ANSWER, number, status, len(frame), 0))


def _readable(file: socket.socket | process.Processor) -> bool:
    return bool(select.select([file], [], [], 0)[0])


def _drain(end: socket.socket) -> None:
    while _readable(end):
        os.read(end.fileno(), 4096)
