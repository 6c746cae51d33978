"""A Grove Vision AI V2 without hardware: its boot loader, its firmware, its flash and camera.

A thread of this process is its electricity, from one reset or plug to the next.
"""

import threading
from collections.abc import Callable
from pathlib import Path

from tinyteach.errors import LinkError
from tinyteach.virtual.at.boot_loader import ModuleBootLoader
from tinyteach.virtual.at.camera import ModuleCamera
from tinyteach.virtual.at.faults import Faults
from tinyteach.virtual.at.firmware import ModuleParts
from tinyteach.virtual.at.firmware_el import FirmwareEl
from tinyteach.virtual.at.firmware_hx import FirmwareHx
from tinyteach.virtual.at.firmware_ma import FirmwareMa
from tinyteach.virtual.at.flash import ModuleFlash, SerialBlockError
from tinyteach.virtual.at.image import VERSIONS, ModuleFirmware, firmware_in, stand_in_image
from tinyteach.virtual.at.key_values import KeyValues
from tinyteach.virtual.at.loaders import LOADERS
from tinyteach.virtual.at.wire import PlugPulled, PoweredOff, ResetPressed, Wire
from tinyteach.virtual.photograph import Photograph
from tinyteach.virtual.running import GROVE

# 921,600 baud, ten bits a byte.
BYTES_PER_SECOND = 92_160.0
SETTLE_TIMEOUT_S = 60.0
FIRMWARES: dict[str, type[FirmwareEl | FirmwareMa | FirmwareHx]] = {
    "el": FirmwareEl,
    "ma": FirmwareMa,
    "hx": FirmwareHx,
}


