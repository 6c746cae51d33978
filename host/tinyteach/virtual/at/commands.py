"""AT commands as both firmwares read them: a name, a tag, arguments, each to its own rule."""

from collections.abc import Iterator
from dataclasses import dataclass

LINE_BYTES_MAX = 4096
PREFIX = "AT+"
_QUOTES = "'\""


@dataclass(frozen=True)
class Command:
    """``name`` without its tag, which ``echo`` has: what the reply is named. Both upper case."""

    name: str
    echo: str
    text: str

    def arguments(self, count: int, digits: str) -> list[str]:
        """At most ``count`` of them: quoted text, or runs of ``digits``; all else lies between."""
        found: list[str] = []
        rest = self.text
        while rest and len(found) < count:
            if rest[0] in _QUOTES:
                argument, rest = _unquoted(rest)
                found.append(argument)
            elif rest[0] == "-" or rest[0] in digits:
                end = next((i for i, c in enumerate(rest) if i and c not in digits), len(rest))
                found.append(rest[:end])
                rest = rest[end:]
            else:
                rest = rest[1:]
        return found


def parse(line: str) -> Command | None:
    """A command, or None for a line that is none."""
    name, _, text = line.partition("=")
    name = name.upper()
    if not name.startswith(PREFIX):
        return None
    echo = name.removeprefix(PREFIX)
    return Command(echo.rpartition("@")[2], echo, text)


def _unquoted(text: str) -> tuple[str, str]:
    """A quoted argument without its quotes and backslashes, and what follows."""
    argument, place = "", 1
    while place < len(text) and text[place] != text[0]:
        place += text[place] == "\\"
        argument += text[place : place + 1]
        place += 1
    return argument, text[place + 1 :]


class CommandLines:
    """Bytes in, lines out; a carriage return or a line feed ends one, what is empty is none."""

    def __init__(self) -> None:
        self._line = bytearray()

    def feed(self, data: bytes) -> Iterator[str]:
        """The lines that are whole now; of one that is too long only the beginning is kept."""
        for byte in data:
            if byte in b"\r\n":
                line = self._line.decode("ascii", "ignore")
                self._line.clear()
                if line:
                    yield line
            elif 0x20 <= byte < 0x7F and len(self._line) < LINE_BYTES_MAX:
                self._line.append(byte)
