"""Writes a module's firmware."""

import time
from dataclasses import dataclass

from tinyteach.device.at.module_client import ModuleClient
from tinyteach.progress import Progress
from tinyteach.results import JsonResult, Lines
from tinyteach.service.flash.firmware_images import Image


@dataclass(frozen=True)
class ModuleFlashed(JsonResult):
    """What was done; ``before`` and ``firmware`` are the versions that the module told."""

    port: str
    source: str
    bytes: int
    before: str
    firmware: str
    seconds: float

    def lines(self) -> Lines:
        """For a person."""
        return [
            f"Wrote {self.source} ({self.bytes} bytes): the module on {self.port} had "
            f"{self.before or 'other firmware'} and runs {self.firmware or 'this one'} now. Models "
            "and its serial number stayed."
        ]


def flash_module(client: ModuleClient, image: Image, progress: Progress) -> ModuleFlashed:
    """Write firmware into the slot that is not in use; FirmwareError for what is no image."""
    started = time.monotonic()
    before = client.info().firmware
    client.flash_firmware(image.content, progress)
    return ModuleFlashed(
        client.port,
        image.name,
        len(image.content),
        before,
        client.info().firmware,
        round(time.monotonic() - started, 1),
    )
