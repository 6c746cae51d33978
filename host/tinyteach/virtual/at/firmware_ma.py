"""MA, SSCMA-Micro's main: compact JSON, lists under names, scores rounded to percent."""

from collections.abc import Mapping
from typing import Any

from tinyteach.virtual.at.camera import MODES
from tinyteach.virtual.at.commands import Command
from tinyteach.virtual.at.firmware import (
    CAMERA,
    CLASSIFIER,
    EVENT,
    INVALID,
    NO_ENTITY,
    OK,
    PERF_MS,
    REPLY,
    UNSUPPORTED,
    Handler,
    ModuleStream,
    SeeedFirmware,
    whole_number,
)
from tinyteach.virtual.at.firmware_el import mode_text
from tinyteach.virtual.at.flash import MODEL_ADDRESS
from tinyteach.virtual.at.npu import above, rounded

DEFAULT_THRESHOLD, DEFAULT_OVERLAP = 25, 45


class FirmwareMa(SeeedFirmware):
    """It looks for a model at one address only, and loads it anew for each INVOKE."""

    SEPARATORS = (",", ":")
    DIGITS = "0123456789"

    def commands(self) -> dict[str, tuple[int, Handler]]:
        return {
            **super().commands(),
            "VER?": (0, lambda c, _: self.reply(c.echo, self._version())),
            "MODELS?": (0, lambda c, _: self.reply(c.echo, {"models": self._models()})),
            "MODEL?": (0, self._model_info),
            "MODEL": (1, lambda c, a: self._load(c.echo, whole_number(a[0]))),
            "SENSORS?": (0, lambda c, _: self.reply(c.echo, {"sensors": [self._all_modes()]})),
            "SENSOR?": (0, lambda c, _: self.reply(c.echo, self.sample_reply())),
            "SENSOR": (3, self._set_sensor),
            "INFO": (1, self._set_info),
            "INFO?": (0, lambda c, _: self.reply(c.echo, {"info": self.note()})),
            "INVOKE": (2, self._invoke),
            "TSCORE": (1, self._set_threshold),
            "TSCORE?": (0, lambda c, _: self.reply(c.echo, self._threshold)),
        }

    def greet(self) -> None:
        self.send(REPLY, "INIT@SENSOR", OK, self.sample_reply())
        self._load("INIT@MODEL", 1)
        self.send(REPLY, "INIT@STAT?", OK, self.status())

    def identity(self) -> str:
        return str(self.device_number())

    def unknown(self, line: str, command: Command | None) -> str:
        return f"Uknown command: {command.echo if command else line.partition('=')[0].upper()}"

    def wrong_arguments(self, command: Command) -> str:
        return f"Command {command.echo} got wrong arguments"

    def refuse(self, sentence: str) -> None:
        self.send(EVENT, "AT", INVALID, sentence)

    # Models

    def _version(self) -> dict[str, str]:
        return {"at_api": "v0", "software": self.firmware.version, "hardware": "HX6538"}

    def _models(self) -> list[dict[str, int]]:
        if MODEL_ADDRESS not in self.parts.flash.models():
            return []
        return [{"id": 1, "type": 0, "size": 0, "name": 0, "address": MODEL_ADDRESS}]

    def _model_info(self, command: Command, _: list[str]) -> None:
        found = self._models()
        data = {"models": found} if found else {}
        self.reply(command.echo, data, OK if found else NO_ENTITY)

    def _load(self, echo: str, number: int) -> int:
        found = self._models() if number == 1 else []
        code = self.load(MODEL_ADDRESS) if found else NO_ENTITY
        nothing = {"id": 0, "type": 0, "size": 0, "name": 0, "address": 0}
        self.reply(echo, {"model": found[0] if found else nothing}, code)
        return code

    # The camera

    def _camera(self) -> dict[str, Any]:
        return {"id": 1, "type": "Camera", "initialized": True}

    def _all_modes(self) -> dict[str, Any]:
        modes = [{"id": mode, "description": mode_text(mode)} for mode in range(len(MODES))]
        return self._camera() | {"presets": modes, "current_preset_index": self.parts.camera.mode}

    def sample_reply(self) -> Mapping[str, Any]:
        mode = self.parts.camera.mode
        current = {"id": mode, "description": mode_text(mode)}
        return {"sensors": [self._camera() | {"current_preset": current}]}

    def _set_sensor(self, command: Command, arguments: list[str]) -> None:
        number, is_on, mode = map(whole_number, arguments)
        code = OK if number == 1 and mode in range(len(MODES)) else NO_ENTITY
        if code == OK and is_on:
            self.parts.camera.mode = mode
        self.reply(command.echo, self.sample_reply() if number == 1 else {}, code)

    def _set_info(self, command: Command, arguments: list[str]) -> None:
        self.keep_note(arguments[0])
        self.reply(command.echo, {"info": arguments[0]})

    # Recognising

    def _invoke(self, command: Command, arguments: list[str]) -> None:
        self.stream = None
        found = self._models()
        code = self.load(MODEL_ADDRESS) if found else NO_ENTITY
        if code == OK and not (self.model and self.model.classifies):
            code = UNSUPPORTED
        self.reply(command.echo, self._beginning(found, code), code)
        if code == OK:
            times, results_only = map(whole_number, arguments)
            self.stream = ModuleStream(command.echo, times, True, not results_only)

    def _beginning(self, found: list[dict[str, int]], code: int) -> dict[str, Any]:
        config = {"tscore": self._threshold, "tiou": DEFAULT_OVERLAP}
        kind = CLASSIFIER if code == OK else 0
        algorithm = {"type": kind, "category": 0, "input_from": CAMERA, "config": config}
        return {**self.sample_reply(), "models": found, "algorithm": algorithm}

    def event_of(self, stream: ModuleStream, frame: Any) -> Mapping[str, Any]:
        width, height = self.parts.camera.size
        told: dict[str, Any] = {"count": stream.count}
        if stream.with_pictures:
            told |= {"image": self.picture(frame)}
        if stream.is_results:
            told |= {"classes": self._classes(frame), "perf": PERF_MS}
        return told | {"rotation": 0, "width": width, "height": height}

    def _classes(self, frame: Any) -> list[list[int]] | list[list[float]]:
        probabilities = self.probabilities(frame)
        if self.parts.faults.unit_scores:
            return [[p, i] for p, i in above(probabilities, self._threshold)]
        return rounded(probabilities, self._threshold)

    @property
    def _threshold(self) -> int:
        return int(self.keys.get("tscore", DEFAULT_THRESHOLD))

    def _set_threshold(self, command: Command, arguments: list[str]) -> None:
        value = whole_number(arguments[0])
        code = OK if 0 < value <= 100 else INVALID
        if code == OK:
            self.keys.put("tscore", value)
        self.reply(command.echo, self._threshold, code)
