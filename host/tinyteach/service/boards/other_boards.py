"""Boards whose firmware esptool does not write, and what does instead."""

import os
from pathlib import Path

from tinyteach.device.registry import paired_boards
from tinyteach.device.usb.discovery import attached_ports
from tinyteach.device.usb.products import ESPRESSIF, MICROPYTHON_OWN, OPENMV, RASPBERRY
from tinyteach.errors import BoardRefusedError
from tinyteach.link.port_holder import holders
from tinyteach.service.boards.finding import virtual_ports
from tinyteach.service.boards.opening import is_virtual

VIRTUAL_BOARD = (
    "{port} is a virtual board, which has MicroPython and a camera built in and no firmware to be "
    "written; run 'tinyteach --board {board} pair'."
)
RP2_BOARD = (
    "{port} is a {name}, no ESP chip; hold its BOOTSEL button while you connect it, and copy "
    "MicroPython's .uf2 file onto the drive that appears ('tinyteach flash' says where it is)."
)
OPENMV_BOARD = (
    "{port} is an {name}, no ESP chip; connect it in OpenMV IDE, which writes OpenMV's firmware "
    "('tinyteach flash' says where it is)."
)
OTHER_BOARD = (
    "{port} is a {name}, no ESP chip; write MicroPython to it as micropython.org/download says "
    "for that board."
)


def refuse_other_boards(port: str, name: str) -> None:
    """BoardRefusedError with the right way, where what is at ``port`` is known not to be ESP.

    ``name`` is what commands can call the board.
    """
    if _is_virtual_port(port):
        raise BoardRefusedError(VIRTUAL_BOARD.format(port=port, board=name))
    sentence, product = _known_other(port)
    if sentence:
        raise BoardRefusedError(sentence.format(port=port, name=product))


def _is_virtual_port(port: str) -> bool:
    """Whether a virtual board is there: one of ours, of another home, or paired and stopped."""
    real = os.path.realpath(port)
    was_paired = [board for board in paired_boards() if board.port == port and is_virtual(board)]
    ours = real in virtual_ports() or was_paired
    return bool(ours) or any(_runs_a_board(holder.pid) for holder in holders(real))


def _runs_a_board(pid: int) -> bool:
    """Whether a process is a virtual board in the background; known on Linux only."""
    try:
        return b"\0tinyteach.virtual\0" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _known_other(port: str) -> tuple[str, str]:
    """A sentence and the product's name; empty for ESP boards and for what may be one."""
    for attached in attached_ports():
        product = attached.product
        if attached.port != port or product is None or attached.vendor == ESPRESSIF:
            continue
        if attached.vendor == RASPBERRY:
            return RP2_BOARD, product.name
        if attached.vendor == OPENMV or "OpenMV" in product.name:
            return OPENMV_BOARD, product.name
        if attached.vendor == MICROPYTHON_OWN:
            return OTHER_BOARD, product.name
    return "", ""
