"""What a USB vendor and product id say: which board it is, in which mode, what to do then.

Facts from the lists that vendors publish and from firmware's own sources; the source
stands beside each group. One id may stand for several boards, and for one that has
more than one kind of firmware: then the name says so and the mode stays open.
"""

from dataclasses import dataclass

# Modes. An open one: only talking to the board tells.
MICROPYTHON, BOOT_LOADER, NO_MICROPYTHON, OPEN = "MicroPython", "boot loader", "no MicroPython", ""

PRESS_RESET = "press its reset button, or flash it"
FLASH = "flash MicroPython on it"
COPY_UF2 = "copy MicroPython's .uf2 file onto its drive"

ESPRESSIF, OPENMV, RASPBERRY, SEEED, ARDUINO = 0x303A, 0x37C5, 0x2E8A, 0x2886, 0x2341
MICROPYTHON_OWN = 0xF055


@dataclass(frozen=True)
class Product:
    """A board's name, its mode, and what a user does in that mode (empty: nothing)."""

    name: str
    mode: str = MICROPYTHON
    todo: str = ""
    may_be_module: bool = False  # a Grove Vision AI V2

    @property
    def hint(self) -> str:
        """Mode and what to do, as ``boot loader: press its reset button``; may be empty."""
        return f"{self.mode}: {self.todo}" if self.mode and self.todo else self.todo


def _running(name: str) -> Product:
    return Product(name)


def _boot_loader(name: str, todo: str = PRESS_RESET) -> Product:
    return Product(name, BOOT_LOADER, todo)


def _other_firmware(name: str) -> Product:
    return Product(name, NO_MICROPYTHON, FLASH)


def _bridge(name: str) -> Product:
    return Product(f"board behind a {name}", OPEN)


def _maybe_module(bridge: str) -> Product:
    """Seeed solders this chip to the Grove Vision AI V2, others to boards of their own."""
    return Product(f"Grove Vision AI V2, or board behind a {bridge}", OPEN, may_be_module=True)


