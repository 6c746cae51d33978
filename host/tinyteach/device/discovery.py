"""Serial ports that a board may be attached to."""

from dataclasses import dataclass


@dataclass(frozen=True)
class AttachedPort:
    """A USB serial port; ``usb_serial`` stays the same when the port's name changes."""

    port: str
    description: str
    usb_serial: str


def attached_ports() -> list[AttachedPort]:
    """USB serial ports, by name. Ports of the mainboard are left out: no board is on them."""
    from serial.tools.list_ports import comports

    found = [
        AttachedPort(item.device, item.description or item.device, item.serial_number or "")
        for item in comports()
        if item.vid is not None
    ]
    return sorted(found, key=lambda attached: attached.port)


def port_of(usb_serial: str) -> str | None:
    """The port that the device with this USB serial number has now."""
    for attached in attached_ports():
        if usb_serial and attached.usb_serial == usb_serial:
            return attached.port
    return None


def usb_serial_of(port: str) -> str:
    """The USB serial number behind a port, empty where there is none."""
    for attached in attached_ports():
        if attached.port == port:
            return attached.usb_serial
    return ""
