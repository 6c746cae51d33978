"""A person at a module's port: types commands, reads replies, sends files by XMODEM.

The driver has a client of its own; this one tests what the virtual module says.
"""

import json
from binascii import crc_hqx

import serial

from patience import PATIENCE_S

MENU, READY = b"Xmodem download and burn FW image", b"Send data using the xmodem protocol"
PROMPT = b"Do you want to end file transmission and reboot system? (y)"
SOH, EOT, ACK, NAK, CAN = 1, 4, 6, 0x15, 0x18


class Terminal:
    """Use as a context manager; ``heard`` is all that came and no method has taken."""

    def __init__(self, port: str) -> None:
        self._port = serial.Serial(port, 921_600, timeout=0.05)
        self.heard = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._port.close()

    def restart(self, reset) -> None:
        """Restart the module; returns when its firmware has said so, which comes once."""
        reset()
        self.until(b"INIT@STAT?")
        self.until(b"}\n")

    # Commands

    def type(self, text: str) -> None:
        self.send(text.encode())

    def send(self, data: bytes) -> None:
        self._port.write(data)

    def messages(self, count: int, after: str = "") -> list[dict]:
        """That many whole messages, in order."""
        self.type(after and f"{after}\r")
        found = []
        while len(found) < count:
            found.append(json.loads(self.until(b"}\n").rpartition(b"\r")[2]))
        return found

    def ask(self, command: str) -> dict:
        """The one message that a command makes."""
        return self.messages(1, command)[0]

    def until(self, end: bytes) -> bytes:
        """What comes up to ``end``, which is taken, too."""
        self._listen(lambda: end in self.heard)
        taken, _, self.heard = self.heard.partition(end)
        return taken + end

    def _listen(self, is_enough) -> None:
        silent_s = 0.0
        while not is_enough():
            data = self._port.read(self._port.in_waiting or 1)
            self.heard += data
            silent_s = 0 if data else silent_s + 0.05
            assert silent_s < PATIENCE_S, self.heard[-400:]

    def rest(self, silence_s: float = 0.3) -> bytes:
        """What comes until it is quiet for so long."""
        self._port.timeout = silence_s
        while data := self._port.read(4096):
            self.heard += data
        self._port.timeout = 0.05
        taken, self.heard = self.heard, b""
        return taken

    # The boot loader

    def enter_loader(self, restart) -> None:
        """Restart the module with a key held down, until its menu is there."""
        restart()
        while MENU not in self.heard:
            self.type("1")
            self.heard += self._port.read(self._port.in_waiting or 1)

    def begin_transfer(self) -> None:
        """Choose the download; a key that was held down has perhaps chosen it already."""
        if READY not in self.heard:
            self.type("1")
        self.until(READY)
        self.until(b"C")

    def block(self, number: int, data: bytes, damage: int = 0) -> int:
        """Send one block; what is answered."""
        data = data.ljust(128, b"\x1a")
        crc = crc_hqx(data, 0) ^ damage
        head = bytes([SOH, number & 0xFF, 0xFF - (number & 0xFF)])
        self._port.write(head + data + crc.to_bytes(2, "big"))
        return self.answer()

    def answer(self) -> int:
        """ACK, NAK or CAN, or the letter of a loader that has begun to talk."""
        self._listen(lambda: self.heard.lstrip(b"C"))
        first, self.heard = self.heard.lstrip(b"C")[0], self.heard.lstrip(b"C")[1:]
        return first

    def end(self) -> None:
        self._port.write(bytes([EOT]))

    def transfer(self, content: bytes) -> None:
        """One session, from the receiver's call to the acknowledged end."""
        for number, start in enumerate(range(0, len(content), 128), 1):
            assert self.block(number, content[start : start + 128]) == ACK
        self.end()
        assert self.answer() == ACK

    def aim(self, address: int) -> None:
        """A preamble, and on to the next session."""
        self.transfer(preamble(address))
        self.until(PROMPT)
        self.type("n")
        self.begin_transfer_again()

    def begin_transfer_again(self) -> None:
        self.until(READY)
        self.until(b"C")

    def reboot(self) -> None:
        """Answer the question; returns when the firmware has started."""
        self.until(PROMPT)
        self.type("y")
        self.until(b"INIT@STAT?")
        self.until(b"}\n")

    def flash(self, restart, content: bytes, address: int = 0x400000) -> None:
        """A whole job: a model at an address."""
        self.enter_loader(restart)
        self.begin_transfer()
        self.aim(address)
        self.transfer(content)
        self.reboot()


def started(module) -> Terminal:
    """A terminal at a module whose firmware has just started and said so."""
    terminal = Terminal(module.port)
    terminal.restart(module.reset)
    return terminal


def preamble(address: int) -> bytes:
    head = b"\xc0\x5a" + address.to_bytes(4, "little") + bytes(4) + b"\x5a\xc0"
    return head.ljust(128, b"\xff")