PRODUCTS = {
    # ESP32-S3 and others, USB-Serial/JTAG: the chip's boot loader, the first moment after a
    # reset, firmware that keeps it (MicroPython on a C3), or the factory's program.
    # esptool loader.py (USB_JTAG_SERIAL_PID).
    (ESPRESSIF, 0x1001): Product(
        "ESP32 with its own USB (XIAO ESP32S3 Sense or other)",
        OPEN,
        "if it does not pair, press reset; still not: flash it",
    ),
    # The ROM's USB-OTG loader has the chip's number: esptool targets/, IMAGE_CHIP_ID.
    (ESPRESSIF, 0x0002): _boot_loader("ESP32-S2"),
    (ESPRESSIF, 0x0009): _boot_loader("ESP32-S3"),
    # MicroPython ports/esp32/mpconfigport.h: 0x4000, one bit a kind of interface, CDC bit 0.
    (ESPRESSIF, 0x4001): _running("ESP32-S2 or S3 (XIAO ESP32S3 Sense or other)"),
    (ESPRESSIF, 0x4003): _running("ESP32-S2 or S3, with mass storage"),
    (ESPRESSIF, 0x4005): _running("ESP32-S2 or S3, with HID"),
    # MicroPython ports/esp32/boards/*/mpconfigboard.h.
    (ESPRESSIF, 0x80D1): _running("Unexpected Maker TinyS3"),
    (ESPRESSIF, 0x80D4): _running("Unexpected Maker ProS3"),
    (ESPRESSIF, 0x80D7): _running("Unexpected Maker FeatherS3"),
    (ESPRESSIF, 0x817A): _running("Unexpected Maker NanoS3"),
    (ESPRESSIF, 0x81FC): _running("Unexpected Maker FeatherS3 Neo"),
    (ESPRESSIF, 0x8225): _running("Unexpected Maker OMGS3"),
    (ARDUINO, 0x056B): _running("Arduino Nano ESP32"),
    # Arduino and CircuitPython on the XIAO: Seeed's board files, CircuitPython mpconfigboard.mk.
    (SEEED, 0x0056): _other_firmware("XIAO ESP32S3 with an Arduino program"),
    (SEEED, 0x8056): _other_firmware("XIAO ESP32S3 with Arduino or CircuitPython"),
    # OpenMV boards/*/board_config.mk (firmware) and boot_config.h (boot loader).
    (OPENMV, 0x1202): _running("OpenMV Cam M4"),
    (OPENMV, 0x1203): _running("OpenMV Cam M7"),
    (OPENMV, 0x1204): _running("OpenMV Cam H7"),
    (OPENMV, 0x124A): _running("OpenMV Cam H7 Plus"),
    (OPENMV, 0x1205): _running("OpenMV Pure Thermal"),
    (OPENMV, 0x1060): _running("OpenMV Cam RT1062"),
    (OPENMV, 0x1206): _running("OpenMV N6"),
    (OPENMV, 0x16E3): _running("OpenMV AE3"),
    (OPENMV, 0x9202): _boot_loader("OpenMV Cam M4"),
    (OPENMV, 0x9203): _boot_loader("OpenMV Cam M7"),
    (OPENMV, 0x9204): _boot_loader("OpenMV Cam H7"),
    (OPENMV, 0x924A): _boot_loader("OpenMV Cam H7 Plus"),
    (OPENMV, 0x9205): _boot_loader("OpenMV Pure Thermal"),
    (OPENMV, 0x9206): _boot_loader("OpenMV N6"),
    (OPENMV, 0x96E3): _boot_loader("OpenMV AE3"),
    (0x1209, 0xABD1): _running("OpenMV Cam with older firmware"),
    (ARDUINO, 0x045B): _running("Arduino Portenta H7 with OpenMV's firmware"),
    (ARDUINO, 0x045F): _running("Arduino Nicla Vision with OpenMV's firmware"),
    (ARDUINO, 0x0466): _running("Arduino Giga with OpenMV's firmware"),
    # github.com/raspberrypi/usb-pid; MicroPython ports/rp2/mpconfigport.h uses 0005 for all.
    (RASPBERRY, 0x0003): _boot_loader("RP2040", COPY_UF2),
    (RASPBERRY, 0x000F): _boot_loader("RP2350", COPY_UF2),
    (RASPBERRY, 0x0005): _running("Raspberry Pi Pico or another RP2040 or RP2350"),
    (RASPBERRY, 0x0009): _other_firmware("RP2350 with a C program"),
    (RASPBERRY, 0x000A): _other_firmware("RP2040 with a C program"),
    (RASPBERRY, 0x000B): _other_firmware("Raspberry Pi Pico with CircuitPython"),
    (RASPBERRY, 0x000C): Product("Raspberry Pi Debug Probe, no board", OPEN),
    # MicroPython's own ids: ports/stm32/mpconfigboard_common.h, samd, mimxrt, nrf, renesas-ra.
    (MICROPYTHON_OWN, 0x9800): _running("MicroPython board"),
    (MICROPYTHON_OWN, 0x9801): _running("MicroPython board"),
    (MICROPYTHON_OWN, 0x9802): _running("MicroPython board"),
    # Bridge chips say nothing of the board behind them: usb.ids of linux-usb.org.
    (0x10C4, 0xEA60): _bridge("CP210x USB bridge"),
    (0x1A86, 0x7523): _bridge("CH340 USB bridge"),
    (0x1A86, 0x55D2): _maybe_module("CH342 USB bridge"),
    (0x1A86, 0x55D3): _maybe_module("CH343 USB bridge"),
    (0x1A86, 0x55D4): _bridge("CH9102 USB bridge"),
    (0x0403, 0x6001): _bridge("FT232 USB bridge"),
    (0x0403, 0x6015): _bridge("FT231X USB bridge"),
}


def product_of(vendor: int | None, product: int | None) -> Product | None:
    """What the table knows of these ids; None for others."""
    return PRODUCTS.get((vendor or 0, product or 0))
