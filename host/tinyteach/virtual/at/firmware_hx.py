"""HX, the example programs of Himax's SDK: they tell what nobody asked, and obey nothing.

Public logs show, before each result, replies to questions that were not asked, with a size and an
address that mean nothing, and a tick for a time. What they say of classes was not seen: here it is
what EL says, of which their code is a copy.
"""

import base64
import json
import time

from tinyteach.virtual.at.camera import jpeg_of_frame
from tinyteach.virtual.at.compiled import UnusableModelError
from tinyteach.virtual.at.firmware import EVENT, FRAME_S, OK, REPLY, ModuleParts
from tinyteach.virtual.at.flash import MODEL_ADDRESS, MODELS_END
from tinyteach.virtual.at.image import ModuleFirmware
from tinyteach.virtual.at.npu import LoadedModel, truncated

NONSENSE = {"id": 0, "type": 0, "address": 1289219112, "size": 347533651}
TICKS_PER_S = 400_000_000
EMPTY_NOTE = {"crc16_maxim": 0xFFFF, "info": ""}


class FirmwareHx:
    """One start of it, until a reset; `run` does not return."""

    def __init__(self, parts: ModuleParts, firmware: ModuleFirmware) -> None:
        self._parts, self._firmware = parts, firmware
        content = parts.flash.read(MODEL_ADDRESS, MODELS_END - MODEL_ADDRESS)
        try:
            self._model: LoadedModel | None = LoadedModel(content)
        except UnusableModelError:
            self._model = None

    def run(self) -> None:
        """Tell, whoever listens; what comes is not read."""
        while True:
            self._parts.wire.read(FRAME_S)
            self._introduce()
            self._recognise()

    def _introduce(self) -> None:
        version = {"software": self._firmware.version, "hardware": "2024"}
        self._send(REPLY, "NAME?", "Grove Vision AI (WE2)")
        self._send(REPLY, "VER?", version)
        self._send(REPLY, "ID?", 1)
        self._send(REPLY, "INFO?", EMPTY_NOTE)
        self._send(REPLY, "MODEL?", NONSENSE)

    def _recognise(self) -> None:
        frame = self._parts.camera.frame()
        began_s = time.monotonic()
        results: dict[str, object] = {"boxes": []}
        if self._model and not self._parts.faults.empty_classes:
            results = {"classes": truncated(self._model.probabilities(frame), 0)}
        elif self._model:
            results = {"classes": []}
        ticks = int((time.monotonic() - began_s) * TICKS_PER_S)
        image = base64.b64encode(jpeg_of_frame(frame)).decode()
        self._send(EVENT, "INVOKE", {"count": 0, "algo_tick": [[ticks]], **results, "image": image})

    def _send(self, kind: int, name: str, data: object) -> None:
        text = json.dumps({"type": kind, "name": name, "code": OK, "data": data})
        self._parts.wire.write(f"\r{text}\n".encode())
