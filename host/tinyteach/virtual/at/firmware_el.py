"""EL, SSCMA-Micro 1.0.x: a date for a version, spaces in its JSON, scores cut off to percent."""

from collections.abc import Mapping
from typing import Any

from tinyteach.virtual.at.camera import MODES
from tinyteach.virtual.at.commands import Command
from tinyteach.virtual.at.firmware import (
    CAMERA,
    CLASSIFIER,
    CLASSIFYING,
    EVENT,
    INVALID,
    LOG,
    OK,
    PERF_MS,
    REPLY,
    Handler,
    ModuleStream,
    SeeedFirmware,
    whole_number,
)
from tinyteach.virtual.at.npu import truncated

DEFAULT_THRESHOLD = 50
AVAILABLE = 1  # SSCMA-Micro's EL_SENSOR_STA_AVAIL
MODEL_IDS_MAX = 15
NO_MODEL = {"id": 0, "type": 0, "address": 0, "size": 0}
CONNECTIONS = {
    "WIFI?": {
        "status": 0,
        "in4_info": {"ip": "0.0.0.0", "netmask": "0.0.0.0", "gateway": "0.0.0.0"},
        "in6_info": {"ip": ":::::::"},
        "config": {"name_type": 0, "name": "", "security": 0, "password": ""},
    },
    "MQTTSERVER?": {
        "status": 0,
        "config": {
            **{"client_id": "", "address": "", "port": 0, "username": "", "password": ""},
            "use_ssl": 0,
        },
    },
    "MQTTPUBSUB?": {"config": {"pub_topic": "", "pub_qos": 0, "sub_topic": "", "sub_qos": 0}},
}


