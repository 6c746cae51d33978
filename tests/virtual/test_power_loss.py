"""Power lost at every flash operation leaves the old file or the new one."""

import hashlib
import io

import pytest
from littlefs import LittleFS
from littlefs.context import UserContext

from tinyteach.virtual.board import VirtualBoard
from tinyteach.virtual.flash_image import BLOCK_BYTES

from .conftest import raw_repl, run, write_file

SMALL_BYTES = 64 << 10  # written anew for each cut
OLD, NEW = "old content " * 80, "new content " * 120
# As the agent replaces a file: write beside it, rename over it.
REPLACE = f"""
import os
with open('/file.new', 'w') as file:
    file.write({NEW!r})
os.rename('/file.new', '/file')
"""


class Image(UserContext):
    """A flash image in memory for littlefs-python."""

    def __init__(self, data: bytes) -> None:
        super().__init__(len(data))
        self.buffer = bytearray(data)


def read_with_littlefs(image: bytes, path: str) -> bytes:
    blocks = len(image) // BLOCK_BYTES
    files = LittleFS(Image(image), block_size=BLOCK_BYTES, block_count=blocks)
    with files.open(path, "rb") as file:
        return file.read()


def test_littlefs_python_reads_the_image(board):
    write_file(board, "/note.txt", "grüezi" * 1000)
    assert read_with_littlefs(board.flash.contents(), "/note.txt").decode() == "grüezi" * 1000


def operations_of_a_replacement(board) -> int:
    before = board.memory.block_operations
    run(board, REPLACE)
    return board.memory.block_operations - before


@pytest.mark.parametrize("torn", [False, True], ids=["clean", "torn"])
def test_power_cut_at_every_operation(tmp_path, torn):
    flash = tmp_path / "flash.bin"
    with VirtualBoard("i386", flash, flash_bytes=SMALL_BYTES) as board:
        write_file(board, "/file", OLD)
        board.cut_power_now()
        before = flash.read_bytes()
        board.power_on()
        count = operations_of_a_replacement(board)
        assert count > 5
        seen = {_content_after_cut(board, flash, before, at, torn) for at in range(count)}
    assert seen == {OLD, NEW} or seen == {OLD}


def _content_after_cut(board, flash, before: bytes, at: int, torn: bool) -> str:
    board.cut_power_now()
    with flash.open("r+b") as file:
        file.write(before)
    board.power_on()
    with raw_repl(board) as transport:
        board.cut_power(at, torn=torn)
        transport.exec_raw_no_follow(REPLACE)
        board.wait_power_lost()
    oracle = read_with_littlefs(board.flash.contents(), "/file").decode()
    board.power_on()
    said = run(board, "import hashlib; print(hashlib.sha256(open('/file').read()).digest())")
    assert said == f"{hashlib.sha256(oracle.encode()).digest()!r}\r\n"
    return oracle


def test_cut_can_be_cancelled(fresh_board):
    fresh_board.cut_power(0)
    fresh_board.cut_power(-1)
    write_file(fresh_board, "/file", "x")
    assert fresh_board.powered


def test_power_lost_while_formatting(tmp_path):
    """A file system that was never finished is made again."""
    for operation in range(4):
        flash = tmp_path / f"flash{operation}.bin"
        with VirtualBoard("i386", flash, flash_bytes=SMALL_BYTES) as board:
            board.cut_power_now()
            flash.write_bytes(b"\xff" * board.flash.size_bytes + flash.read_bytes()[-BLOCK_BYTES:])
            _forget_format(flash)
            board.cut_power(operation)
            board.power_on()
            board.wait_power_lost()
            board.power_on()
            write_file(board, "/a", "x")
            assert run(board, "print(open('/a').read())") == "x\r\n"


def _forget_format(flash) -> None:
    with flash.open("r+b") as file:
        file.seek(-BLOCK_BYTES, io.SEEK_END)
        file.write(b"\xff")


def test_file_forgotten_open_is_written_by_the_collector(board):
    """The block device works while nothing can be allocated, as one in C does."""
    run(board, "import gc\ndef forget():\n    open('/forgotten', 'w').write('x' * 9000)\nforget()")
    assert run(board, "gc.collect(); print(len(open('/forgotten').read()))") == "9000\r\n"


def test_unreadable_flash_still_gives_a_prompt(tmp_path):
    flash = tmp_path / "flash.bin"
    with VirtualBoard("i386", flash):
        pass
    with flash.open("r+b") as file:
        file.write(b"\x55" * BLOCK_BYTES * 4)
    with VirtualBoard("i386", flash) as board:
        assert run(board, "print('prompt')") == "prompt\r\n"
