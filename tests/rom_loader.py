"""An ESP32-S3 in its boot loader, as far as esptool reads and writes flash with it.

After Espressif's "Serial Protocol" (esptool's documentation): SLIP frames, the ROM's commands,
and those of the helper program ("stub") that esptool puts into RAM. The code that it sends is
not run: when it is started, the stub's commands are answered from then on.

A pseudo-terminal has no RTS and DTR, with which esptool resets a real chip before it says SYNC;
so here a SYNC is the reset, too.
"""

import os
import struct
import zlib
from functools import reduce
from hashlib import md5
from operator import xor
from pathlib import Path

from faulty_port import FaultyPort

# Read when esptool is first imported, which no test module does.
os.environ["ESPTOOL_CFGFILE"] = str(Path(__file__).with_name("esptool.cfg"))

# Less than any real board's, for the tests' time.
FLASH_BYTES = 2**18
SECTOR_BYTES = 4096
# JEDEC id of a chip of 256 KB (2 to the power of its highest byte) by GigaDevice.
FLASH_ID = 0x1240C8
MAC = "34851877aa01"
ESP32_S3, ESP32_C3 = 9, 5

# esptool's names and numbers (loader.py, ESP_CMDS).
FLASH_BEGIN, FLASH_DATA, FLASH_END, MEM_BEGIN, MEM_END, MEM_DATA = 2, 3, 4, 5, 6, 7
SYNC, WRITE_REG, READ_REG, SPI_SET_PARAMS, SPI_ATTACH, CHANGE_BAUDRATE = 8, 9, 10, 11, 13, 15
DEFL_BEGIN, DEFL_DATA, DEFL_END, FLASH_MD5, SECURITY_INFO = 16, 17, 18, 19, 20
ERASE_FLASH, READ_FLASH = 0xD0, 0xD2
DONE_SILENTLY = {MEM_BEGIN, MEM_DATA, SPI_SET_PARAMS, SPI_ATTACH, CHANGE_BAUDRATE}
DONE_SILENTLY |= {FLASH_END, DEFL_END}
STUB_ONLY = {ERASE_FLASH, READ_FLASH}
# What a failing command answers: the ROM's "invalid message", the stub's checksum and write errors.
INVALID, BAD_CHECKSUM, WRITE_FAILED = b"\x01\x05", b"\x01\xc1", b"\x01\xc4"
OK = b"\0\0"

# Registers of the ESP32-S3 (its technical reference manual): eFuse MAC, flash controller SPI1.
MAC_REGISTERS = 0x60007044
SPI = 0x60002000
SPI_COMMAND, SPI_USER2, SPI_DATA = SPI, SPI + 0x20, SPI + 0x58
SPI_START = 1 << 18
READ_ID = 0x9F


