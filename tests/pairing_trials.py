"""Pairing cut short at any moment: what tests and the soak run share."""

import random
import threading
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from types import SimpleNamespace

from littlefs import LittleFS
from littlefs.context import UserContext

from fat_image import FatImage
from tinyteach.device.repl import pairing
from tinyteach.device.repl.installing import KEPT_MAIN, STAND_IN
from tinyteach.device.repl.pairing import Wanted, pair
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.device.repl.survey import EMBEDDING
from tinyteach.device.wire.client import BoardClient
from tinyteach.errors import TinyTeachError
from tinyteach.firmware import MAIN, board_files
from tinyteach.virtual.flash_image import BLOCK_BYTES

USERS_MAIN = b"# mine\nprint('hello')\n"
# A little more than pairing sends to a blank board (452,537 with the embedding ``tiny``).
SENT_BYTES = 460_000
# What goes to the board when the last file's content is there: its renaming, the reset, the
# session with the agent that is there then. A little more than that.
ENDING_BYTES = 180
# Of the cuts by chance, one in so many falls into the ending.
ENDING_SHARE = 4


def quiet(*_):
    """A progress callback that shows nothing."""


@dataclass(frozen=True)
class Cut:
    """When pairing is cut, after so many files or bytes to the board, and what is lost.

    ``ending_bytes`` are counted from when main.py's content, the last, has been sent.
    """

    files: int | None = None
    sent_bytes: int | None = None
    ending_bytes: int | None = None
    power: bool = False

    def __str__(self) -> str:
        when = f"{self.files} files" if self.files is not None else f"{self.sent_bytes} bytes"
        if self.ending_bytes is not None:
            when = f"{self.ending_bytes} bytes of the ending"
        return f"{'power' if self.power else 'cable'} after {when}"


def cuts(count: int, seed: int, file_count: int) -> list[Cut]:
    """After each file in turn, then at bytes by chance; every other one takes the power too."""
    chance = random.Random(seed)
    by_file = [Cut(files=number, power=bool(number % 2)) for number in range(file_count)]
    return [
        *by_file[:count],
        *(_by_chance(chance, number) for number in range(count - file_count)),
    ]


def _by_chance(chance: random.Random, number: int) -> Cut:
    power = bool(number % 2)
    if number // 2 % ENDING_SHARE == 0:
        return Cut(ending_bytes=chance.randrange(ENDING_BYTES), power=power)
    return Cut(sent_bytes=chance.randrange(SENT_BYTES), power=power)


class Image(UserContext):
    """A flash image in memory for littlefs-python."""

    def __init__(self, data: bytes) -> None:
        super().__init__(len(data))
        self.buffer = bytearray(data)


def flash_reader(board):
    """Files on a board's flash, read past the board: ``read(path)``, None where there is none."""
    data = board.flash.contents()
    if data[3:11] == b"MSDOS5.0":
        return SimpleNamespace(read=FatImage(data).files.get, is_fat=True)
    return FlashReader(data)