class VirtualModule:
    """A context manager: plugged in on entry, gone (no port, no thread) on exit.

    ``dialect`` ("el", "ma" or "hx") and ``version`` are of the firmware that a blank flash gets;
    a version that is named replaces another one (`image.OLD_VERSION` is of 2023). ``loader`` is
    one of LOADERS, ``flash_path`` the file that keeps the flash between runs (default: a blank one
    each time). ``faults`` may be changed while it runs. ``bytes_per_second`` limits the line in
    each direction, None does not.

    On exit LinkError is raised where something was to be written over the serial number, and
    whatever else went wrong inside.
    """

    kind, has_camera = GROVE, True

    def __init__(
        self,
        dialect: str = "el",
        loader: str = "0002000b",
        faults: Faults | None = None,
        flash_path: Path | None = None,
        *,
        version: str = "",
        bytes_per_second: float | None = BYTES_PER_SECOND,
    ) -> None:
        self.faults = faults or Faults()
        self.flash = ModuleFlash(flash_path)
        self.camera = ModuleCamera()
        self.starts = 0
        self.arch, self.heap_bytes = dialect, 0  # as what is registered has it
        self._kind = LOADERS[loader]
        self._wire = Wire()
        self._plugged = threading.Condition()
        self._is_plugged = True
        self._failure: BaseException | None = None
        self._thread: threading.Thread | None = None
        self.set_speed(bytes_per_second)
        present = firmware_in(self.flash)
        if present is None or version not in ("", present.version):
            wanted = ModuleFirmware(dialect, version or VERSIONS[dialect])
            self.flash.write(self.flash.active_slot, stand_in_image(wanted))

    def __enter__(self) -> "VirtualModule":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.stop()
        if kind is None:
            self.raise_failure()

    def raise_failure(self) -> None:
        """Raise what went wrong inside, if anything did."""
        if self._failure:
            raise self._failure
        if self.flash.serial_writes:
            raise SerialBlockError(*self.flash.serial_writes[0])

    def start(self) -> None:
        """Plug it in; returns when it is starting."""
        self._thread = threading.Thread(target=self._live, name="virtual-module", daemon=True)
        self._thread.start()
        self._wait(lambda: self.starts > 0)

    def stop(self) -> None:
        """Off for good. May be called twice."""
        if self._thread:
            self._wire.ask(PoweredOff)
            self._thread.join()
            self._thread = None
            self._wire.close()
            self.flash.close()

    # Facts

    @property
    def port(self) -> str:
        """The path that serial programs open; another one may follow a `plug_in`."""
        return self._wire.port

    @property
    def unique_id(self) -> bytes:
        """4 bytes; ID? tells them as a number."""
        return self.flash.identity

    def driven_pins(self) -> dict[int, int]:
        """None that a host could ask for."""
        return {}

    @property
    def is_plugged_in(self) -> bool:
        """False from a pulled plug, also one that a fault pulled, until `plug_in`."""
        return self._is_plugged

    @property
    def firmware(self) -> ModuleFirmware | None:
        """What the boot loader starts."""
        return firmware_in(self.flash)

    def keep_note(self, note: str) -> None:
        """Store what INFO? tells, as another program may have done (base64)."""
        KeyValues(self.flash).put("info", note)

    # Camera

    def show(self, photograph: Photograph) -> None:
        """Hold a photograph (path, Pillow image, uint8 H×W×3 array) before the camera."""
        self.camera.show(photograph)

    def show_source(self, source: Callable[[], Photograph]) -> None:
        """Let ``source()`` give what the camera sees at every frame."""
        self.camera.show_source(source)

    # Power and cable

    def reset(self) -> None:
        """Press the reset button; returns when it is starting anew."""
        before = self.starts
        self._wire.ask(ResetPressed)
        self._wait(lambda: self.starts > before)

    def pull_plug(self) -> None:
        """No power, no port; what is in flash stays."""
        self._wire.ask(PlugPulled)
        self.wait_unplugged()

    def wait_unplugged(self) -> None:
        """Until the plug is pulled, also by a fault."""
        self._wait(lambda: not self._is_plugged)

    def plug_in(self) -> None:
        """Power and a port again; returns when it is starting."""
        before = self.starts
        with self._plugged:
            self._wire.plug_in()
            self._is_plugged = True
            self._plugged.notify_all()
        self._wait(lambda: self.starts > before)

    def drop_link(self) -> None:
        """Pull the plug and put it in again."""
        self.pull_plug()
        self.plug_in()

    def set_speed(self, bytes_per_second: float | None) -> None:
        """Limit the line in each direction; None: no limit."""
        self._wire.in_meter.bytes_per_second = bytes_per_second
        self._wire.out_meter.bytes_per_second = bytes_per_second

    # The thread

    def _wait(self, holds: Callable[[], bool]) -> None:
        with self._plugged:
            self._plugged.wait_for(lambda: holds() or bool(self._failure), SETTLE_TIMEOUT_S)
        if self._failure:
            raise LinkError("The virtual module has failed; see why above.") from self._failure

    def _live(self) -> None:
        try:
            while True:
                self._live_once()
        except PoweredOff:
            pass
        except BaseException as error:
            with self._plugged:
                self._failure = error
                self._plugged.notify_all()

    def _live_once(self) -> None:
        """From a start to what ends it."""
        try:
            self._boot()
        except ResetPressed:
            pass
        except PlugPulled:
            self._wire.unplug()
            self._tell(plugged=False)
            self._wait_for_plug()

    def _wait_for_plug(self) -> None:
        """Until it is plugged in; a button that is pressed meanwhile does nothing."""
        while not self._is_plugged:
            try:
                self._wire.pause(0.01)
            except (ResetPressed, PlugPulled):
                continue

    def _tell(self, plugged: bool) -> None:
        with self._plugged:
            self._is_plugged = plugged
            self.starts += plugged
            self._plugged.notify_all()

    def _boot(self) -> None:
        self._wire.forget_input()
        self._wire.is_split = self.faults.split_replies
        self._tell(plugged=True)
        firmware = firmware_in(self.flash)
        loader = ModuleBootLoader(self._wire, self.flash, self._kind, self.faults)
        loader.run(firmware is not None)
        assert firmware
        parts = ModuleParts(self._wire, self.flash, self.camera, self.faults)
        FIRMWARES[firmware.dialect](parts, firmware).run()
