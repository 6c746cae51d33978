"""MicroPython's raw REPL at a port, as far as mpremote uses it; what it prints is the test's."""

import re
from collections.abc import Callable

from faulty_port import FaultyPort
from tinyteach.device.repl.raw_repl import FIRMWARE_MODULES, FREE, LET_GO, PREPARE, UNDO

# What is run whenever the raw REPL is entered: answered as by a board.
SILENT = (UNDO, *LET_GO, PREPARE % (FIRMWARE_MODULES,))
ENTERING = {FREE: b"[200000]\r\n", **dict.fromkeys(SILENT, b"")}
MARK = re.compile(r"{}\['([0-9a-f]+)'\]")
BANNER = b"raw REPL; CTRL-B to exit\r\n>"


class LyingRepl:
    """``run(code)`` gives what a program prints and what its traceback is, both bytes."""

    def __init__(self, run: Callable[[str], tuple[bytes, bytes]]) -> None:
        self.run = run
        self._code = b""
        self.port = FaultyPort(self._receive)

    def close(self) -> None:
        self.port.pull()

    def _receive(self, data: bytes) -> None:
        for byte in data:
            self._take(bytes([byte]))

    def _run(self, code: str) -> tuple[bytes, bytes]:
        mark = MARK.fullmatch(code)
        if mark:
            return b"", b"KeyError: " + mark[1].encode() + b"\r\n"
        return (ENTERING[code], b"") if code in ENTERING else self.run(code)

    def _take(self, byte: bytes) -> None:
        """Ctrl-A greets, Ctrl-C forgets, Ctrl-D runs or restarts; raw paste is not understood."""
        if byte == b"\x01" and self._code[-2:] == b"\x05A":
            self.port.send(b"R\x00")
            self._code = b""
        elif byte == b"\x01":
            self.port.send(BANNER)
            self._code = b""
        elif byte == b"\x03":
            self._code = b""
        elif byte == b"\x04" and self._code.strip():
            said, fault = self._run(self._code.decode())
            self.port.send(b"OK" + said + b"\x04" + fault + b"\x04>")
            self._code = b""
        elif byte == b"\x04":
            self.port.send(b"OK\r\nMPY: soft reboot\r\n" + BANNER)
        else:
            self._code += byte
