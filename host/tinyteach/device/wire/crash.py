"""The traceback of an agent's last crash, as the board wrote it down."""

from tinyteach import __version__
from tinyteach.device.wire.client import BoardClient
from tinyteach.firmware import with_full_names
from tinyteach.plain_text import plain_lines
from tinyteach_protocol import messages


def read_crash(client: BoardClient) -> str:
    """All of it, with the functions' full names; empty where there was none."""
    size = client.info().crash_bytes
    return readable(client.read(messages.CRASH, size).decode(errors="replace")) if size else ""


def readable(written: str) -> str:
    """What a board wrote, its short names made long where it is of this computer's version."""
    text = plain_lines(written).strip()
    return with_full_names(text) if text.split("\n")[0].endswith(__version__) else text


def summary(crash: str) -> str:
    """The last line, such as ``ValueError: cut short``, and where it was."""
    lines = [line.strip() for line in crash.splitlines()]
    places = [line for line in lines if line.startswith("File ")]
    place = f" ({places[-1].removeprefix('File ')})" if places else ""
    return f"{lines[-1]}{place}" if lines else ""