class EmulatedBoard:
    """A board whose ``flash`` is a bytearray; ``port`` can be cut and disturbed.

    ``wrong_md5`` lets comparisons fail, ``write_error`` the flash itself.
    """

    def __init__(self, flash: bytes = b"", chip_id: int = ESP32_S3, mac: str = MAC) -> None:
        self.flash = bytearray(flash.ljust(FLASH_BYTES, b"\xff"))
        self.chip_id, self.locked = chip_id, False
        self.wrong_md5 = self.write_error = False
        self._registers = dict(
            zip((MAC_REGISTERS + 4, MAC_REGISTERS), _mac_words(mac), strict=True)
        )
        self._reset()
        self.port = FaultyPort(self._receive)

    def _reset(self) -> None:
        self._in_stub = False
        self._buffer = b""
        self._reading: tuple[bytes, int, int] | None = None

    def replug(self) -> None:
        """Put the pulled cable in again."""
        self._reset()
        self.port.plug_in()

    # Frames

    def _receive(self, data: bytes) -> None:
        *frames, self._buffer = (self._buffer + data).split(b"\xc0")
        for frame in frames:
            if frame:
                self._handle(frame.replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb"))

    def _send(self, frame: bytes) -> None:
        escaped = frame.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc")
        self.port.send(b"\xc0" + escaped + b"\xc0")

    def _answer(self, command: int, value: int = 0, data: bytes = b"", status: bytes = OK) -> None:
        body = data + status + (b"" if self._in_stub else b"\0\0")
        self._send(struct.pack("<BBHI", 1, command, len(body), value) + body)

    # Commands

    def _handle(self, frame: bytes) -> None:
        if self._reading and len(frame) == 4:
            self._go_on_reading(*struct.unpack("<I", frame))
            return
        _, command, length, checksum = struct.unpack("<BBHI", frame[:8])
        data = frame[8 : 8 + length]
        if command == SYNC:
            self._synchronise()
        elif command in DONE_SILENTLY:
            self._answer(command)
        elif command in STUB_ONLY and not self._in_stub:
            self._answer(command, status=INVALID)
        else:
            self._commands[command](self, command, data, checksum)

    def _synchronise(self) -> None:
        self._reset()
        for _ in range(8):
            self._answer(SYNC, value=0x20120707)

    def _read_register(self, command: int, data: bytes, _: int) -> None:
        self._answer(command, value=self._registers.get(struct.unpack("<I", data)[0], 0))

    def _write_register(self, command: int, data: bytes, _: int) -> None:
        address, value, mask, _ = struct.unpack("<IIII", data[:16])
        old = self._registers.get(address, 0)
        self._registers[address] = old & ~mask | value & mask
        if address == SPI_COMMAND and value & SPI_START:
            wanted = self._registers.get(SPI_USER2, 0) & 0xFFFF
            self._registers[SPI_DATA] = FLASH_ID if wanted == READ_ID else 0
            self._registers[SPI_COMMAND] = 0
        self._answer(command)

    def _security_info(self, command: int, data: bytes, _: int) -> None:
        # Flag 2: secure download mode.
        info = struct.pack("<IB7xII", 4 if self.locked else 0, 0, self.chip_id, 0)
        self._answer(command, data=info)

    def _start_stub(self, command: int, data: bytes, _: int) -> None:
        self._answer(command)
        self._in_stub = True
        self._send(b"OHAI")

    def _erase_flash(self, command: int, data: bytes, _: int) -> None:
        self.flash[:] = b"\xff" * FLASH_BYTES
        self._answer(command)

    def _begin(self, command: int, data: bytes, _: int) -> None:
        size, _, _, self._at = struct.unpack("<IIII", data[:16])
        self._inflate = zlib.decompressobj()
        self._end = self._at + size
        self._erase(self._at, self._end)
        self._next = 0
        self._answer(command)

    def _erase(self, start: int, end: int) -> None:
        """Whole sectors, as flash does."""
        start -= start % SECTOR_BYTES
        end += -end % SECTOR_BYTES
        self.flash[start:end] = b"\xff" * (end - start)

    def _write(self, command: int, data: bytes, checksum: int) -> None:
        length, number = struct.unpack("<II", data[:8])
        payload = data[16 : 16 + length]
        if len(payload) != length or reduce(xor, payload, 0xEF) != checksum:
            self._answer(command, status=BAD_CHECKSUM)
            return
        if self.write_error:
            self._answer(command, status=WRITE_FAILED)
            return
        # A block that is sent again, because its answer was lost, is not written again.
        if number == self._next:
            self._next += 1
            self._program(self._inflate.decompress(payload) if command == DEFL_DATA else payload)
        self._answer(command)

    def _program(self, content: bytes) -> None:
        """A write only clears bits, so what was not erased comes out wrong."""
        new = content[: self._end - self._at]
        place = slice(self._at, self._at + len(new))
        both = int.from_bytes(self.flash[place]) & int.from_bytes(new)
        self.flash[place] = both.to_bytes(len(new))
        self._at += len(new)

    def _md5(self, command: int, data: bytes, _: int) -> None:
        start, size, _, _ = struct.unpack("<IIII", data)
        content = self.flash[start : start + size] + (b"!" if self.wrong_md5 else b"")
        self._answer(command, data=md5(content).digest())

    def _start_reading(self, command: int, data: bytes, _: int) -> None:
        start, size, block, window = struct.unpack("<IIII", data)
        self._answer(command)
        self._reading = (bytes(self.flash[start : start + size]), block, window)
        self._sent = 0
        self._go_on_reading(0)

    def _go_on_reading(self, acknowledged: int) -> None:
        content, block, window = self._reading
        while self._sent < min(len(content), acknowledged + block * window):
            self._send(content[self._sent : self._sent + block])
            self._sent += block
        if acknowledged >= len(content):
            self._reading = None
            self._send(md5(content).digest())

    _commands = {
        READ_REG: _read_register,
        WRITE_REG: _write_register,
        SECURITY_INFO: _security_info,
        MEM_END: _start_stub,
        ERASE_FLASH: _erase_flash,
        FLASH_BEGIN: _begin,
        DEFL_BEGIN: _begin,
        FLASH_DATA: _write,
        DEFL_DATA: _write,
        FLASH_MD5: _md5,
        READ_FLASH: _start_reading,
    }


def _mac_words(mac: str) -> tuple[int, int]:
    """As the eFuse registers have it: the first two bytes, and the last four."""
    return struct.unpack(">II", bytes.fromhex(mac).rjust(8, b"\0"))
