"""What both of Seeed's firmwares are: commands in, replies and events out, one stream at a time."""

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, ClassVar

from tinyteach.virtual.at.camera import ModuleCamera, jpeg_of_frame
from tinyteach.virtual.at.commands import Command, CommandLines, parse
from tinyteach.virtual.at.compiled import UnusableModelError
from tinyteach.virtual.at.faults import Faults
from tinyteach.virtual.at.flash import MODELS_END, ModuleFlash
from tinyteach.virtual.at.image import ModuleFirmware
from tinyteach.virtual.at.key_values import KeyValues
from tinyteach.virtual.at.npu import LoadedModel
from tinyteach.virtual.at.wire import ResetPressed, Wire

REPLY, EVENT, LOG = 0, 1, 2
OK, FAILED, INVALID, UNSUPPORTED, NOT_PERMITTED, NO_ENTITY = 0, 2, 5, 8, 9, 10
CLASSIFIER, CLASSIFYING, CAMERA = 4, 3, 1
IDLE_S = 1.0
# Without pictures the module is this fast; with them the line is what it waits for.
FRAME_S = 1 / 30
# Seen on a module; nothing here can know its time.
PERF_MS = [6, 33, 0]

Handler = Callable[[Command, list[str]], object]


@dataclass
class ModuleStream:
    """Events that go on by themselves: ``left`` more of them, endlessly where negative."""

    echo: str
    left: int
    is_results: bool
    with_pictures: bool = True
    count: int = 0


@dataclass
class ModuleParts:
    """What the firmware runs on."""

    wire: Wire
    flash: ModuleFlash
    camera: ModuleCamera
    faults: Faults


