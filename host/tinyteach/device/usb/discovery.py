"""Serial ports that a board may be attached to."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tinyteach.device.usb.products import BOOT_LOADER, ESPRESSIF, Product, product_of
from tinyteach.plain_text import plain

if TYPE_CHECKING:
    from serial.tools.list_ports_common import ListPortInfo

# Linux lists every USB device here, those without a serial port too.
USB_DEVICES = Path("/sys/bus/usb/devices")
MAC_DIGITS = 12


@dataclass(frozen=True)
class AttachedPort:
    """A USB serial port; ``usb_serial`` stays the same when the port's name changes."""

    port: str
    description: str
    usb_serial: str
    vendor: int = 0
    product: Product | None = None

    def is_device(self, usb_serial: str) -> bool:
        """Whether this is the device with that serial number, in whatever mode it is now.

        An ESP32-S3's boot loader writes its MAC address as F4:12:FA:…, MicroPython as f412fa…
        with four digits more that say nothing (ports/esp32/usb.c takes 8 bytes of a 6-byte MAC).
        """
        ours, wanted = _plain(self.usb_serial), _plain(usb_serial)
        if self.vendor == ESPRESSIF and min(len(ours), len(wanted)) >= MAC_DIGITS:
            return ours[:MAC_DIGITS] == wanted[:MAC_DIGITS]
        return bool(wanted) and ours == wanted


def attached_ports() -> list[AttachedPort]:
    """USB serial ports, by name. Ports of the mainboard are left out: no board is on them."""
    from serial.tools.list_ports import comports

    found = [_attached(item) for item in comports() if item.vid is not None]
    return sorted(found, key=lambda attached: attached.port)


def _attached(item: "ListPortInfo") -> AttachedPort:
    product = product_of(item.vid, item.pid)
    described = product.name if product else plain(item.description or item.device)
    return AttachedPort(item.device, described, item.serial_number or "", item.vid, product)


def waiting_boot_loaders() -> list[Product]:
    """Boards whose boot loader shows a drive or nothing, and no port. Known on Linux only."""
    if sys.platform != "linux":
        return []
    known = map(_product_in, sorted(USB_DEVICES.glob("*/idVendor")))
    ported = {id(attached.product) for attached in attached_ports()}
    return [p for p in known if p and p.mode == BOOT_LOADER and id(p) not in ported]


def _product_in(vendor_file: Path) -> Product | None:
    try:
        ids = [vendor_file.read_text(), vendor_file.with_name("idProduct").read_text()]
    except OSError:
        return None  # unplugged meanwhile
    return product_of(*(int(digits, 16) for digits in ids))


def port_of(usb_serial: str) -> str | None:
    """The port that the device with this USB serial number has now."""
    return next((each.port for each in attached_ports() if each.is_device(usb_serial)), None)


def _plain(usb_serial: str) -> str:
    return usb_serial.replace(":", "").lower()


def usb_serial_of(port: str) -> str:
    """The USB serial number behind a port, empty where there is none."""
    return next((each.usb_serial for each in attached_ports() if each.port == port), "")
