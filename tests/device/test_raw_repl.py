"""What is at a port, and what is not MicroPython: every failure one sentence, soon."""

import pytest
import serial

from tinyteach.device.repl import entering
from tinyteach.device.repl.raw_repl import raw_repl
from tinyteach.errors import BoardNotFoundError, BoardNotPairedError, LinkError
from tinyteach.virtual.board import VirtualBoard

from .conftest import device, quiet


@pytest.fixture(scope="module")
def board():
    with VirtualBoard("i386") as started:
        yield started


def test_evaluate_run_and_write(board):
    with raw_repl(board.port) as repl:
        assert repl.evaluate("print('[1, \"ü\"]')") == [1, "ü"]
        content = bytes(range(256)) * 20
        seen = []
        repl.write_file("/data.bin", content, lambda done, total: seen.append((done, total)))
        assert seen[-1] == (len(content), len(content))
        repl.write_file("/data.bin", content[::-1], quiet)
        code = "import os\nprint('[%d]' % (open('/data.bin','rb').read(1)[0]), os.listdir('/'))"
        repl.run(code)
        assert repl.evaluate("print([open('/data.bin','rb').read(1)[0]])") == [255]


def test_lines_of_the_firmware_are_passed_over(board):
    with raw_repl(board.port) as repl:
        assert repl.evaluate("print('E (12) cam: x\\n[7]\\nI (13) done')") == [7]
        with pytest.raises(LinkError, match="no answer that can be read; press"):
            repl.evaluate("print('E (12) cam: x')")


def test_error_on_the_board_is_one_sentence(board):
    with raw_repl(board.port) as repl, pytest.raises(LinkError, match="refused: ZeroDivisionError"):
        repl.run("1/0")


def test_no_such_port():
    with pytest.raises(BoardNotFoundError, match="no port"), raw_repl("/dev/ttyNONE"):
        pass


def test_busy_port(board):
    with (
        serial.Serial(board.port, exclusive=True),
        pytest.raises(BoardNotFoundError, match="in use"),
        raw_repl(board.port),
    ):
        pass


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "Nothing on .* answers; press the board's reset button"),
        (b"$GPGGA,1,2,3*00\r\n", "sends text and does not stop at Ctrl-C; if it is a board, its m"),
    ],
    ids=["silent", "endless"],
)
def test_device_that_is_no_micropython(answer, said, monkeypatch):
    monkeypatch.setattr(entering, "ENTER_TIMEOUT_S", 0.3)
    monkeypatch.setattr(entering, "TALKING_TIMEOUT_S", 1)
    with device(answer) as port, pytest.raises(BoardNotPairedError, match=said), raw_repl(port):
        pass


def test_pulled_plug(board):
    with raw_repl(board.port) as repl:
        board.drop_link()
        with pytest.raises(LinkError, match="check the cable"):
            repl.run("print(1)")
