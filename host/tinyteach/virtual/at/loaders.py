"""The boot loaders that are met in the field: what they print and how they differ."""

from dataclasses import dataclass

FIRST = (
    "1st BL Modem Build DATE={built}\r\n"
    "Please input any key to enter X-Modem mode in {window_ms} ms\r\n"
    "waiting input key"
)
SECOND = (
    "\r\nSet X-modem flag = Yes\r\n\r\nslot flash_offset {active:#010x}\r\n"
    "jump_addr=0x3401f000\r\nset_IP_secure done\r\nflash type[0], flash size[5]\r\n"
    "slot FlashOffset {other:#010x}\r\nImage max size 0x00100000\r\n"
)
STARTING = (
    "...\r\nslot flash_offset {active:#010x}\r\nNew MemDesp himax_sec_SB_image_process PASS\r\n"
    "set_memory_s_ns\r\njump_addr=0x10000000\r\n"
)
NO_IMAGE = "...\r\nNew MemDesp himax_sec_SB_image_process FAIL\r\n"
RULE = "-" * 60 + "\r\n"
MENU = "[0] Reboot system\r\n[1] Xmodem download and burn FW image\r\n"
DEBUG_ENTRY = "[2] Debug mode, switch TXD(PB7) to SWDCLK, D2(PB8) to SWDIO\r\n"
READY = (
    "\r\n!!  Please keep the power on during the program upgrade process  !!\r\n\r\n"
    "Send data using the xmodem protocol from your terminal\r\n"
)
BACKUP = "backup slot header\r\n"
PROMPT = "\r\n\r\nDo you want to end file transmission and reboot system? (y)\r\n"


@dataclass(frozen=True)
class LoaderKind:
    """``acknowledges_end``: one shows its menu at the end of a transfer, and nothing else."""

    built: str
    window_ms: int = 100
    has_debug_mode: bool = False
    acknowledges_end: bool = True

    @property
    def menu(self) -> str:
        """Its menu as it is printed."""
        return RULE + MENU + (DEBUG_ENTRY if self.has_debug_mode else "") + RULE


LOADERS = {
    "0002000b": LoaderKind("Nov 30 2023, 0x0002000b"),
    "2.12": LoaderKind("Jan  7 2025, Version: 2.12", window_ms=30),
    "debug-menu": LoaderKind("Nov 30 2023, 0x0002000b", has_debug_mode=True),
    "no-end-ack": LoaderKind("Nov 30 2023, 0x0002000b", acknowledges_end=False),
}
