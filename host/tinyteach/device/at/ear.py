"""What a boot loader says: text for people, and XMODEM's single bytes, on one line."""

import time

from tinyteach.link.serial_link import SerialLink

TEXT_BYTES = 4096

# Parts of lines that all boot loaders in the field have in common.
BANNER = b"1st BL"
MENU = b"Xmodem download and burn FW image"
READY = b"Send data using the xmodem protocol"
PROMPT = b"Do you want to end file transmission"


class Ear:
    """Bytes from a link one at a time; ``text`` is the end of what came since `forget`."""

    def __init__(self, link: SerialLink, heard: bytes = b"") -> None:
        self.link = link
        self._waiting = bytearray()
        self.text = bytearray(heard)

    def byte(self, silence_s: float) -> int | None:
        """The next byte; None where none comes for so long."""
        if not self._waiting:
            self._waiting += self.link.read(silence_s)
        if not self._waiting:
            return None
        value = self._waiting.pop(0)
        self._keep(bytes([value]))
        return value

    def listen(self, timeout_s: float) -> bool:
        """Take in all that has come, waiting so long for the first byte; whether anything had."""
        data = bytes(self._waiting) or self.link.read(timeout_s)
        self._waiting.clear()
        self._keep(data)
        return bool(data)

    def listen_for(self, time_s: float) -> None:
        """Take in what comes for so long, also where it does not end."""
        until_s = time.monotonic() + time_s
        while (left_s := until_s - time.monotonic()) > 0:
            self.listen(left_s)

    def listen_until_quiet(self, quiet_s: float) -> None:
        """Take in what comes until nothing has for so long, at most the text's length of it."""
        heard = len(self.text)
        while self.listen(quiet_s) and len(self.text) - heard < TEXT_BYTES // 2:
            pass

    def heard(self, phrase: bytes) -> bool:
        """Whether it came since `forget`."""
        return phrase in self.text

    def forget(self) -> None:
        """Text that has been acted upon."""
        self.text.clear()

    def _keep(self, data: bytes) -> None:
        self.text += data
        del self.text[:-TEXT_BYTES]