class FirmwareEl(SeeedFirmware):
    """It knows a threshold only while it recognises."""

    SEPARATORS = (", ", ": ")
    DIGITS = "0123456789abcdefABCDEF"

    def commands(self) -> dict[str, tuple[int, Handler]]:
        return {
            **super().commands(),
            "VER?": (0, lambda c, _: self.reply(c.echo, self._version())),
            "MODELS?": (0, lambda c, _: self.reply(c.echo, self._models())),
            "MODEL?": (0, lambda c, _: self.reply(c.echo, self._model_info(1))),
            "MODEL": (1, lambda c, a: self._load(c.echo, whole_number(a[0]))),
            "SENSORS?": (0, lambda c, _: self.reply(c.echo, [self._sensor(with_modes=True)])),
            "SENSOR?": (0, lambda c, _: self.reply(c.echo, self._sensor())),
            "SENSOR": (3, self._set_sensor),
            "INFO": (1, self._set_info),
            "INFO?": (0, self._info),
            "INVOKE": (3, self._invoke),
            "TSCORE": (1, self._set_threshold),
            "TSCORE?": (0, lambda c, _: self._tell_threshold(c, OK)),
            **{name: (0, self._connection) for name in CONNECTIONS},
        }

    def greet(self) -> None:
        self.send(EVENT, "INIT@SENSOR", OK, {"sensor": self._sensor()})
        self.send(REPLY, "INIT@STAT?", OK, self.status())

    def identity(self) -> str:
        return f"{self.device_number():08x}"

    def unknown(self, line: str, command: Command | None) -> str:
        return f"Unknown command: {line}"

    def wrong_arguments(self, command: Command) -> str:
        return f"Command {command.echo} got wrong arguements."

    def refuse(self, sentence: str) -> None:
        self.send(LOG, "AT", INVALID, sentence)

    def knows(self, name: str) -> bool:
        is_of_results = name.rstrip("?") == "TSCORE"
        return super().knows(name) and (not is_of_results or bool(self.streams(results=True)))

    # Models

    def _version(self) -> dict[str, str]:
        return {"at_api": "v0", "software": self.firmware.version, "hardware": "1"}

    def _models(self) -> list[Mapping[str, int]]:
        """The last one that was found first, as the firmware's list is made."""
        count = min(len(self.parts.flash.models()), MODEL_IDS_MAX)
        return [self._model_info(number) for number in range(count, 0, -1)]

    def _model_info(self, number: int) -> Mapping[str, int]:
        found = self.parts.flash.models()
        if not 0 < number <= len(found):
            return NO_MODEL
        return {"id": number, "type": 0, "address": found[number - 1], "size": 0}

    def _load(self, echo: str, number: int) -> int:
        info = self._model_info(number)
        code = self.load(info["address"]) if info["id"] else INVALID
        self.reply(echo, {"model": info}, code)
        return code

    # The camera

    def _sensor(self, with_modes: bool = False) -> dict[str, Any]:
        mode = self.parts.camera.mode
        told: dict[str, Any] = {"id": 1, "type": CAMERA, "state": AVAILABLE, "opt_id": mode}
        told |= {"opt_detail": mode_text(mode)}
        modes = {str(number): mode_text(number) for number in range(len(MODES))}
        return told | ({"opts": modes} if with_modes else {})

    def _set_sensor(self, command: Command, arguments: list[str]) -> None:
        number, is_on, mode = map(whole_number, arguments)
        code = OK if number == 1 and mode in range(len(MODES)) else INVALID
        if code == OK and is_on:
            self.parts.camera.mode = mode
        self.stream = None
        self.reply(command.echo, {"sensor": self._sensor()}, code)

    def sample_reply(self) -> Mapping[str, Any]:
        return {"sensor": self._sensor()}

    # The note

    def _set_info(self, command: Command, arguments: list[str]) -> None:
        self.keep_note(arguments[0])
        self.reply(command.echo, {"crc16_maxim": crc16_maxim(arguments[0]), "retries": 0})

    def _info(self, command: Command, _: list[str]) -> None:
        note = self.note()
        self.reply(command.echo, {"crc16_maxim": crc16_maxim(note), "info": note})

    def _connection(self, command: Command, _: list[str]) -> None:
        self.reply(command.echo, CONNECTIONS[command.name])

    # Recognising

    def _invoke(self, command: Command, arguments: list[str]) -> None:
        """Load the model where none is, which is a reply of its own, and begin."""
        self.stream = None
        if self.model is None:
            self._load("MODEL", 1)
        code = OK if self.model and self.model.classifies else INVALID
        told = {"model": self._model_info(1), "algorithm": self._algorithm(code)}
        self.reply(command.echo, {**told, "sensor": self._sensor()}, code)
        if code == OK:
            times, _, results_only = map(whole_number, arguments)
            self.stream = ModuleStream(command.echo, times, True, not results_only)

    def _algorithm(self, code: int) -> dict[str, Any]:
        if code != OK:
            return {"type": 0, "categroy": 0, "input_from": 0}
        told: dict[str, Any] = {"type": CLASSIFIER, "categroy": CLASSIFYING, "input_from": CAMERA}
        return told | {"config": {"tscore": self._threshold}}

    def event_of(self, stream: ModuleStream, frame: Any) -> Mapping[str, Any]:
        told: dict[str, Any] = {"count": stream.count}
        if stream.is_results:
            classes = truncated(self.probabilities(frame), self._threshold)
            told |= {"perf": PERF_MS, "classes": classes}
        told |= {"resolution": list(self.parts.camera.size)}
        if stream.with_pictures:
            told |= {"image": self.picture(frame), "rotate": 0}
        return told

    @property
    def _threshold(self) -> int:
        return int(self.keys.get("tscore", DEFAULT_THRESHOLD))

    def _set_threshold(self, command: Command, arguments: list[str]) -> None:
        value = whole_number(arguments[0]) & 0xFF  # kept in a byte
        code = OK if value <= 100 else INVALID
        if code == OK:
            self.keys.put("tscore", value)
        self._tell_threshold(command, code)

    def _tell_threshold(self, command: Command, code: int) -> None:
        self.reply(command.echo, self._threshold, code)


def mode_text(mode: int) -> str:
    """As both firmwares call a mode of the camera."""
    width, height = MODES[mode]
    return f"{width}x{height} Auto"


def crc16_maxim(text: str) -> int:
    """CRC-16/MAXIM-DOW: x¹⁶ + x¹⁵ + x² + 1, reflected, complemented."""
    crc = 0
    for byte in text.encode():
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc ^ 0xFFFF
