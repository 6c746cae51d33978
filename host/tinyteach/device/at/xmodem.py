"""Sends over XMODEM-CRC with blocks of 128 bytes, as a module's boot loader receives.

PyPI's ``xmodem`` was looked at and left: it takes a CAN in the middle for any wrong answer and goes
on, counts each letter that a boot loader prints as an error, waits for an ACK of the end that one
loader never sends, and gives False for whatever went wrong.

Answers are counted, not timed: a block is sent again for a NAK, or after a silence that is longer
than any flash takes to erase.
"""

from binascii import crc_hqx

from tinyteach.device.at.ear import BANNER, MENU, PROMPT, Ear
from tinyteach.device.at.flash_map import BLOCK_BYTES
from tinyteach.progress import Counted

SOH, EOT, ACK, NAK, CAN, CALL = 0x01, 0x04, 0x06, 0x15, 0x18, ord("C")
FILLER = b"\x1a"
# The first block may wait until all of the place is erased, each later one for a sector at most.
FIRST_SILENCE_S, SILENCE_S = 60.0, 10.0
# After the last block firmware is checked and copied, and one loader never answers the end.
END_SILENCE_S, END_TRIES = 5.0, 12
# A line on which it is quiet for so long has nothing more to say to a block sent twice.
QUIET_S = 0.2
TRIES_MAX = 10
# Letters between blocks that are no answer, and calls after the first block that are one.
JUNK_MAX, CALLS_MAX = 4096, 3
SILENT = -1


class BrokenTransferError(Exception):
    """A transfer that did not get through; ``blocks`` had been acknowledged."""

    def __init__(self, why: str, blocks: int) -> None:
        super().__init__(why)
        self.blocks = blocks


def block(number: int, content: bytes) -> bytes:
    """The ``number``-th block, from 1, filled up."""
    data = content.ljust(BLOCK_BYTES, FILLER)
    head = bytes([SOH, number & 0xFF, 0xFF - (number & 0xFF)])
    return head + data + crc_hqx(data, 0).to_bytes(2, "big")


def send(ear: Ear, content: bytes, progress: Counted) -> None:
    """Send to a receiver that has called; BrokenTransferError where it does not get through."""
    for start in range(0, len(content), BLOCK_BYTES):
        number = start // BLOCK_BYTES + 1
        _send_block(ear, number, block(number, content[start : start + BLOCK_BYTES]))
        progress(min(start + BLOCK_BYTES, len(content)), len(content))
    _end(ear, -(-len(content) // BLOCK_BYTES))


def _send_block(ear: Ear, number: int, packet: bytes) -> None:
    silence_s = FIRST_SILENCE_S if number == 1 else SILENCE_S
    was_silent = False
    for _ in range(TRIES_MAX):
        ear.listen(0)  # what was said before the block is no answer to it
        ear.forget()
        ear.link.write(packet)
        answer = _answer(ear, silence_s, number - 1)
        if answer == ACK:
            if was_silent:
                ear.listen_until_quiet(QUIET_S)  # both copies may be answered
            return
        was_silent |= answer == SILENT
    raise BrokenTransferError("a block was not taken", number - 1)


def _answer(ear: Ear, silence_s: float, blocks: int) -> int:
    """ACK, NAK or SILENT."""
    calls = 0
    for _ in range(JUNK_MAX):
        value = ear.byte(silence_s)
        if value is None:
            return SILENT
        if value in (ACK, NAK):
            return value
        calls += value == CALL
        if blocks == 0 and calls == CALLS_MAX:
            return NAK
        _go_on(ear, value, blocks)
    raise BrokenTransferError("noise", blocks)


def _go_on(ear: Ear, value: int, blocks: int) -> None:
    if value == CAN:
        raise BrokenTransferError("the module cancelled", blocks)
    if ear.heard(BANNER) or ear.heard(MENU):
        raise BrokenTransferError("the module restarted", blocks)


def _end(ear: Ear, blocks: int) -> None:
    """Say that all is sent until it is acknowledged or the loader goes on with its text."""
    ear.forget()
    for _ in range(END_TRIES):
        ear.link.write(bytes([EOT]))
        if _is_ended(ear, blocks):
            return
    raise BrokenTransferError("the end was not taken", blocks)


def _is_ended(ear: Ear, blocks: int) -> bool:
    while (value := ear.byte(END_SILENCE_S)) not in (None, NAK):
        if value == ACK or ear.heard(PROMPT) or ear.heard(MENU):
            return True
        if value == CAN:
            raise BrokenTransferError("the module cancelled", blocks)
        if ear.heard(BANNER):
            raise BrokenTransferError("the module restarted", blocks)
    return False