class FlashReader:
    """Of LittleFS."""

    is_fat = False

    def __init__(self, data: bytes) -> None:
        # In whole blocks, each a call: a reader may take larger pieces than the board does.
        sizes = dict.fromkeys(("block_size", "cache_size", "read_size", "prog_size"), BLOCK_BYTES)
        self._files = LittleFS(Image(data), block_count=len(data) // BLOCK_BYTES, **sizes)

    def read(self, path: str) -> bytes | None:
        try:
            with self._files.open(path, "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None


class Scissors:
    """Cuts cable or power when told to, in a thread: the board's own must not wait for itself."""

    def __init__(self, board, power: bool) -> None:
        self._board, self._power = board, power
        self._thread: threading.Thread | None = None

    def cut(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._do)
            self._thread.start()

    def _do(self) -> None:
        if self._power:
            self._board.cut_power_now()
        self._board.drop_link()

    def done(self) -> bool:
        """Whether there was a cut; waits for its end."""
        if self._thread:
            self._thread.join()
        return self._thread is not None


def pair_until(board, embedding: bytes, cut: Cut, absent: Collection[str] = ()) -> bool:
    """Pair, and cut; False where pairing was faster. ``absent``: what it will write, if not all."""
    scissors = Scissors(board, cut.power)
    patience_s = pairing.RESTART_TIMEOUT_S
    passed = 0
    limit = cut.sent_bytes

    def to_board(data: bytes) -> bytes:
        nonlocal passed
        if limit is None:
            return data
        left = limit - passed
        passed += len(data)
        if len(data) > left:
            scissors.cut()
            # The port's name may be another board's by now: pairing must not wait there.
            pairing.RESTART_TIMEOUT_S = 0
        return data[: max(0, left)]

    def progress(_, done, total):
        nonlocal passed, limit
        if cut.ending_bytes is not None and done == total and limit is None:
            passed, limit = 0, cut.ending_bytes
        if cut.files is not None and done >= sum(sizes[: cut.files + 1]):
            scissors.cut()
            scissors.done()

    sizes = file_sizes(board, embedding, absent)
    board.disturb(to_board=to_board)
    try:
        pair(board.port, Wanted(embedding), None, progress)
    except TinyTeachError:
        pass
    finally:
        board.disturb()
        pairing.RESTART_TIMEOUT_S = patience_s
    return scissors.done()


def mpy_of(board) -> int:
    with raw_repl(board.port) as repl:
        return repl.evaluate("import sys\nprint(getattr(sys.implementation, '_mpy', 0))")


_mpy: dict[str, int] = {}


def wanted(board, embedding: bytes) -> dict[str, bytes]:
    """Path → content of all that belongs on a board, in the order in which it is written."""
    if board.arch not in _mpy:
        _mpy[board.arch] = mpy_of(board)
    *modules, main = board_files(_mpy[board.arch])
    files = {file.path: file.content for file in modules}
    return files | {EMBEDDING: embedding, main.path: main.content}


def file_sizes(board, embedding: bytes, absent: Collection[str] = ()) -> list[int]:
    files = wanted(board, embedding)
    return [len(content) for path, content in files.items() if path in (absent or files)]


def take_off(board, embedding: bytes) -> list[str]:
    """Some of a paired board's files, the embedding and main.py among them; which they are.

    What pairing does then is what it does on a blank board, with less to be written.
    """
    pairing.free_the_repl(board.port)
    *modules, _ = wanted(board, embedding)
    absent = [*modules[:-1:8], EMBEDDING, MAIN]
    with raw_repl(board.port) as repl:
        repl.run(f"import os\nfor path in {absent!r}:\n    os.remove(path[1:])")
    return absent


def check_main(board, embedding: bytes) -> str:
    """The board has a main.py that starts: the user's, the stand-in, or ours with all it needs."""
    flash = flash_reader(board)
    main = flash.read(MAIN)
    if main is None and flash.is_fat:
        # Between the two steps of FAT's renaming: the board starts to its prompt.
        assert flash.read(KEPT_MAIN) == USERS_MAIN
        return "none"
    assert main in (USERS_MAIN, STAND_IN, wanted(board, embedding)[MAIN]), main
    if main == USERS_MAIN:
        return "the user's"
    assert flash.read(KEPT_MAIN) == USERS_MAIN
    if main == STAND_IN:
        return "the stand-in"
    for path, content in wanted(board, embedding).items():
        there = flash.read(path) or b""
        assert sha256(there).digest() == sha256(content).digest(), path
    return "the agent's"


def give_users_main(board) -> None:
    """The board as it is before its first pairing, with a program of its user."""
    with raw_repl(board.port) as repl:
        repl.write_file(MAIN.lstrip("/"), USERS_MAIN, quiet)


def trial(board, embedding: bytes, cut: Cut, absent: Collection[str] = ()) -> str | None:
    """One cut and what follows; whose main.py the board had, None where there was no cut."""
    give_users_main(board)
    happened = pair_until(board, embedding, cut, absent)
    whose = check_main(board, embedding)
    board.power_on()
    pair(board.port, Wanted(embedding), None, quiet)
    with BoardClient(board.port) as client:
        assert client.info().state == ""
    assert check_main(board, embedding) == "the agent's"
    assert flash_reader(board).is_fat is False or FatImage(board.flash.contents()).faults() == []
    return whose if happened else None
