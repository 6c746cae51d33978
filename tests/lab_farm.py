"""Many virtual boards for a lab's soak, in processes of some each: ``python tests/lab_farm.py``.

Each is the real agent on a real MicroPython, with a flash and an identity of its own. Its port is
served as a socket: the doctor finds fault with a pseudo-terminal that another process has open.
Their URLs are printed as a line of JSON; then ``off NUMBER`` and ``on NUMBER``, line by line, cut
and give power.
"""

import json
import shutil
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tinyteach.link.port_server import RAW, PortServer
from tinyteach.virtual.board import DEFAULT_FLASH_BYTES, VirtualBoard
from tinyteach.virtual.flash_image import UNIQUE_ID_BYTES, FlashImage

BOARDS_IN_A_PROCESS = 10
HOST = "127.0.0.1"


def own_flash(image: Path, number: int, folder: Path) -> Path:
    """A copy of a paired board's flash, whose chip has another identity."""
    path = folder / f"{number}.flash"
    shutil.copy(image, path)
    flash = FlashImage(path, DEFAULT_FLASH_BYTES)
    before = flash.unique_id
    flash.close()
    path.write_bytes(path.read_bytes().replace(before, number.to_bytes(UNIQUE_ID_BYTES, "big")))
    return path


class Farm:
    """Started boards; ``ports`` and ``ids`` by number."""

    def __init__(self, image: Path, count: int, folder: Path, stack: ExitStack) -> None:
        self.ports: list[str] = []
        self.ids = [number.to_bytes(UNIQUE_ID_BYTES, "big").hex() for number in range(1, count + 1)]
        self._processes = []
        for first in range(0, count, BOARDS_IN_A_PROCESS):
            last = min(first + BOARDS_IN_A_PROCESS, count)
            words = [str(image), str(folder), str(first), str(last)]
            self._processes.append(stack.enter_context(process(words)))
        for each in self._processes:
            self.ports += json.loads(each.stdout.readline())

    def power(self, number: int, on: bool) -> None:
        """Returns when it has started, or is gone."""
        each = self._processes[number // BOARDS_IN_A_PROCESS]
        each.stdin.write(f"{'on' if on else 'off'} {number % BOARDS_IN_A_PROCESS}\n")
        each.stdin.flush()
        each.stdout.readline()


@contextmanager
def process(words):
    """Some boards; ended by the end of its input."""
    command, pipe = [sys.executable, __file__, *words], subprocess.PIPE
    started = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
    try:
        yield started
    finally:
        started.stdin.close()
        started.wait()


@contextmanager
def served(board):
    """The URL of its port."""
    server = PortServer(HOST, 0, lambda: board.port, RAW)
    try:
        yield server.url(HOST)
    finally:
        server.close()


def main(image: str, folder: str, first: str, last: str) -> None:
    with ExitStack() as stack:
        flashes = [
            own_flash(Path(image), n + 1, Path(folder)) for n in range(int(first), int(last))
        ]
        boards = [stack.enter_context(VirtualBoard("i386", flash)) for flash in flashes]
        urls = [stack.enter_context(served(board)) for board in boards]
        sys.stdout.write(json.dumps(urls) + "\n")
        sys.stdout.flush()
        for line in sys.stdin:
            what, number = line.split()
            board = boards[int(number)]
            (board.power_on if what == "on" else board.cut_power_now)()
            sys.stdout.write("done\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