class SeeedFirmware:
    """One start of it, until a reset; `run` does not return."""

    SEPARATORS: ClassVar[tuple[str, str]]
    DIGITS: ClassVar[str]

    def __init__(self, parts: ModuleParts, firmware: ModuleFirmware) -> None:
        self.parts, self.firmware = parts, firmware
        self.keys = KeyValues(parts.flash)
        self.stream: ModuleStream | None = None
        self.model: LoadedModel | None = None
        self._started_s = time.monotonic()
        self.handlers = self.commands()
        self.keys.put("boot_count", self.keys.get("boot_count", -1) + 1)

    def commands(self) -> dict[str, tuple[int, Handler]]:
        """Each command's name, its number of arguments and what it does."""
        return {
            "ID?": (0, lambda c, _: self.reply(c.echo, self.identity())),
            "NAME?": (0, lambda c, _: self.reply(c.echo, self.name())),
            "STAT?": (0, lambda c, _: self.reply(c.echo, self.status())),
            "BREAK": (0, self._break),
            "RST": (0, self._reset),
            "SAMPLE": (1, self._sample),
            "SAMPLE?": (0, lambda c, _: self.reply(c.echo, self.streams(False))),
            "INVOKE?": (0, lambda c, _: self.reply(c.echo, self.streams(True))),
        }

    # Each its own

    def greet(self) -> None:
        """What it says when it has started."""
        raise NotImplementedError

    def identity(self) -> str:
        """What ID? answers."""
        raise NotImplementedError

    def refuse(self, sentence: str) -> None:
        """Say that a command is none that it knows, or has the wrong arguments."""
        raise NotImplementedError

    def sample_reply(self) -> Mapping[str, Any]:
        """What the reply to SAMPLE holds."""
        raise NotImplementedError

    def event_of(self, stream: ModuleStream, frame: Any) -> Mapping[str, Any]:
        """What an event holds."""
        raise NotImplementedError

    # Running

    def run(self) -> None:
        """Start, then obey."""
        lines = CommandLines()
        self.greet()
        if self.parts.faults.streaming:
            self.stream = ModuleStream("SAMPLE", -1, is_results=False)
        while True:
            for line in lines.feed(self.parts.wire.read(FRAME_S if self.stream else IDLE_S)):
                self._obey(line)
            if self.stream:
                self._send_frame(self.stream)

    def _obey(self, line: str) -> None:
        command = parse(line)
        if command is None or not self.knows(command.name):
            self.refuse(self.unknown(line, command))
            return
        count, handle = self.handlers[command.name]
        arguments = command.arguments(count, self.DIGITS)
        if len(arguments) < count:
            self.refuse(self.wrong_arguments(command))
        else:
            handle(command, arguments)

    def knows(self, name: str) -> bool:
        """Whether it has that command now."""
        return name in self.handlers

    def unknown(self, line: str, command: Command | None) -> str:
        """What it says of a command that it does not know."""
        raise NotImplementedError

    def wrong_arguments(self, command: Command) -> str:
        """What it says where there are too few."""
        raise NotImplementedError

    def send(self, kind: int, name: str, code: int, data: object) -> None:
        """One framed message."""
        body = {"type": kind, "name": name, "code": code, "data": data}
        text = json.dumps(body, separators=self.SEPARATORS)
        self.parts.wire.write(f"\r{text}\n".encode())

    def reply(self, echo: str, data: object, code: int = OK) -> None:
        """Answer a command."""
        self.send(REPLY, echo, code, data)

    # Commands of both

    def name(self) -> str:
        """What NAME? answers."""
        return "Grove Vision AI (WE2)" if self.firmware.is_old else "Grove Vision AI V2"

    def device_number(self) -> int:
        """32 bits, made of the serial-number block."""
        return int.from_bytes(sha256(self.parts.flash.serial_number).digest()[:4], "big")

    def status(self) -> dict[str, int]:
        """What STAT? answers."""
        return {"boot_count": self.keys.get("boot_count", 0), "is_ready": 1}

    def _break(self, command: Command, _: list[str]) -> None:
        self.stream = None
        self.reply(command.echo, int((time.monotonic() - self._started_s) * 1000))

    def _reset(self, *_: object) -> None:
        raise ResetPressed

    def _sample(self, command: Command, arguments: list[str]) -> None:
        self.stream = None
        self.reply(command.echo, self.sample_reply())
        self.stream = ModuleStream(command.echo, whole_number(arguments[0]), is_results=False)

    def streams(self, results: bool) -> int:
        """1 while results, or photographs, go on by themselves."""
        return int(self.stream is not None and self.stream.is_results == results)

    def _send_frame(self, stream: ModuleStream) -> None:
        if stream.left == 0:
            self.stream = None
            return
        stream.left -= 1
        stream.count += 1
        if stream.is_results and not (self.model and self.model.is_for_this_npu):
            self.stream = None
            self.send(EVENT, stream.echo, FAILED, {"count": stream.count})
            return
        frame = self.parts.camera.frame()
        self.send(EVENT, stream.echo, OK, self.event_of(stream, frame))

    # Parts of answers

    def picture(self, frame: Any) -> str:
        """A frame's JPEG in base64."""
        return base64.b64encode(jpeg_of_frame(frame)).decode()

    def probabilities(self, frame: Any) -> list[float]:
        """The model's, by class id."""
        assert self.model
        return [] if self.parts.faults.empty_classes else self.model.probabilities(frame)

    def load(self, address: int) -> int:
        """Load the model there; a code. Why not is said in a log."""
        content = self.parts.flash.read(address, MODELS_END - address)
        try:
            self.model = LoadedModel(content)
        except UnusableModelError as error:
            self.model = None
            self.send(LOG, "LOG", FAILED, f"The model cannot be loaded: {error}.")
            return FAILED
        return OK

    def keep_note(self, note: str) -> None:
        """What INFO sets."""
        if not self.parts.faults.stale_info:
            self.keys.put("info", note)

    def note(self) -> str:
        """What INFO? answers."""
        return str(self.keys.get("info", ""))


def whole_number(text: str) -> int:
    """What C's atoi makes of an argument."""
    digits = text.removeprefix("-")
    end = next((i for i, c in enumerate(digits) if not c.isdigit()), len(digits))
    value = int(digits[:end] or 0)
    return -value if text.startswith("-") else value
