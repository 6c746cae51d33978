"""Writes a module's flash through its boot loader: a model where models are, or firmware.

A transfer that does not get through is begun anew from the loader's start, as long as one gets
further than the one before, or three times.
"""

import contextlib
from collections.abc import Callable

from tinyteach.device.at.boot_loader import BootLoader
from tinyteach.device.at.ear import Ear
from tinyteach.device.at.flash_map import preamble
from tinyteach.device.at.xmodem import BrokenTransferError
from tinyteach.errors import LinkError
from tinyteach.link.serial_link import SerialLink
from tinyteach.progress import Progress

TRIES_MAX = 3
BROKE = (
    "Writing the module's flash on {port} broke off ({why}), and what is on it is incomplete; "
    "check the cable and run the same command again."
)
PRESS_RESET = "press the module's reset button"


def write_flash(
    link: SerialLink, content: bytes, address: int | None, what: str, tell: Progress
) -> None:
    """Write ``content`` to ``address``, or as firmware, and start the module anew.

    Raises LinkError where that does not get through; the same call completes later.
    """
    loader = BootLoader(Ear(link), lambda: tell(PRESS_RESET, 0, 0))
    _in_tries(link.port, lambda: _write(loader, content, address, what, tell), loader)


def _write(
    loader: BootLoader, content: bytes, address: int | None, what: str, tell: Progress
) -> None:
    loader.enter()
    if address is not None:
        loader.transfer(preamble(address, len(content)), lambda done, total: None)
        loader.go_on()
    # Without an address a loader writes firmware into the slot that is not in use.
    loader.transfer(content, lambda done, total: tell(what, done, total))
    loader.reboot()


def _in_tries(port: str, write: Callable[[], None], loader: BootLoader) -> None:
    furthest, tries = -1, 0
    while True:
        try:
            return write()
        except BrokenTransferError as error:
            tries = 0 if error.blocks > furthest else tries + 1
            furthest = max(furthest, error.blocks)
            if tries == TRIES_MAX:
                with contextlib.suppress(LinkError):
                    loader.leave()
                raise LinkError(BROKE.format(port=port, why=error)) from error
