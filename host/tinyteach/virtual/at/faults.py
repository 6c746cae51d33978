"""What may go wrong with a virtual module, each to be switched on by a test."""

from dataclasses import dataclass


@dataclass
class Faults:
    """Switches; those of one block count XMODEM's blocks from 1 since the loader started.

    Block 1 is the preamble where one is sent. What happens to one block happens once: the switch
    is 0 again then, and block 0 is none.
    """

    nak_block: int = 0  # refused with a NAK, as a damaged one
    cancel_block: int = 0  # answered with CAN, CAN; the loader goes back to its menu
    lose_ack_block: int = 0  # taken, but the ACK does not arrive
    unplug_block: int = 0  # the plug is pulled when the block has come, before it is written
    silent_block: int = 0  # from there on the loader says nothing, until a reset
    silent_loader: bool = False  # takes a key and then says nothing, until a reset
    split_replies: bool = False  # each byte is read by the client on its own
    boot_noise: bool = False  # what a UART makes of a line that comes up, before each start
    streaming: bool = False  # sends photographs from its start on, which nobody asked for
    empty_classes: bool = False  # results without a class
    stale_info: bool = False  # a new note is acknowledged, the old one is kept
    unit_scores: bool = False  # scores 0…1, as some MA builds give them

    def strikes(self, name: str, block: int) -> bool:
        """Whether the switch ``name`` is set to this block, which switches it off."""
        if getattr(self, name) != block:
            return False
        setattr(self, name, 0)
        return True
