"""For a phone in the same network: what it calls this computer, and that as a picture to scan."""

import io
import socket

from tinyteach.errors import MissingToolError, UsageError
from tinyteach.extras import how_to_add
from tinyteach.studio.addresses import EVERYWHERE, Address

# Nothing is sent there (RFC 5737, for documents): the system only says from where it would be.
_ELSEWHERE = "192.0.2.1", 9
OPENS = (
    "Whoever opens it first, within ten minutes, is let in until the studio ends: they see and "
    "change the project and those beside it and use the board, over a connection that is not "
    "encrypted. Use it in a network that you trust; a browser lends no webcam to it."
)


def lan_opening(address: Address) -> str:
    """An address that lets one browser of this network in, once.

    UsageError where the studio listens for this computer only, or there is no network.
    """
    if address.host != EVERYWHERE:
        raise UsageError(
            "The studio of this project runs already and listens to others only as it was told; "
            "end it with Ctrl-C and run 'tinyteach studio --lan'."
        )
    return address.opening(_own_address())


def _own_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(_ELSEWHERE)
            own: str = asked.getsockname()[0]
        except OSError as error:
            raise UsageError(
                "This computer is in no network that a phone could be in; connect it and try "
                "again, or leave --lan away."
            ) from error
    return own


def qr_lines(text: str) -> list[str]:
    """The text as a QR code in lines for a dark terminal; MissingToolError without segno."""
    try:
        import segno
    except ImportError as error:
        raise MissingToolError(
            f"A QR code needs segno, which is not installed; run: {how_to_add('studio')}."
        ) from error
    drawn = io.StringIO()
    segno.make(text, micro=False, error="l").terminal(out=drawn, border=2, compact=True)
    return drawn.getvalue().splitlines()
