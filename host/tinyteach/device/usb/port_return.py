"""The port of a board that restarts as another USB device."""

import time

from tinyteach.device.usb.discovery import attached_ports, port_of, usb_serial_of
from tinyteach.device.usb.products import ESPRESSIF

RETURN_TIMEOUT_S = 15.0
POLL_S = 0.2
# USB notices within this time that the old device is gone.
SETTLE_S = 1.0


def await_return(port: str, mac: str) -> str | None:
    """Where the board with this MAC address (hex digits) is after a restart, None if nowhere.

    What is no USB port, such as a URL, stays there, and so does a bridge chip's.
    """
    if not usb_serial_of(port) or _is_bridge(port):
        return port
    time.sleep(SETTLE_S)
    deadline = time.monotonic() + RETURN_TIMEOUT_S
    while True:
        found = port_of(mac)
        if found or time.monotonic() > deadline:
            return found
        time.sleep(POLL_S)


def _is_bridge(port: str) -> bool:
    """A chip of another maker, which a restart of the board behind it does not concern."""
    return any(each.port == port and each.vendor != ESPRESSIF for each in attached_ports())
